import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { Job, Scope } from "../claim.js";
import { trialDefaults, type PredictionTask } from "../study/prediction.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf, smallCnn, tinyImageTask } from "./settings.js";

/** The jobs of the claim `predict`: minima of the square loss, and of losses that fit smoothed labels. */
export const predictJobs = (scope: Scope): Job<"prediction">[] => [
  ...reluJobs(scope),
  ...imageJobs(scope),
  ...softJobs(scope),
];

function reluJobs(scope: Scope): Job<"prediction">[] {
  const { preset } = scope;
  const count = ofPreset(preset, { test: 12, fast: 20, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 60, full: 120 });
  const starts = [
    [0.02, 1],
    [0.01, 4],
    [0.04, 16],
    [0.02, count],
  ] as const;
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 12, full: 24 })).map((seed, k) => {
    const [learningRate, batchSize] = starts[k % starts.length]!;
    return {
      role: "two-layer ReLU",
      task: taskOf(reluTask({ count, width, learningRate, batchSize, seed, startThreshold: false }), scope),
    };
  });
}

function imageJobs(scope: Scope): Job<"prediction">[] {
  const { preset, images, seed } = scope;
  if (preset === "test") return [{ role: "fully connected", task: taskOf(tinyImageTask(0.02, 2, seed), scope) }];
  const starts = [
    [0.02, 4],
    [0.04, 16],
    [0.02, "all"],
  ] as const;
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 4, full: 9 })).flatMap((each, k) =>
    [fullyConnected([64, 64]), smallCnn([8, 16])].map((model): Job<"prediction"> => {
      const [learningRate, batchSize] = starts[k % starts.length]!;
      const start = imageTask(images, {
        ...{ count: ofPreset(preset, { test: 16, fast: 24, full: 100 }), model, learningRate, batchSize, seed: each },
        ...{ warmUp: 100, hessianProducts: 0, alignmentAt: [], startThreshold: false },
      });
      return { role: model.kind === "small-cnn" ? "convolutional" : "fully connected", task: taskOf(start, scope) };
    }),
  );
}

/** Networks that fit smoothed labels: the networks above, with the logistic loss of two classes and cross-entropy of three. */
const softJobs = (scope: Scope): Job<"prediction">[] => [...logisticJobs(scope), ...crossEntropyJobs(scope)];

const soft = { labelSmoothing: 0.2, lossBelow: 1e-10 } as const;

function logisticJobs(scope: Scope): Job<"prediction">[] {
  const { preset } = scope;
  const count = ofPreset(preset, { test: 12, fast: 20, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 60, full: 120 });
  const starts = [
    [0.04, 1],
    [0.04, 4],
    [0.1, 16],
    [0.1, count],
  ] as const;
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 4, full: 12 })).map((seed, k) => {
    const [learningRate, batchSize] = starts[k % starts.length]!;
    const start = reluTask({
      count,
      width,
      learningRate,
      batchSize,
      seed,
      startThreshold: false,
      loss: "logistic",
      ...soft,
    });
    return { role: "two-layer ReLU, logistic", task: taskOf(start, scope) };
  });
}

function crossEntropyJobs(scope: Scope): Job<"prediction">[] {
  const { preset, images } = scope;
  if (preset === "test") return [];
  const starts = [
    [0.1, 4],
    [0.1, 8],
    [0.1, "all"],
  ] as const;
  return seedsOf(scope, ofPreset(preset, { test: 0, fast: 2, full: 6 })).flatMap((seed, k) =>
    // Steps of a convolutional network are the dearest: of the fast preset it has one.
    [fullyConnected([64, 64], 3), ...(preset === "fast" && k > 0 ? [] : [smallCnn([8, 16], 3)])].map(
      (model): Job<"prediction"> => {
        const [learningRate, batchSize] = starts[k % starts.length]!;
        const start = imageTask(images, {
          ...{ count: ofPreset(preset, { test: 16, fast: 24, full: 100 }), classes: 3, model, learningRate, batchSize },
          ...{ seed, warmUp: 100, every: 50, hessianProducts: 0, alignmentAt: [], startThreshold: false },
          ...{ loss: "cross-entropy", ...soft },
        });
        const kind = model.kind === "small-cnn" ? "convolutional" : "fully connected";
        return { role: `${kind}, cross-entropy`, task: taskOf(start, scope) };
      },
    ),
  );
}

function taskOf(start: PredictionTask["start"], { preset }: Scope): PredictionTask {
  const sgd: Optimizer = { kind: "sgd" };
  const heavyBall: Optimizer = { kind: "heavy-ball", momentum: 0.9 };
  const all: PredictionTask["settings"] = [
    { batchSize: 1, optimizer: sgd },
    { batchSize: 8, optimizer: sgd },
    { batchSize: 4, optimizer: heavyBall },
    { batchSize: "all", optimizer: heavyBall },
    { batchSize: 8, optimizer: { kind: "nesterov", momentum: 0.9 } },
    { batchSize: "all", optimizer: sgd },
  ];
  return {
    start,
    settings: ofPreset(preset, { test: all.slice(1, 3), fast: all.slice(0, 4), full: all }),
    multiples: ofPreset(preset, { test: [0.5, 1.5], fast: [0.5, 0.85, 1.25, 2], full: [0.5, 0.8, 0.9, 1.1, 1.25, 2] }),
    ...trialDefaults,
    steps: ofPreset(preset, { test: 400, fast: start.model.kind === "two-layer-relu" ? 1000 : 700, full: 6000 }),
  };
}
