import type { NetworkKind } from "@sgdscope/models-cnn";
import type { MinimumTask, TrainingLoss } from "./task.js";

export { optimizerKinds } from "@sgdscope/sgd";
export { probeIds, type ProbeId } from "./probe/numbers.js";

/** What a training does where nothing else is said. Nothing else in the project states them. */
export const trainingDefaults = {
  sampling: "without-replacement",
  seed: 1,
  momentum: 0,
  clipNorm: 5,
  warmUp: 500,
  maxSteps: 60_000,
  lossBelow: 1e-6,
  every: 500,
  hessianProducts: 66,
} as const satisfies Partial<MinimumTask>;

/** The losses that networks are trained with. */
export const trainingLosses = [
  "square",
  "cross-entropy",
  "logistic",
  "pseudo-huber",
] as const satisfies readonly TrainingLoss[];

/** The goal of a loss of labels as they are that only tends to 0 as the outputs grow, and loses its curvature on the way. */
export const lossBelowOfLogits = 1e-3;

/** The images a training takes where nothing else is said. */
export const dataDefaults = { classes: [0, 1], count: 200, seed: 0 } as const;

/** The sizes that networks get where nothing else is said; the others have defaults of their own. */
export const modelDefaults: Partial<Record<NetworkKind, object>> = {
  "fully-connected": { widths: [64, 64], bias: false },
  "small-cnn": { channels: [8, 16] },
};

/** How much longer a training with probes may take where nothing else is said. */
export const probeOverhead = 0.05;
