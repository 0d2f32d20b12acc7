import { ArrayFilesError, parseJsonText, type NamedArray } from "@sgdscope/array-files";
import { lossIds, type LossId } from "@sgdscope/noise-structure/losses";
import { samplings, type Sampling } from "@sgdscope/random";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { AnalysisError } from "../../errors.js";
import type { Precision } from "../../minimum.js";
import { fieldsOf, type Fields } from "./fields.js";

/** The schema of captures that are read here. */
export const captureSchema = "sgdscope/capture@1";

/** What a capture says of itself, checked. */
export interface CaptureMetadata {
  /** The class of the model. */
  model: string;
  /** P, of the parameters that move. */
  parameters: number;
  examples: number;
  /** How many examples the data have in all, where that is known. */
  examplesInAll: number | undefined;
  outputs: number;
  loss: { id: LossId; pytorch: string; labelSmoothing?: number; delta?: number };
  /** What PyTorch's loss and learning rate are multiplied with: `L_pytorch = loss·L`, `η = learningRate·η_pytorch`. */
  units: { loss: number; learningRate: number; weightDecay: number };
  optimizer: CapturedOptimizer | undefined;
  batchSize: number | undefined;
  sampling: Sampling | undefined;
  precision: Precision;
  /** Versions of what wrote it. */
  versions: { sgdscope: string; torch: string };
  /** What was taken for granted, in sentences. */
  assumptions: readonly string[];
}

/** The optimizer of a capture, in the units of the theory, and as PyTorch calls it. */
export interface CapturedOptimizer {
  judged: Optimizer;
  learningRate: number;
  /** Whether the Gram matrix is that of `JP⁻¹Jᵀ`. */
  preconditioned: boolean;
  pytorch: { name: string; learningRate: number; weightDecay: number };
}

const MOST_BYTES = 2 ** 26;
const MOST_ASSUMPTIONS = 100;
const MOST_LETTERS = 1000;

/**
 * @internal The metadata of a capture: UTF-8 JSON in an array of bytes. What is said twice must agree.
 *
 * @throws AnalysisError INVALID_ARGUMENT, TOO_LARGE with the argument `capture`.
 */
export function captureMetadata({ data, shape }: NamedArray): CaptureMetadata {
  if (!(data instanceof Uint8Array) || shape.length !== 1)
    throw wrong(`expected metadata as bytes of shape [length], got shape [${shape.join(", ")}] of another type`);
  if (data.length > MOST_BYTES)
    throw new AnalysisError("TOO_LARGE", "capture", `expected metadata of at most 64 MiB, got ${data.length} bytes`);
  const fields = fieldsOf("metadata", parsed(data));
  const schema = fields.text("schema");
  if (schema !== captureSchema)
    throw wrong(
      `expected the schema ${captureSchema}, got ${schema.slice(0, 80)}`,
      "capture again with the package sgdscope of the same version",
    );
  const units = unitsOf(fields);
  const outputs = fields.count("outputs");
  const versions = fields.object("versions");
  return {
    model: fields.object("model").text("name"),
    parameters: parametersOf(fields.object("model")),
    examples: fields.count("examples"),
    examplesInAll: fields.isNull("examplesInAll") ? undefined : fields.count("examplesInAll"),
    outputs,
    loss: lossOf(fields.object("loss")),
    units,
    optimizer: fields.isNull("optimizer") ? undefined : optimizerOf(fields.object("optimizer"), units),
    batchSize: fields.isNull("batchSize") ? undefined : fields.count("batchSize"),
    sampling: fields.isNull("sampling") ? undefined : fields.oneOf("sampling", samplings),
    precision: fields.oneOf("precision", ["float64", "float32"] as const),
    versions: { sgdscope: versions.text("sgdscope"), torch: versions.text("torch") },
    assumptions: fields.texts("assumptions", MOST_ASSUMPTIONS, MOST_LETTERS),
  };
}

const wrong = (problem: string, advice?: string): AnalysisError =>
  new AnalysisError("INVALID_ARGUMENT", "capture", problem, advice);

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJsonText(bytes, { caller: "metadata", what: "JSON in UTF-8", invalid: "CORRUPT", depth: 32 });
  } catch (error) {
    if (!(error instanceof ArrayFilesError)) throw error;
    throw wrong(error.message.replace(/^metadata: /, "metadata: "));
  }
}

function unitsOf(fields: Fields): CaptureMetadata["units"] {
  const units = fields.object("units");
  const [loss, learningRate, weightDecay] = [
    units.positive("loss"),
    units.positive("learningRate"),
    units.positive("weightDecay"),
  ];
  if (!close(loss * weightDecay, 1))
    throw wrong(`expected units.weightDecay to be 1/units.loss, ${1 / loss}, got ${weightDecay}`);
  if (learningRate > loss * (1 + 1e-9))
    throw wrong(`expected units.learningRate of at most units.loss, ${loss}, got ${learningRate}`);
  return { loss, learningRate, weightDecay };
}

/** P, from the shapes of all parameters; it must be what is said. */
function parametersOf(model: Fields): number {
  const size = model.count("size");
  const sum = model.list("parameters").reduce<number>(
    (total, each, k) =>
      total +
      fieldsOf(`metadata.model.parameters[${k}]`, each)
        .sizes("shape")
        .reduce((a, b) => a * b, 1),
    0,
  );
  if (sum !== size) throw wrong(`expected model.size to be that of its parameters, ${sum}, got ${size}`);
  return size;
}

function lossOf(loss: Fields): CaptureMetadata["loss"] {
  return {
    id: loss.oneOf("id", lossIds),
    pytorch: loss.text("pytorch"),
    ...(loss.has("labelSmoothing") ? { labelSmoothing: loss.nonNegative("labelSmoothing") } : {}),
    ...(loss.has("delta") ? { delta: loss.positive("delta") } : {}),
  };
}

function optimizerOf(record: Fields, units: CaptureMetadata["units"]): CapturedOptimizer {
  const kind = record.oneOf("kind", ["sgd", "heavy-ball", "nesterov", "ema"] as const);
  const momentum = record.isNull("momentum") ? undefined : record.number("momentum");
  const weightDecay = record.nonNegative("weightDecay");
  const learningRate = record.positive("learningRate");
  const own = record.object("pytorch");
  const pytorch = {
    name: own.text("name"),
    learningRate: own.positive("lr"),
    weightDecay: own.nonNegative("weight_decay"),
  };
  if ((kind === "sgd") !== (momentum === undefined))
    throw wrong(`expected a momentum of ${kind}${kind === "sgd" ? " to be null" : ""}, got ${momentum ?? "none"}`);
  if (!close(pytorch.learningRate * units.learningRate, learningRate))
    throw wrong(
      `expected optimizer.learningRate to be PyTorch's lr ${pytorch.learningRate} times units.learningRate ${units.learningRate}, got ${learningRate}`,
    );
  const decay = weightDecay > 0 ? { weightDecay } : {};
  if (weightDecay > 0 && !close(pytorch.weightDecay * units.weightDecay, weightDecay))
    throw wrong(
      `expected optimizer.weightDecay to be PyTorch's ${pytorch.weightDecay} times units.weightDecay ${units.weightDecay}, got ${weightDecay}`,
    );
  return {
    judged: kind === "sgd" ? { kind, ...decay } : { kind, momentum: momentum!, ...decay },
    learningRate,
    preconditioned: record.flag("preconditioned"),
    pytorch,
  };
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.abs(b);
