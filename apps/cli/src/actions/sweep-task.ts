import type { MinimumTask } from "@sgdscope/experiments";
import { modelFromConfig, type ModelConfig } from "@sgdscope/models-cnn";
import { explainIssues } from "@sgdscope/sweeps";
import { z } from "zod";
import { samplings } from "../commands/options.js";
import { usageError } from "../terminal/exit.js";

const whole = (least: number): z.ZodInt =>
  z.int(`expected a whole number from ${least} up`).min(least, `expected a whole number from ${least} up`);
const positive = z.number("expected a positive number").positive("expected a positive number");
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** The settings of a run as a grid gives them: the task of sgdscope train, with its defaults. */
const settingsSchema = z.strictObject({
  data: z.discriminatedUnion(
    "kind",
    [
      z.strictObject({
        kind: z.literal("cifar10"),
        directory: z.string().optional(),
        classes: z.array(z.int().min(0).max(9)).min(2, "expected at least two labels").default([0, 1]),
        count: whole(1).default(200),
        allowPrefix: z.boolean().optional(),
      }),
      z.strictObject({
        kind: z.literal("synthetic"),
        classes: whole(2).default(2),
        count: whole(1).default(200),
        seed: seed.default(0),
      }),
    ],
    "expected kind cifar10 or synthetic",
  ),
  model: z.looseObject({ kind: z.string("expected the kind of a network") }),
  learningRate: positive,
  batchSize: z.union([whole(1), z.literal("all")], 'expected a whole number from 1 up, or "all"'),
  sampling: z.enum(samplings).default("without-replacement"),
  seed: seed.default(1),
  momentum: z.number().min(0).lt(1).default(0),
  clipNorm: positive.default(5),
  warmUp: whole(0).default(500),
  maxSteps: whole(1).default(60_000),
  lossBelow: positive.default(1e-6),
  every: whole(1).default(500),
  hessianProducts: whole(0).default(66),
});

/** What a network of this kind gets where the grid says nothing; as in sgdscope train. */
const modelDefaults: Record<string, object> = {
  "fully-connected": { widths: [64, 64], bias: false },
  "small-cnn": { channels: [8, 16] },
};

/**
 * The task that settings of a grid mean, checked and with every default filled in. Settings that sgdscope train takes give the run
 * that it would do, under the same name.
 *
 * @throws CliError naming every fault and, for an unknown key, the nearest right one.
 */
export function taskOfSettings(settings: Record<string, unknown>): MinimumTask {
  const { success, data: parsed, error } = settingsSchema.safeParse(settings, { reportInput: true });
  if (!success) throw usageError(`grid: ${explainIssues(settingsSchema, error.issues).join("\n  ")}`);
  const { data, model, batchSize, ...rest } = parsed;
  const classes = data.kind === "synthetic" ? data.classes : data.classes.length;
  const targets = classes === 2 ? "plus-minus-one" : "one-hot";
  const size = batchSize === "all" ? data.count : batchSize;
  if (size > data.count && rest.sampling !== "with-replacement")
    throw usageError(`grid: batchSize: expected at most the ${data.count} examples of data.count, got ${size}`);
  const config = {
    inputShape: [32, 32, 3],
    outputs: classes === 2 ? 1 : classes,
    ...modelDefaults[model.kind],
    ...model,
  } as unknown as ModelConfig;
  try {
    modelFromConfig(config);
  } catch (error) {
    throw usageError(`grid: model: ${(error as Error).message}`);
  }
  const { directory, allowPrefix } = data.kind === "cifar10" ? data : {};
  return {
    ...rest,
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
}
