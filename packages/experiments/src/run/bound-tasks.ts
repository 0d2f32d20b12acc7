import type { ModelConfig } from "@sgdscope/models-cnn";
import type { DataSpec, MinimumTask } from "./task.js";

/** What the study claims, and whose claim it is. */
export const boundClaim = {
  name: "bound",
  claim:
    "SGD ends at minima with ‖H‖_F ≤ √(B/μ)/η, whatever the size of the model; gradient descent only obeys λ_max ≤ 2/η.",
  source:
    "Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628); exact edge: Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850)",
} as const;

export interface BoundOptions {
  data: DataSpec;
  model: ModelConfig;
  /** (η, B) of each run; B = "all" is gradient descent. */
  settings: { learningRate: number; batchSize: number | "all" }[];
  seed?: number;
  maxSteps?: number;
  lossBelow?: number;
  every?: number;
  clipNorm?: number;
  warmUp?: number;
  hessianProducts?: number;
}

/**
 * The runs of the study, one a setting: batches without replacement, gradient-norm clip 5, learning-rate warm-up over 500
 * steps, stop when the full loss is below 1e-6 at a check every 500 steps.
 */
export function boundTasks(options: BoundOptions): MinimumTask[] {
  const { data, model, seed = 1, maxSteps = 60_000, lossBelow = 1e-6, every = 500 } = options;
  return options.settings.map(({ learningRate, batchSize }) => ({
    data,
    model,
    learningRate,
    batchSize: batchSize === "all" ? data.count : batchSize,
    sampling: "without-replacement",
    seed,
    momentum: 0,
    clipNorm: options.clipNorm ?? 5,
    warmUp: options.warmUp ?? 500,
    maxSteps,
    lossBelow,
    every,
    alignmentAt: [
      0, 10, 30, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 12_000, 16_000, 24_000, 32_000,
      48_000,
    ].filter((step) => step < maxSteps),
    hessianProducts: options.hessianProducts ?? 66,
  }));
}
