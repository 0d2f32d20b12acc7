import { gaussianTailFormula, gaussianTailIndex, hillEstimate } from "@sgdscope/noise-structure/tail";
import { seededRandom } from "@sgdscope/random";
import type { JobHooks } from "./job-hooks.js";
import { normals } from "./normals.js";

/** A long path of SGD on one-dimensional regression, x, ε ~ N(0, 1). Plain JSON. */
export interface TailTask {
  part: "tail";
  /** ηa with a = 1. */
  learningRate: number;
  batchSize: number;
  steps: number;
  /** Steps between two points that are kept. */
  every: number;
  /** Share of the points that counts as the tail. */
  share: number;
  seed: number;
}

/** Its tail, and what is said of it. */
export interface TailRecord extends Omit<TailTask, "part"> {
  part: "tail";
  /** Hill's estimate of τ in P(|θ| > x) ∝ x^−τ; null where the path overflowed. */
  hill: number | null;
  /** Kesten's root, exact; 0 without a stationary law. */
  kesten: number;
  /** 2B/(ηa) − B. */
  formula: number;
  /** Median of log₁₀|θ| over the second half less that over the first; null where the path overflowed. */
  drift: number | null;
}

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* tailStudy(task: TailTask, { progress, signal }: JobHooks): AsyncGenerator<TailRecord> {
  const { learningRate, batchSize, steps, every, share, seed } = task;
  const normal = normals(seededRandom(seed).stream("examples"));
  const points: number[] = [];
  let theta = 0;
  for (let step = -1000; step < steps && Number.isFinite(theta); step++) {
    let gradient = 0;
    for (let i = 0; i < batchSize; i++) {
      const x = normal();
      gradient += (theta * x - normal()) * x;
    }
    theta -= (learningRate * gradient) / batchSize;
    if (step >= 0 && step % every === 0) points.push(Math.abs(theta));
    if (step % (1 << 16) === 0) {
      signal?.throwIfAborted();
      progress?.(Math.max(0, step) / steps, `tail, ηa = ${learningRate}, B = ${batchSize}`);
    }
  }
  const finite = Number.isFinite(theta) && points.every((value) => Number.isFinite(value) && value > 0);
  const middle = (values: number[]): number => {
    const sorted = Float64Array.from(values).sort();
    return Math.log10(sorted[Math.floor(sorted.length / 2)]!);
  };
  const half = Math.floor(points.length / 2);
  yield {
    ...task,
    hill: finite ? hillEstimate(points, { count: Math.ceil(share * points.length) }).value : null,
    kesten: gaussianTailIndex(learningRate, batchSize).value,
    formula: gaussianTailFormula(learningRate, batchSize),
    drift: finite ? middle(points.slice(half)) - middle(points.slice(0, half)) : null,
  };
}
