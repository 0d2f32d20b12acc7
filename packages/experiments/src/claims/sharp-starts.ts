import type { TrainingTask } from "@sgdscope/training";
import type { Scope } from "../claim.js";
import { fullyConnected, imageTask, ofPreset, reluTask, smallCnn, tinyImageTask } from "./settings.js";

/** Sharp minima of gradient descent with a small step: where the studies of one minimum begin. */
export function sharpStarts(scope: Scope): { role: string; start: TrainingTask }[] {
  const { preset, images, seed } = scope;
  const { count, width } = ofPreset(preset, {
    test: { count: 8, width: 20 },
    fast: { count: 20, width: 60 },
    full: { count: 40, width: 120 },
  });
  const relu: { role: string; start: TrainingTask } = {
    role: "two-layer ReLU",
    start: reluTask({
      count,
      width,
      learningRate: 0.005,
      batchSize: count,
      seed,
      lossBelow: 1e-20,
      startThreshold: false,
      maxSteps: 100_000,
    }),
  };
  const unmeasured = { startThreshold: false, hessianProducts: 0 };
  if (preset === "test")
    return [relu, { role: "fully connected", start: { ...tinyImageTask(0.01, "all", seed), lossBelow: 1e-9 } }];
  const n = ofPreset(preset, { test: 16, fast: 50, full: 100 });
  const large = preset === "full";
  return [
    {
      role: "convolutional",
      start: imageTask(images, {
        count: n,
        model: smallCnn(large ? [16, 32] : [8, 16]),
        learningRate: 0.02,
        batchSize: "all",
        seed,
        lossBelow: 1e-9,
        ...unmeasured,
      }),
    },
    {
      role: "fully connected",
      start: imageTask(images, {
        count: n,
        model: fullyConnected(large ? [128, 128] : [64, 64]),
        learningRate: 0.01,
        batchSize: "all",
        seed,
        lossBelow: 1e-9,
        ...unmeasured,
      }),
    },
    relu,
  ];
}
