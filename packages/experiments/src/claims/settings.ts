import type { ModelConfig } from "@sgdscope/models-cnn";
import { boundTasks } from "../bound-tasks.js";
import { type ClosedFormTask, imageShape, imagesOf, type ImageSource, type MinimumTask } from "@sgdscope/training";
import type { Preset, Scope } from "../claim.js";

/** The value of a preset. */
export const ofPreset = <T>(preset: Preset, values: Record<Preset, T>): T => values[preset];

/** `count` seeds from the scope's up. */
export const seedsOf = ({ seed }: Scope, count: number): number[] => Array.from({ length: count }, (_, k) => seed + k);

/** How many seeds a setting of a network on images is repeated with. */
export const imageSeeds = (preset: Preset): number => ofPreset(preset, { test: 1, fast: 5, full: 5 });

/** Seeds of a convolutional network trained on all images at once, whose runs are the longest of the fast preset. */
export const fullBatchSeeds = (preset: Preset): number => ofPreset(preset, { test: 1, fast: 3, full: 5 });

/**
 * A two-layer ReLU network on a sphere with a teacher of three neurons and a large start, clip 20, batches without
 * replacement, until L < 1e-8; the seed draws data, start and batches. The setting follows Wu and Su (2023).
 */
export function reluTask(
  options: {
    count: number;
    width: number;
    learningRate: number;
    batchSize: number;
    seed: number;
    inputs?: number;
    neurons?: number;
    testCount?: number;
  } & Partial<ClosedFormTask>,
): ClosedFormTask {
  const { count, width, learningRate, batchSize, seed, inputs = 20, neurons = 3, testCount, ...rest } = options;
  return {
    data: {
      kind: "sphere",
      inputs,
      count,
      teacher: { kind: "relu", neurons },
      seed,
      ...(testCount === undefined ? {} : { testCount }),
    },
    model: { kind: "two-layer-relu", width },
    learningRate,
    batchSize,
    ...closedFormTraining,
    seed,
    ...rest,
  };
}

/** How closed-form models are trained unless a claim says otherwise. */
export const closedFormTraining = {
  sampling: "without-replacement",
  momentum: 0,
  clipNorm: 20,
  warmUp: 0,
  maxSteps: 100_000,
  lossBelow: 1e-8,
  every: 200,
  alignmentAt: [0],
  hessianProducts: 0,
  startThreshold: true,
} as const satisfies Partial<ClosedFormTask>;

/** A fully connected network without biases. */
export const fullyConnected = (widths: number[], outputs = 1): ModelConfig => ({
  kind: "fully-connected",
  inputShape: imageShape,
  widths,
  outputs,
  bias: false,
});

/** Two convolutions, each with a pool, and a dense layer. */
export const smallCnn = (channels: number[], outputs = 1): ModelConfig => ({
  kind: "small-cnn",
  inputShape: imageShape,
  channels,
  outputs,
});

/** After VGG: 3×3 convolutions between pools, then dense layers. */
export const vggLike = (scale: number, outputs = 1): ModelConfig => ({
  kind: "vgg",
  inputShape: imageShape,
  features: [scale, "pool", 2 * scale, "pool", 4 * scale, "pool"],
  widths: [8 * scale],
  outputs,
});

/** A residual network of eight layers or more, without normalisation. */
export const resnetLike = (depth: number, width: number, outputs = 1): ModelConfig => ({
  kind: "resnet",
  inputShape: imageShape,
  depth,
  widths: [width, 2 * width, 4 * width],
  outputs,
});

/** A network on the first airplanes and automobiles, or ten classes, by the protocol of `boundTasks`. */
export function imageTask(
  images: ImageSource,
  options: {
    count: number;
    classes?: number;
    model: ModelConfig;
    learningRate: number;
    batchSize: number | "all";
    seed: number;
  } & Partial<Omit<MinimumTask, "batchSize">>,
): MinimumTask {
  const { count, classes = 2, model, learningRate, batchSize, seed, ...rest } = options;
  const [task] = boundTasks({
    data: imagesOf(images, count, classes),
    model,
    settings: [{ learningRate, batchSize }],
    seed,
    hessianProducts: 33,
  });
  return { ...task!, ...rest };
}

/** A network that interpolates within a step or two of a test, on the tiniest images there are. */
export const tinyImageTask = (learningRate: number, batchSize: number | "all", seed: number): MinimumTask =>
  imageTask(
    { kind: "synthetic" },
    {
      count: 16,
      model: fullyConnected([8]),
      learningRate,
      batchSize,
      seed,
      warmUp: 50,
      every: 50,
      maxSteps: 1000,
      hessianProducts: 0,
    },
  );
