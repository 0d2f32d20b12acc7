import { readArray, toFloat64, type Dataset } from "@sgdscope/array-files";
import { functionOfLayersModel } from "@sgdscope/autodiff";
import { loadLayersModel } from "@sgdscope/models-cnn/layers-model";
import { datasetOf } from "@sgdscope/training";
import { openStoredRun, type StoredRun } from "@sgdscope/training/node";
import type * as tf from "@tensorflow/tfjs-core";
import type { ImageOptions } from "../options/common.js";
import { usageError } from "../terminal/errors.js";
import { chooseImages } from "./images.js";

/** What is measured: a function, its parameters and the examples; and the run behind it where there is one. */
export interface Subject {
  name: string;
  model: {
    inputShape: number[];
    outputs: number;
    apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
  };
  params: tf.NamedTensorMap;
  data: Dataset;
  run: StoredRun | undefined;
}

/** The options that say what to measure. */
export interface SubjectOptions extends ImageOptions {
  run?: string;
  model?: string;
  data?: "cifar10" | "synthetic";
  count: number;
  inputs?: string;
  targets?: string;
}

/** Loads what the options name; the prepared backend holds the parameters. */
export async function subjectOf(options: SubjectOptions): Promise<Subject> {
  if (options.run !== undefined) return runSubject(options.run, options);
  if (options.model === undefined)
    throw usageError("nothing to measure was named: use --run <folder> or --model <model.json>");
  const { model, params } = functionOfLayersModel(await loadLayersModel(options.model));
  return {
    name: options.model,
    model,
    params,
    data: await examplesOf(options, model.inputShape, model.outputs),
    run: undefined,
  };
}

async function runSubject(directory: string, options: SubjectOptions): Promise<Subject> {
  const run = await openStoredRun(directory);
  const { name, model, params, task } = run;
  const own = options.data === undefined && options.inputs === undefined;
  return {
    name,
    model,
    params,
    data: own ? await datasetOf(task.data) : await examplesOf(options, [...model.inputShape], model.outputs),
    run,
  };
}

async function examplesOf(options: SubjectOptions, inputShape: number[], outputs: number): Promise<Dataset> {
  const width = inputShape.reduce((a, b) => a * b, 1);
  if (options.inputs !== undefined || options.targets !== undefined) {
    if (options.inputs === undefined || options.targets === undefined)
      throw usageError("--inputs and --targets: expected both, got one");
    const x = await readArray(options.inputs);
    const y = await readArray(options.targets);
    const size = x.shape[0] ?? 0;
    if (size === 0 || x.data.length !== size * width)
      throw usageError(`--inputs: expected shape [n, ${inputShape.join(", ")}], got [${x.shape.join(", ")}]`);
    if (y.data.length !== size * outputs)
      throw usageError(`--targets: expected shape [${size}, ${outputs}], got [${y.shape.join(", ")}]`);
    const numbers = { "--inputs": toFloat64(x), "--targets": toFloat64(y) };
    for (const [option, values] of Object.entries(numbers)) {
      const index = values.findIndex((value) => !Number.isFinite(value));
      if (index >= 0)
        throw usageError(`${option}: expected finite numbers, got ${values[index]!} at position ${index}`);
    }
    return {
      name: options.inputs,
      size,
      inputShape,
      outputs,
      inputs: Float32Array.from(numbers["--inputs"]),
      targets: Float32Array.from(numbers["--targets"]),
    };
  }
  if (options.data === undefined)
    throw usageError("expected --data cifar10|synthetic, or --inputs and --targets, got neither");
  if (width !== 3072 || inputShape.at(-1) !== 3)
    throw usageError(
      `--data: expected a model of 32×32×3 images, got inputs of shape [${inputShape.join(", ")}]`,
      "pass your own data with --inputs and --targets",
    );
  const { spec } = await chooseImages(options.data, options.count, options);
  const classes = outputs === 1 ? 2 : outputs;
  const targets = outputs === 1 ? ("plus-minus-one" as const) : ("one-hot" as const);
  return datasetOf(
    spec.kind === "cifar10"
      ? { ...spec, classes: Array.from({ length: classes }, (_, c) => c), targets }
      : { ...spec, classes, targets },
  );
}
