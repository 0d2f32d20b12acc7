import { modeDynamics, stationaryLaw } from "@sgdscope/models-rfm/deep-linear";
import { seededRandom } from "@sgdscope/random";
import type { JobHooks } from "./job-hooks.js";
import { normals } from "./normals.js";

/** SGD with batches of one on a single mode, a chain of equal layers u with w = u^depth, and label noise. Plain JSON. */
export interface ModeWalkTask {
  /** `rest`: one long path around the target. `growth`: many short ones from nearly nothing. */
  part: "rest" | "growth";
  depth: number;
  /** s. */
  target: number;
  learningRate: number;
  /** σ². */
  noiseVariance: number;
  steps: number;
  /** Paths of `growth`; 1 of `rest`. */
  paths: number;
  seed: number;
}

/** What it did, and what the equation of a mode says. */
export interface ModeWalkRecord extends Omit<ModeWalkTask, "part"> {
  part: "rest" | "growth";
  /** Of w at `rest`. */
  mean: number | null;
  variance: number | null;
  /** Of the stationary law. */
  lawMean: number | null;
  lawVariance: number | null;
  /** Mean of log u per unit of time, of `growth`. */
  growthRate: number | null;
  /** The same by the equation, `s − T(2s² + σ²)/2` for two layers, and by gradient flow, s. */
  equationRate: number | null;
  flowRate: number | null;
}

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* modeWalkStudy(
  task: ModeWalkTask,
  { progress, signal }: JobHooks,
): AsyncGenerator<ModeWalkRecord> {
  const { part, depth, target, learningRate, noiseVariance, steps, paths, seed } = task;
  const normal = normals(seededRandom(seed).stream("examples"));
  const sigma = Math.sqrt(noiseVariance);
  const step = (u: number): number => {
    const x = normal();
    return u + learningRate * u ** (depth - 1) * ((target - u ** depth) * x + sigma * normal()) * x;
  };
  const alive = (k: number, total: number): void => {
    if (k % (1 << 16) !== 0) return;
    signal?.throwIfAborted();
    progress?.(k / total, `a mode of ${depth} layers, σ² = ${noiseVariance}`);
  };
  const nothing = { mean: null, variance: null, lawMean: null, lawVariance: null };
  const mode = { depth, target, temperature: learningRate, noiseVariance };
  if (part === "rest") {
    let [u, sum, squares] = [target ** (1 / depth), 0, 0];
    for (let k = -Math.ceil(steps / 20); k < steps; k++) {
      u = step(u);
      if (k < 0) continue;
      sum += u ** depth / steps;
      squares += u ** (2 * depth) / steps;
      alive(k, steps);
    }
    const { mean, variance } = stationaryLaw(mode);
    yield {
      ...task,
      ...{ mean: sum, variance: squares - sum * sum, lawMean: mean, lawVariance: variance },
      ...{ growthRate: null, equationRate: null, flowRate: null },
    };
    return;
  }
  // From w = 1e-9·s: SGD sees the whole residual.
  const start = (1e-9 * target) ** (1 / depth);
  let grown = 0;
  for (let path = 0; path < paths; path++) {
    let u = start;
    for (let k = 0; k < steps; k++) {
      u = step(u);
      alive(path * steps + k, paths * steps);
    }
    grown += Math.log(Math.abs(u) / start) / (paths * steps * learningRate);
  }
  // log u by Itô's formula.
  const { layer } = modeDynamics(mode);
  const relative = layer.noise(start) / start;
  yield {
    ...task,
    ...nothing,
    growthRate: grown,
    equationRate: layer.drift(start) / start - relative ** 2 / 2,
    flowRate: layer.drift(start) / start,
  };
}
