import { expose } from "comlink";
import type { Phase, Settings } from "./state/settings.js";
import { createStudy, type Progress, type Study } from "./study/study.js";

let study: Study | undefined;

/** The study behind a message channel: one at a time. */
const desk = {
  ready: (): true => true,
  async start(settings: Pick<Settings, "problem" | "phases">): Promise<Progress> {
    study = await createStudy(settings);
    return study.advance(0);
  },
  advance: (steps: number, budget: number): Promise<Progress> => current().advance(steps, budget),
  change: (phase: Omit<Phase, "from">): Promise<Progress> => current().change(phase),
};

function current(): Study {
  if (study === undefined) throw new Error("study.worker: expected start before this call.");
  return study;
}

export type Desk = typeof desk;

expose(desk);
