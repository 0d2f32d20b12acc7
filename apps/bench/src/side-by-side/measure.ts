import { join } from "node:path";
import type { Answer, Contender } from "./contender.js";
import { load } from "./environment.js";
import type { Written } from "./networks.js";
import type { Judge } from "./references.js";
import type { Cell, Entry } from "./results.js";
import type { RunOptions } from "./serve.js";
import { rootMeanSquare } from "../report/statistics.js";
import type { Workload } from "./workloads.js";

/** A contender that takes part in a cell. */
export interface Participant {
  name: string;
  ours: boolean;
  contender: Contender;
}

export interface Pace {
  repeats: number;
  /** Seconds after which no new round begins, once there have been `LEAST`. */
  seconds: number;
}

const LEAST = 3;
/** A first run so long, in seconds, is the measurement itself. */
const LONG = 15;
/** What a contender's compiler and caches want before its times settle, at most. */
const WARM_UP_SECONDS = 1;

/**
 * Measures one workload on one network: every contender is warmed up and judged, unless the workload is random; then they take turns, round by round, another one
 * first in each, so that a busy machine slows all of them.
 *
 * @param judge - Undefined where there is no reference: then there are no errors.
 * @param scratch - Folder for the vectors to compare.
 */
export async function measureCell(
  workload: Workload,
  network: Written,
  participants: readonly Participant[],
  judge: Judge | undefined,
  pace: Pace,
  scratch: string,
  say: (what: string) => void,
): Promise<Omit<Cell, "asked">> {
  const before = load();
  const optionsFor = (name: string): RunOptions => {
    const budget = workload.budgets?.[network.name]?.[name];
    return {
      ...workload.options,
      ...(budget !== undefined && { budget }),
      ...(workload.asks === "sgd" && { rate: network.learningRate }),
    };
  };
  const asked = workload.asks ?? workload.name;
  const entries = new Map<string, Entry & { errors: number[]; counts: number[] }>();
  const record = (name: string, answer: Answer): void => {
    const entry = entries.get(name)!;
    entry.seconds.push(answer.seconds);
    entry.processorSeconds.push(answer.processorSeconds);
    entry.peakMiB = Math.round(answer.peakMiB);
    if (answer.products !== undefined) entry.counts.push(answer.products);
  };

  const waiting: Participant[] = [];
  for (const participant of participants) {
    const { name, ours, contender } = participant;
    entries.set(name, { contender: name, ours, seconds: [], processorSeconds: [], errors: [], counts: [] });
    const entry = entries.get(name)!;
    // A random workload is many products of a kind that has been warmed up before; its errors are those of the rounds.
    if (workload.random === true) {
      waiting.push(participant);
      continue;
    }
    say(name);
    try {
      const saved = join(scratch, `${name.replaceAll(" ", "-")}.npy`);
      const compares = workload.compare === "vector" && judge !== undefined;
      let answer = await contender.run(asked, { ...optionsFor(name), ...(compares && { save: saved }) });
      if (judge !== undefined) entry.errors.push(await judge(answer, saved));
      if (answer.seconds > LONG) {
        record(name, answer);
        continue;
      }
      for (let spent = answer.seconds; spent < WARM_UP_SECONDS; spent += Math.max(0.1, answer.seconds))
        answer = await contender.run(asked, optionsFor(name));
      waiting.push(participant);
    } catch (error) {
      entry.failure = (error as Error).message;
    }
  }

  const began = performance.now();
  for (let k = 0; k < pace.repeats && waiting.length > 0; k++) {
    if (k >= LEAST && performance.now() - began > 1000 * pace.seconds) break;
    say(`round ${k + 1}`);
    for (let turn = 0; turn < waiting.length; turn++) {
      const { name, contender } = waiting[(k + turn) % waiting.length]!;
      const entry = entries.get(name)!;
      if (entry.failure !== undefined) continue;
      try {
        const seed = workload.random === true ? { seed: k + 1 } : {};
        const answer = await contender.run(asked, { ...optionsFor(name), ...seed });
        record(name, answer);
        if (judge !== undefined && workload.random === true) entry.errors.push(await judge(answer, ""));
      } catch (error) {
        entry.failure = (error as Error).message;
      }
    }
  }
  return {
    network: network.name,
    workload: workload.name,
    load: [before, load()],
    steps: workload.asks === "sgd" ? workload.options!.steps! : 1,
    entries: [...entries.values()].map(({ errors, counts, ...entry }) => ({
      ...entry,
      ...(errors.length > 0 && { error: rootMeanSquare(errors) }),
      ...(counts.length > 0 && { products: counts.reduce((a, b) => a + b, 0) / counts.length }),
    })),
  };
}
