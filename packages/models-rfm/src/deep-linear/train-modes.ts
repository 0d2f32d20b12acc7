import { gaussian } from "@sgdscope/random";
import { expectCount, expectLength, expectNotNegative, expectPositive } from "../errors.js";
import type { Random } from "../model.js";
import type { DeepLinear } from "../models/deep-linear.js";
import { modesOf } from "./modes.js";

export interface TrainModesOptions {
  /** Singular values s of the diagonal teacher y_a = s_a x_a + σz; at most min(d, C); the targets of the other outputs are 0. */
  target: ArrayLike<number>;
  /** θ at the start; not changed. `alignedStart` makes a balanced one. */
  start: Float64Array;
  learningRate: number;
  /** Fresh examples per step; default 1. */
  batchSize?: number;
  /** σ², the variance of the label noise; default 0. */
  noiseVariance?: number;
  steps: number;
  /** Steps between two records; default 1. The start is always recorded. */
  every?: number;
  random: Random;
}

/** The modes of a deep linear network along its training. */
export interface ModeHistory {
  /** Steps made at each record. */
  steps: Int32Array;
  /** One array per mode, with w_a at each record. */
  modes: Float64Array[];
  /** θ at the end. */
  theta: Float64Array;
}

/**
 * Trains the whole network, not its modes, by SGD on fresh examples x ~ N(0, I_d), y = diag(s)x + σz, and records its modes.
 *
 * W ← W − (η/B) Σ ∇½‖f − y‖². A diagonal teacher is no restriction: Gaussian inputs have the same law in any orthonormal basis. Cost
 * O(B·P) per step.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `WRONG_LENGTH`.
 */
export function trainModes(model: DeepLinear, options: TrainModesOptions): ModeHistory {
  const { target, start, learningRate, batchSize = 1, noiseVariance = 0, steps, every = 1, random } = options;
  expectLength("trainModes: expected start", start, model.parameters);
  expectPositive("trainModes: expected learningRate", learningRate);
  expectCount("trainModes: expected batchSize", batchSize);
  expectCount("trainModes: expected steps", steps);
  expectCount("trainModes: expected every", every);
  expectNotNegative("trainModes: expected noiseVariance", noiseVariance);
  const { inputs, outputs } = model;
  const theta = start.slice();
  const gradient = new Float64Array(theta.length);
  const batch = Int32Array.from({ length: batchSize }, (_, i) => i);
  const records = 1 + Math.floor(steps / every);
  const history: ModeHistory = {
    steps: Int32Array.from({ length: records }, (_, k) => k * every),
    modes: Array.from({ length: target.length }, () => new Float64Array(records)),
    theta,
  };
  const record = (k: number): void => {
    const now = modesOf(model, theta);
    history.modes.forEach((mode, a) => (mode[k] = now[a]!));
  };
  record(0);
  const sigma = Math.sqrt(noiseVariance);
  for (let step = 1; step <= steps; step++) {
    const X = gaussian(batchSize * inputs, random);
    const y = sigma > 0 ? gaussian(batchSize * outputs, random) : new Float64Array(batchSize * outputs);
    for (let i = 0; i < batchSize; i++)
      for (let c = 0; c < outputs; c++)
        y[i * outputs + c] = sigma * y[i * outputs + c]! + (c < target.length ? target[c]! * X[i * inputs + c]! : 0);
    model.gradient(theta, X, y, batch, gradient.fill(0));
    for (let k = 0; k < theta.length; k++) theta[k]! -= (learningRate / batchSize) * gradient[k]!;
    if (step % every === 0) record(step / every);
  }
  return history;
}
