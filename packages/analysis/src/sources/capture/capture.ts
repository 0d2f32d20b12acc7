import type { NamedArray } from "@sgdscope/array-files";
import { lossNamed } from "@sgdscope/noise-structure/losses";
import type { ConditionsRequest } from "../../conditions.js";
import { AnalysisError } from "../../errors.js";
import type { Minimum } from "../../minimum.js";
import { minimumOfArrays } from "../arrays.js";
import { finite } from "../finite.js";
import { coarser } from "../precision.js";
import { captureMetadata, captureSchema, type CaptureMetadata } from "./metadata.js";

/** A capture of a model that another tool trained: a minimum, the conditions of its training, and what it says of itself. */
export interface ReadCapture {
  minimum: Minimum;
  /** What the training was: batch size, sampling, learning rate and optimizer, as far as the capture knows. */
  conditions: ConditionsRequest;
  metadata: CaptureMetadata;
}

const known = ["gram", "logits", "labels", "targets", "weights", "preconditioner", "metadata"];

const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/**
 * The minimum of a capture, `sgdscope/capture@1`, from its arrays: `gram` [nC, nC], `logits` [n, C], `labels` [n] or `targets` [n, C],
 * `weights` [n], `preconditioner` [P] and `metadata`, JSON in UTF-8 as bytes. All shapes are compared with each other and with the
 * metadata.
 *
 * @param name - What people call it.
 * @returns Without a batch size, sampling or learning rate where the capture has none; epoch shuffling is judged as batches without
 *   replacement, and `metadata.sampling` says so.
 * @throws AnalysisError MISSING, SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, TOO_LARGE, with the argument `capture` or that of an array.
 */
export function minimumOfCapture(name: string, arrays: Readonly<Record<string, NamedArray>>): ReadCapture {
  const of = (array: string): NamedArray | undefined => (Object.hasOwn(arrays, array) ? arrays[array] : undefined);
  for (const required of ["metadata", "gram", "logits"])
    if (of(required) === undefined)
      throw new AnalysisError(
        "MISSING",
        "capture",
        `expected the arrays of ${captureSchema}, got none called ${required}`,
        "sgdscope.capture of the Python package sgdscope writes them; other arrays go into `gram` or `jacobian`",
      );
  const unknown = Object.keys(arrays).find((each) => !known.includes(each));
  if (unknown !== undefined)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "capture",
      `expected only arrays of ${captureSchema}, got ${unknown.slice(0, 80)}`,
    );
  const metadata = captureMetadata(of("metadata")!);
  expectShapes(of, metadata);
  const { id, labelSmoothing, delta } = metadata.loss;
  const [labels, targets, weights] = [of("labels"), of("targets"), of("weights")];
  const { minimum } = minimumOfArrays(name, {
    gram: of("gram")!,
    outputs: metadata.outputs,
    loss: {
      loss: lossNamed(id, {
        ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
        ...(delta === undefined ? {} : { delta }),
      }),
      logits: of("logits")!,
      ...(labels === undefined ? {} : { labels }),
      ...(targets === undefined ? {} : { targets }),
      ...(weights === undefined ? {} : { weights }),
    },
  });
  return {
    minimum: {
      ...minimum,
      precision: coarser(minimum.precision, metadata.precision),
      ...(metadata.optimizer?.preconditioned === true ? { preconditioned: true } : {}),
    },
    conditions: conditionsOf(metadata),
    metadata,
  };
}

function expectShapes(of: (array: string) => NamedArray | undefined, metadata: CaptureMetadata): void {
  const { examples: n, outputs: C, parameters, optimizer } = metadata;
  const expected: Record<string, number[]> = {
    gram: [n * C, n * C],
    logits: [n, C],
    labels: [n],
    targets: [n, C],
    weights: [n],
    preconditioner: [parameters],
  };
  for (const [name, shape] of Object.entries(expected)) {
    const found = of(name);
    if (found !== undefined && show(found.shape) !== show(shape))
      throw new AnalysisError(
        "SHAPE_MISMATCH",
        "capture",
        `expected ${name} of shape ${show(shape)} for ${n} examples, ${C} outputs and ${parameters} parameters of its metadata, got ${show(found.shape)}`,
      );
  }
  const preconditioner = of("preconditioner");
  if ((preconditioner !== undefined) !== (optimizer?.preconditioned ?? false))
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "capture",
      `expected a preconditioner exactly where metadata.optimizer is preconditioned, got ${preconditioner === undefined ? "none" : "one"}`,
    );
  if (preconditioner !== undefined && !finite("preconditioner", preconditioner).every((value) => value > 0))
    throw new AnalysisError("INVALID_ARGUMENT", "capture", "expected a positive preconditioner, got other numbers");
}

function conditionsOf({ batchSize, sampling, optimizer }: CaptureMetadata): ConditionsRequest {
  return {
    ...(batchSize === undefined ? {} : { batchSizes: [batchSize] }),
    ...(sampling === undefined ? {} : { sampling: sampling === "epoch-shuffle" ? "without-replacement" : sampling }),
    ...(optimizer === undefined ? {} : { learningRate: optimizer.learningRate, optimizer: optimizer.judged }),
  };
}
