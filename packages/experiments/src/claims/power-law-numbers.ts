import { oneDimensionalDensity } from "@sgdscope/noise-structure/gaussian-design";
import { gaussianTailIndex } from "@sgdscope/noise-structure/tail";
import { slope } from "../statistics.js";
import type { WalksRecord } from "../study/walks.js";

/** Slope of the logarithm of the mean first passage over that of L. */
export const passageSlope = ({ levels, times }: WalksRecord): number =>
  times.includes(null)
    ? NaN
    : (slope(levels.map((level, k) => ({ x: Math.log(level), y: Math.log(times[k]!) }))) ?? NaN);

const known = new Map<string, number>();
/** Half of the exact tail index of ‖θ‖. */
export function kestenSlope({ learningRate, batchSize, dimension }: WalksRecord): number {
  const key = [learningRate, batchSize, dimension].join();
  const value = known.get(key) ?? gaussianTailIndex(learningRate, batchSize, { dimension }).value / 2;
  known.set(key, value);
  return value;
}
/** What equations of small steps say: with decoupled noise 1/T + 1 − n/2, with the true one half the index 1 + 1/T − (n − 1)/2. */
export function smallStepSlopes({
  learningRate,
  batchSize,
  dimension,
}: WalksRecord): Record<"decoupled" | "trueNoise", number> {
  const inverse = batchSize / learningRate;
  return { decoupled: inverse + 1 - dimension / 2, trueNoise: (1 + inverse - (dimension - 1) / 2) / 2 };
}
/** The power of L in the stationary density of one dimension by each law. */
export const densityPower = (
  law: "decoupled" | "true-noise" | "moment-matched",
  { learningRate, batchSize }: WalksRecord,
): number => oneDimensionalDensity(law, { learningRate, batchSize }).power;
