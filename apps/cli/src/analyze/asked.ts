import type { ReadCapture } from "@sgdscope/analysis";
import { readCapture } from "@sgdscope/analysis/node";
import type { Sampling } from "@sgdscope/random";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { readMinimum, type SourcedMinimum } from "../sources/minimum.js";
import { about, CliError, exitCodes, usageError } from "../terminal/errors.js";
import { printable } from "../terminal/print.js";
import { optimizerOf } from "./optimizer.js";
import type { AnalyzeOptions } from "./options.js";

/** What is analysed and for which training, whether files, options or a capture say it. */
export interface Asked {
  batchSize: number[];
  sampling: Sampling | undefined;
  learningRate: number | undefined;
  /** Undefined for plain SGD. */
  optimizer: Optimizer | undefined;
  sourced: SourcedMinimum;
  capture: ReadCapture | undefined;
}

/**
 * Reads what the options name. Of a capture, options override batch size, sampling, learning rate and optimizer, but not the second
 * moment that its Gram matrix has in itself.
 *
 * @param check - Is told the optimizer before large files are read, as far as that is known then.
 */
export async function askedOf(
  options: AnalyzeOptions,
  check: (known: { optimizer: Optimizer | undefined }) => void,
): Promise<Asked> {
  const { batchSize, sampling, learningRate, capture: path } = options;
  if (path !== undefined) return ofCapture(path, options, check);
  if (batchSize === undefined) throw missingBatchSize("");
  const optimizer = optimizerOf(options);
  check({ optimizer });
  return { batchSize, sampling, learningRate, optimizer, sourced: await readMinimum(options), capture: undefined };
}

const missingBatchSize = (why: string): CliError =>
  new CliError(`required option '--batch-size <B,…>' not specified${why}`, exitCodes.usage);

async function ofCapture(
  path: string,
  options: AnalyzeOptions,
  check: (known: { optimizer: Optimizer | undefined }) => void,
): Promise<Asked> {
  const capture = await about("--capture", () => readCapture(path));
  const { conditions, metadata } = capture;
  const optimizer = optimizerBeside(options, capture);
  check({ optimizer });
  const batchSize = options.batchSize ?? conditions.batchSizes;
  if (batchSize === undefined) throw missingBatchSize(", and the capture does not know it either");
  const { rankTolerance } = options;
  const minimum = {
    ...capture.minimum,
    name: printable(capture.minimum.name),
    ...(rankTolerance === undefined ? {} : { rankTolerance }),
  };
  return {
    batchSize: [...batchSize],
    sampling: options.sampling ?? conditions.sampling,
    learningRate: options.learningRate ?? conditions.learningRate,
    optimizer,
    sourced: {
      minimum,
      notes:
        metadata.sampling === "epoch-shuffle" && options.sampling === undefined
          ? [
              "note: --capture: the training shuffles epochs, which has no theory; it is judged as batches without replacement",
            ]
          : [],
      source: "--capture",
    },
    capture,
  };
}

/** The optimizer of a capture, with what options say otherwise. */
function optimizerBeside(options: AnalyzeOptions, { metadata, conditions }: ReadCapture): Optimizer | undefined {
  const { momentum, nesterov, weightDecay } = options;
  let { optimizer: kind } = options;
  const own = conditions.optimizer;
  const name = metadata.optimizer?.pytorch.name;
  const adaptive = name !== undefined && name !== "SGD";
  if (adaptive && kind !== undefined && !(name === "RMSprop" ? ["rmsprop"] : ["adam", "ema"]).includes(kind))
    throw usageError(
      `--optimizer: expected ${name === "RMSprop" ? "rmsprop" : "adam"} or none beside --capture, whose Gram matrix has the second moment of ${name} in it, got ${kind}`,
      "capture again without the optimizer to judge another",
    );
  if (!adaptive && (kind === "adam" || kind === "rmsprop"))
    throw usageError(
      `--optimizer: expected sgd, heavy-ball, nesterov or ema beside --capture, which has no second moment of ${kind}`,
      `capture again with the optimizer ${kind === "adam" ? "Adam" : "RMSprop"} after some steps`,
    );
  if (adaptive && nesterov === true)
    throw usageError(`--nesterov: expected none beside --capture of ${name}, got it`, "leave one of them out");
  if ([kind, momentum, nesterov, weightDecay].every((each) => each === undefined)) return own;
  if (kind === "adam") kind = "ema";
  if (kind === "rmsprop") kind = undefined;
  kind ??= nesterov === true ? "nesterov" : own === undefined || own.kind === "sgd" ? undefined : own.kind;
  const beta = momentum ?? (kind === "sgd" || own === undefined || own.kind === "sgd" ? undefined : own.momentum);
  const decay = weightDecay ?? own?.weightDecay;
  return optimizerOf({
    ...(kind === undefined ? {} : { optimizer: kind }),
    ...(beta === undefined ? {} : { momentum: beta }),
    ...(decay === undefined || decay === 0 ? {} : { weightDecay: decay }),
  });
}
