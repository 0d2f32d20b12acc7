import type { Measurement } from "../study/measure.js";

/** Beyond this many measurements every other one is dropped: figures have fewer pixels than that. */
const MOST = 2000;

/**
 * The history with new measurements at its end, in order of steps. Where it grows too long it is thinned evenly, but for its
 * ends and for the two sides of a change, which share a step.
 */
export function appended(history: readonly Measurement[], more: readonly Measurement[]): readonly Measurement[] {
  if (more.length === 0) return history;
  const all = [...history, ...more];
  if (all.length <= MOST) return all;
  return all.filter(
    ({ step }, k) => k % 2 === 0 || k === all.length - 1 || all[k - 1]?.step === step || all[k + 1]?.step === step,
  );
}

/** How many steps the figures span: a round number that holds the whole run. */
export function horizon(step: number, model: "two-layer-relu" | "random-features"): number {
  const shortest = model === "two-layer-relu" ? 6000 : 10_000;
  if (step <= shortest) return shortest;
  const magnitude = 10 ** Math.floor(Math.log10(step * 1.02));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((k) => k * magnitude).find((end) => end >= step * 1.02)!;
}
