import type { Job, Scope } from "../claim.js";
import type { ClosedFormConfig, ClosedFormTask, MinimumTask, ProblemSpec } from "@sgdscope/training";
import {
  closedFormTraining,
  fullyConnected,
  imageTask,
  ofPreset,
  reluTask,
  resnetLike,
  seedsOf,
  smallCnn,
  tinyImageTask,
  vggLike,
} from "./settings.js";

type Training = Job<"training">;

/** The role whose network is also trained on random labels and with a rate far below the edge. */
export const network = "network, fully connected";
export const randomLabels = "network, fully connected, random labels";
const slowNetwork = "network, fully connected, slow";

/** 0 and a few steps a decade, below `end`. */
const probesUntil = (end: number): number[] =>
  [
    0, 1, 3, 10, 20, 50, 100, 200, 350, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 15_000, 20_000, 30_000,
  ].filter((step) => step < end);

/** More of them, for trainings that fall fast. */
const closeProbesUntil = (end: number): number[] =>
  [
    ...probesUntil(end),
    ...Array.from({ length: 100 }, (_, k) => 100 * (k + 1)).filter((step) => step < Math.min(end, 2000)),
  ]
    .filter((step, k, all) => all.indexOf(step) === k)
    .sort((a, b) => a - b);

/** The trainings along which the claims about alignment and magnitude of the noise measure: every kind of model once or more. */
export const trainingJobs = (scope: Scope): Training[] =>
  seedsOf(scope, ofPreset(scope.preset, { test: 1, fast: 5, full: 3 })).flatMap((seed) => jobsOfSeed(scope, seed));

function jobsOfSeed(scope: Scope, seed: number): Training[] {
  const { preset, images } = scope;
  const maxSteps = ofPreset(preset, { test: 300, fast: 10_000, full: 40_000 });
  const alignmentAt = probesUntil(maxSteps);
  const n = ofPreset(preset, { test: 10, fast: 80, full: 200 });
  const closed = (
    role: string,
    data: Omit<ProblemSpec, "seed">,
    model: ClosedFormConfig,
    learningRate: number,
    batchSize: number,
  ): Training => ({
    role,
    task: {
      data: { ...data, seed },
      model,
      learningRate,
      batchSize,
      ...closedFormTraining,
      startThreshold: false,
      seed,
      alignmentAt,
      maxSteps,
    } satisfies ClosedFormTask,
  });
  const gaussian = (count: number, inputs: number, outputs = 1): Omit<ProblemSpec, "seed"> => ({
    kind: "gaussian",
    inputs,
    count,
    teacher: { kind: "linear", outputs },
  });
  const sphere: Omit<ProblemSpec, "seed"> = {
    kind: "sphere",
    inputs: 20,
    count: n,
    teacher: { kind: "relu", neurons: 3 },
  };
  const width = ofPreset(preset, { test: 20, fast: 120, full: 240 });
  const features = 4 * n;
  const relu = (learningRate: number, batchSize: number): Training => ({
    role: "two-layer ReLU",
    task: reluTask({
      count: n,
      width,
      learningRate,
      batchSize,
      seed,
      alignmentAt,
      maxSteps,
      startThreshold: false,
      measured: false,
    }),
  });
  return [
    ...(preset === "test"
      ? [{ role: "network, fully connected", task: tinyAlong(alignmentAt, maxSteps) }]
      : networkJobs()),
    closed("linear", gaussian(n, 2 * n), { kind: "linear" }, 0.1 / n, 4),
    closed("linear", gaussian(3 * n, 10), { kind: "linear" }, 0.02, 4),
    closed(
      "deep linear",
      gaussian(n, 20, 3),
      { kind: "deep-linear", depth: 3, width: 20, initialScale: 0.25 },
      0.02,
      4,
    ),
    closed("random features, ReLU", sphere, { kind: "random-features", features, activation: "relu" }, 0.5, 4),
    closed("random features, tanh", sphere, { kind: "random-features", features, activation: "tanh" }, 0.5, 4),
    relu(0.01, 4),
    relu(0.005, 1),
    relu(0.01, n),
  ];

  function tinyAlong(at: number[], end: number): MinimumTask {
    return { ...tinyImageTask(0.02, 2, seed), alignmentAt: at, maxSteps: end, startThreshold: false, measured: false };
  }

  function networkJobs(): Training[] {
    const steps = ofPreset(preset, { test: 300, fast: 1500, full: 8000 });
    const of = (
      kind: string,
      model: MinimumTask["model"],
      learningRate: number,
      batchSize: number | "all",
      classes = 2,
    ): Training => ({
      role: `network, ${kind}${classes > 2 ? `, ${classes} outputs` : ""}`,
      task: imageTask(images, {
        count: ofPreset(preset, { test: 16, fast: classes > 2 ? 40 : 60, full: classes > 2 ? 100 : 200 }),
        classes,
        model,
        learningRate,
        batchSize,
        seed,
        alignmentAt: closeProbesUntil(steps),
        maxSteps: steps,
        hessianProducts: 0,
        startThreshold: false,
        measured: false,
      }),
    });
    const large = preset === "full";
    const wide = large ? 256 : 64;
    const scale = large ? 16 : 8;
    const small = of("fully connected", fullyConnected([wide, wide]), 0.02, 4);
    return [
      of("residual", resnetLike(large ? 14 : 8, large ? 16 : 8), 0.02, 4),
      of("VGG-like", vggLike(scale), 0.02, 4),
      small,
      {
        role: randomLabels,
        task: { ...small.task, data: { ...small.task.data, randomLabels: { seed } } } as MinimumTask,
      },
      { ...of("fully connected", fullyConnected([wide, wide]), 0.002, 16), role: slowNetwork },
      of("fully connected", fullyConnected([wide, wide]), 0.01, "all"),
      of("fully connected", fullyConnected([wide, wide], 10), 0.02, 4, 10),
      of("convolutional", smallCnn([scale, 2 * scale], 10), 0.04, 4, 10),
      ...(large
        ? [of("VGG-like", vggLike(scale, 10), 0.02, 4, 10), of("residual", resnetLike(8, 16, 10), 0.02, 4, 10)]
        : []),
    ];
  }
}
