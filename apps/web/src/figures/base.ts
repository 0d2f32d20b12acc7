import { horizon } from "../state/history.js";
import { history, settings, step } from "../state/session.js";
import { compact, count } from "../words/format.js";
import type { FigureData } from "./spec.js";

/** What all figures share: the steps, the changes, and how far they look ahead. */
export function base(): Pick<FigureData, "steps" | "phases" | "horizon"> {
  const { phases, problem } = settings.value;
  const last = Math.max(step.value, phases.at(-1)?.from ?? 0);
  return { steps: history.value.map((m) => m.step), phases, horizon: horizon(last, problem.model) };
}

/** Where a line began and where it is, in words. */
export function course(name: string, values: readonly (number | undefined)[]): string {
  const first = values.find((value) => value !== undefined);
  const last = values.findLast((value) => value !== undefined);
  if (first === undefined) return "Nothing is measured yet.";
  return `${name} was ${compact(first)} at the start and is ${compact(last)} after ${count(step.value)} steps.`;
}
