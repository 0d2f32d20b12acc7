import { modelFromConfig, networkKinds, type ModelConfig } from "@sgdscope/models-cnn";
import { explainIssues } from "@sgdscope/runs";
import { samplings } from "@sgdscope/random";
import { z } from "zod";
import { dataDefaults, lossBelowOfLogits, modelDefaults, trainingDefaults, trainingLosses } from "./defaults.js";
import { TrainingError } from "./errors.js";
import { imageShape, targetsOf } from "./images.js";
import { optimizerFields, optimizerSettingsOf } from "./optimizer-settings.js";
import { probeFields, probeSettingsOf } from "./probe/settings.js";
import type { MinimumTask, TrainingLoss } from "./task.js";

const whole = (least: number): z.ZodInt =>
  z.int(`expected a whole number from ${least} up`).min(least, `expected a whole number from ${least} up`);
const positive = z.number("expected a positive number").positive("expected a positive number");
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** The settings of a training as a person writes them. */
const settingsSchema = z.strictObject({
  data: z.discriminatedUnion(
    "kind",
    [
      z.strictObject({
        kind: z.literal("cifar10"),
        directory: z.string().optional(),
        classes: z
          .array(z.int().min(0).max(9))
          .min(2, "expected at least two labels")
          .default([...dataDefaults.classes]),
        count: whole(1).default(dataDefaults.count),
        allowPrefix: z.boolean().optional(),
      }),
      z.strictObject({
        kind: z.literal("synthetic"),
        classes: whole(2).default(dataDefaults.classes.length),
        count: whole(1).default(dataDefaults.count),
        seed: seed.default(dataDefaults.seed),
      }),
    ],
    "expected kind cifar10 or synthetic",
  ),
  model: z.looseObject({ kind: z.enum(networkKinds, `expected one of ${networkKinds.join(", ")}`) }),
  learningRate: positive,
  // Whether it must be whole depends on the sampling.
  batchSize: z.union([positive, z.literal("all")], 'expected a whole number from 1 up, or "all"'),
  sampling: z.enum(samplings).default(trainingDefaults.sampling),
  seed: seed.default(trainingDefaults.seed),
  loss: z.enum(trainingLosses, `expected one of ${trainingLosses.join(", ")}`).default("square"),
  labelSmoothing: z.number().min(0).lt(1).optional(),
  delta: positive.optional(),
  momentum: z.number().min(0).lt(1).default(trainingDefaults.momentum),
  ...optimizerFields,
  clipNorm: positive.default(trainingDefaults.clipNorm),
  warmUp: whole(0).default(trainingDefaults.warmUp),
  maxSteps: whole(1).default(trainingDefaults.maxSteps),
  lossBelow: positive.optional(),
  every: whole(1).default(trainingDefaults.every),
  hessianProducts: whole(0).default(trainingDefaults.hessianProducts),
  ...probeFields,
});

/** Settings as {@link taskOfSettings} takes them. */
export type TrainingSettingsInput = z.input<typeof settingsSchema>;

/**
 * The task that settings mean, checked and with every default filled in: whoever asks, equal settings give equal tasks, and so one
 * run folder.
 *
 * @param settings - Plain JSON: `data`, `model`, `learningRate` and `batchSize` at least.
 * @throws TrainingError `INVALID_SETTINGS` with every fault and, for an unknown key, the nearest right one.
 */
export function taskOfSettings(settings: Record<string, unknown>): MinimumTask {
  const { success, data: parsed, error } = settingsSchema.safeParse(settings, { reportInput: true });
  if (!success)
    throw new TrainingError("INVALID_SETTINGS", explainIssues(settingsSchema, error.issues), { cause: error });
  const { data, model, batchSize, ...asked } = parsed;
  const { learningRate, sampling, seed, clipNorm, warmUp, maxSteps, every, hessianProducts } = asked;
  const { loss, labelSmoothing, delta } = asked;
  expectOptionsOf(loss, { labelSmoothing, delta });
  const ofLogits = ["cross-entropy", "logistic"].includes(loss) && (labelSmoothing ?? 0) === 0;
  const goal = ofLogits ? lossBelowOfLogits : trainingDefaults.lossBelow;
  const lossBelow = asked.lossBelow ?? goal;
  const optimizer = optimizerSettingsOf(asked);
  const classes = data.kind === "synthetic" ? data.classes : data.classes.length;
  const targets = targetsOf(classes, loss);
  const size = batchSize === "all" ? data.count : batchSize;
  if (!Number.isSafeInteger(size) && sampling !== "bernoulli")
    throw new TrainingError("INVALID_SETTINGS", [
      {
        path: "batchSize",
        problem: `expected a whole number from 1 up, or "all", got ${size}; only Bernoulli batches, whose size is an expectation, may have one that is not whole`,
      },
    ]);
  if (size > data.count && sampling !== "with-replacement")
    throw new TrainingError("INVALID_SETTINGS", [
      { path: "batchSize", problem: `expected at most ${data.count}, the number of examples, got ${size}` },
    ]);
  const config = {
    inputShape: [...imageShape],
    outputs: targets === "plus-minus-one" ? 1 : classes,
    ...modelDefaults[model.kind],
    ...model,
  } as unknown as ModelConfig;
  try {
    modelFromConfig(config);
  } catch (error) {
    throw new TrainingError("INVALID_SETTINGS", [{ path: "model", problem: (error as Error).message }], {
      cause: error,
    });
  }
  const { directory, allowPrefix } = data.kind === "cifar10" ? data : {};
  const task: MinimumTask = {
    ...{ learningRate, sampling, seed, clipNorm, warmUp, maxSteps, lossBelow, every, hessianProducts },
    ...optimizer,
    // What is left out has its default, so that tasks without it keep their names.
    ...(loss === "square" ? {} : { loss }),
    ...(labelSmoothing === undefined || labelSmoothing === 0 ? {} : { labelSmoothing }),
    ...(delta === undefined || delta === 1 ? {} : { delta }),
    data:
      data.kind === "synthetic"
        ? { ...data, targets }
        : {
            kind: data.kind,
            classes: data.classes,
            count: data.count,
            targets,
            ...(directory === undefined ? {} : { directory }),
            ...(allowPrefix === undefined ? {} : { allowPrefix }),
          },
    model: config,
    batchSize: size,
    alignmentAt: [],
  };
  return { ...task, ...probeSettingsOf(asked, task) };
}

/** Refuses an option of another loss: it would be taken for one that counts. */
function expectOptionsOf(
  loss: TrainingLoss,
  { labelSmoothing, delta }: { labelSmoothing: number | undefined; delta: number | undefined },
): void {
  const faults = [
    ...(labelSmoothing !== undefined && loss !== "cross-entropy" && loss !== "logistic"
      ? [["labelSmoothing", "cross-entropy or logistic"]]
      : []),
    ...(delta !== undefined && loss !== "pseudo-huber" ? [["delta", "pseudo-huber"]] : []),
  ] as [string, string][];
  if (faults.length > 0)
    throw new TrainingError(
      "INVALID_SETTINGS",
      faults.map(([path, own]) => ({ path, problem: `expected loss ${own} beside it, got ${loss}` })),
    );
}
