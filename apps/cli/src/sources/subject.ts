import { examplesOfArrays, type ExampleShapes } from "@sgdscope/analysis";
import { readArray, type Dataset } from "@sgdscope/array-files";
import { describeLayersModel, functionOfLayersModel, type LayersModelFacts } from "@sgdscope/autodiff";
import { loadLayersModel } from "@sgdscope/models-cnn/layers-model";
import { datasetOf, examplesOfTask } from "@sgdscope/training";
import { openStoredRun, type StoredRun } from "@sgdscope/training/node";
import * as tf from "@tensorflow/tfjs-core";
import type { OutputLoss } from "@sgdscope/noise-structure/losses";
import type { ImageOptions } from "../options/common.js";
import type { LossNameOptions } from "../options/loss.js";
import { about, optionOf, usageError } from "../terminal/errors.js";
import { chooseImages } from "./images.js";
import { namedLoss } from "./loss.js";
import { refuseOtherModels } from "./other-models.js";

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
  /** Undefined for the square loss. */
  loss: OutputLoss | undefined;
  /** What a LayersModel has beside its function. */
  facts?: LayersModelFacts;
  /** Frees the parameters, and the model behind them. */
  dispose: () => void;
}

/** The options that say what to measure. */
export interface SubjectOptions extends ImageOptions, LossNameOptions {
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
  const named = namedLoss(options);
  const loss = named?.id === "square" ? undefined : named;
  if (options.run !== undefined) {
    if (options.loss !== undefined)
      throw usageError(
        `--loss: expected none beside --run, which has the loss it was trained with, got ${options.loss}`,
      );
    return runSubject(options.run, options);
  }
  if (options.model === undefined)
    throw usageError("nothing to measure was named: use --run <folder> or --model <model.json>");
  const { model: path } = options;
  refuseOtherModels(path);
  const layersModel = await about("--model", () => loadLayersModel(path));
  let params: tf.NamedTensorMap | undefined;
  const dispose = (): void => {
    layersModel.dispose();
    tf.dispose(params);
  };
  try {
    const before = loss === undefined ? undefined : activationIn(loss);
    const { model, ...own } = functionOfLayersModel(layersModel, before === undefined ? {} : { before });
    ({ params } = own);
    const { data, notes } = await examplesOf(options, model, loss);
    if (loss !== undefined) expectClassAxis(loss, model);
    if (model.leftOut !== undefined) notes.push(`note: --model: the ${model.leftOut} is part of the ${loss!.id} loss`);
    const facts = describeLayersModel(layersModel);
    return { name: path, model, params, data, notes, facts, run: undefined, loss, dispose };
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
    const examples = own ? { data: await examplesOfTask(task), notes: [] } : await examplesOf(options, model, run.loss);
    return { name, model, params, ...examples, run, loss: run.loss, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The activation that a loss on logits has in itself. */
const activationIn = ({ id }: OutputLoss): "softmax" | "sigmoid" | undefined =>
  id === "cross-entropy" ? "softmax" : id === "logistic" ? "sigmoid" : undefined;

/** Outputs with positions beside classes are flattened, and a softmax over all of them would be another. */
function expectClassAxis({ id }: OutputLoss, { outputShape = [] }: ExampleShapes): void {
  if (id === "cross-entropy" && outputShape.length > 1)
    throw usageError(
      `--loss: expected outputs of shape [n, C] for cross-entropy, got [${["n", ...outputShape].join(", ")}]`,
    );
}

async function examplesOf(
  options: SubjectOptions,
  model: ExampleShapes,
  loss?: OutputLoss,
): Promise<{ data: Dataset; notes: string[] }> {
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
  // Logistic labels are 0 and 1 where those of the square loss are −1 and 1.
  const logistic = loss?.id === "logistic" && targets === "plus-minus-one";
  return { data: logistic ? { ...data, targets: data.targets.map((y) => (y + 1) / 2) } : data, notes: [] };
}
