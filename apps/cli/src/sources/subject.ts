import { examplesOfArrays, type ExampleShapes } from "@sgdscope/analysis";
import { readArray, type Dataset } from "@sgdscope/array-files";
import { describeLayersModel, functionOfLayersModel, type LayersModelFacts } from "@sgdscope/autodiff";
import { loadLayersModel } from "@sgdscope/models-cnn/layers-model";
import { datasetOf } from "@sgdscope/training";
import { openStoredRun, type StoredRun } from "@sgdscope/training/node";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageOptions } from "../options/common.js";
import { about, optionOf, usageError } from "../terminal/errors.js";
import { chooseImages } from "./images.js";

/** What is measured: a function, its parameters and the examples; and the run behind it where there is one. */
export interface Subject {
  name: string;
  model: {
    inputShape: number[];
    outputs: number;
    apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
    /** The sum of the weight regularizers of a LayersModel that has some. */
    penalty?: (params: tf.NamedTensorMap) => tf.Tensor;
  };
  params: tf.NamedTensorMap;
  data: Dataset;
  /** What was taken for granted, a line each. */
  notes: string[];
  run: StoredRun | undefined;
  /** What a LayersModel has beside its function. */
  facts?: LayersModelFacts;
  /** Frees the parameters, and the model behind them. */
  dispose: () => void;
}

/** The options that say what to measure. */
export interface SubjectOptions extends ImageOptions {
  run?: string;
  model?: string;
  data?: "cifar10" | "synthetic";
  count: number;
  inputs?: string;
  targets?: string;
  oneHot?: boolean;
}

/** Loads what the options name; the prepared backend holds the parameters. */
export async function subjectOf(options: SubjectOptions): Promise<Subject> {
  if (options.run !== undefined) return runSubject(options.run, options);
  if (options.model === undefined)
    throw usageError("nothing to measure was named: use --run <folder> or --model <model.json>");
  const { model: path } = options;
  const layersModel = await about("--model", () => loadLayersModel(path));
  let params: tf.NamedTensorMap | undefined;
  const dispose = (): void => {
    layersModel.dispose();
    tf.dispose(params);
  };
  try {
    const { model, ...own } = functionOfLayersModel(layersModel);
    ({ params } = own);
    const { data, notes } = await examplesOf(options, model);
    const facts = describeLayersModel(layersModel);
    return { name: path, model, params, data, notes, facts, run: undefined, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function runSubject(directory: string, options: SubjectOptions): Promise<Subject> {
  const run = await about("--run", () => openStoredRun(directory));
  const { name, model, params, task } = run;
  const own = options.data === undefined && options.inputs === undefined;
  const dispose = (): void => tf.dispose(params);
  try {
    const examples = own ? { data: await datasetOf(task.data), notes: [] } : await examplesOf(options, model);
    return { name, model, params, ...examples, run, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function examplesOf(options: SubjectOptions, model: ExampleShapes): Promise<Pick<Subject, "data" | "notes">> {
  const { inputShape, outputs } = model;
  const width = inputShape.reduce((a, b) => a * b, 1);
  if (options.inputs !== undefined || options.targets !== undefined) {
    if (options.inputs === undefined || options.targets === undefined)
      throw usageError("--inputs and --targets: expected both, got one");
    const { inputs, targets } = options;
    const arrays = {
      inputs: await about("--inputs", () => readArray(inputs)),
      targets: await about("--targets", () => readArray(targets)),
    };
    const { notes, ...examples } = examplesOfArrays(model, arrays, { oneHot: options.oneHot === true });
    return {
      data: { name: inputs, ...examples },
      notes: notes.map(({ argument, text }) => `note: ${optionOf(argument)}: ${text}`),
    };
  }
  if (options.oneHot === true) throw usageError("--one-hot: only targets of --targets are labels; images have theirs");
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
  const data = await datasetOf(
    spec.kind === "cifar10"
      ? { ...spec, classes: Array.from({ length: classes }, (_, c) => c), targets }
      : { ...spec, classes, targets },
  );
  return { data, notes: [] };
}
