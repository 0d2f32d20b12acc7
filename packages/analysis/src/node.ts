import { readArray, readArrays, type NamedArray, type ReadBudget } from "@sgdscope/array-files";
import type { LossId, OutputLoss } from "@sgdscope/noise-structure/losses";
import { AnalysisError } from "./errors.js";
import type { LossArrays } from "./sources/loss-arrays.js";
import { minimumOfArrays, type ReadMinimum } from "./sources/arrays.js";
import { minimumOfCapture, type ReadCapture } from "./sources/capture/capture.js";

/** Files that describe a minimum: `.npy`, `.npz:key`, `.safetensors:key` or `.json`; shapes as `minimumOfArrays` takes them. */
export interface MinimumFiles {
  gram?: string;
  jacobian?: string;
  preconditioner?: string;
  residuals?: string;
  outputs?: number;
  /** Instead of residuals: a loss and the files of its arrays. */
  loss?: LossFiles;
}

/** The files of the arrays of a loss; shapes as `LossArrays` has them. */
export interface LossFiles {
  loss: LossId | OutputLoss;
  logits: string;
  labels?: string;
  targets?: string;
  weights?: string;
}

/** The arguments that are read from files. */
export type ReadArgument =
  "gram" | "jacobian" | "preconditioner" | "residuals" | "logits" | "labels" | "targets" | "weights";

type Read = (argument: ReadArgument, path: string) => Promise<NamedArray>;

/**
 * Reads a minimum from the files of any tool.
 *
 * @param options.read - Reads the file of an argument; default `readArray` of `@sgdscope/array-files`.
 * @throws AnalysisError as `minimumOfArrays`; ArrayFilesError as `readArray`.
 */
export async function minimumOfFiles(
  files: MinimumFiles,
  { read = (_, path) => readArray(path) }: { read?: Read } = {},
): Promise<ReadMinimum> {
  const { gram, jacobian, preconditioner, residuals, outputs, loss } = files;
  const name = gram ?? jacobian;
  if (name === undefined)
    throw new AnalysisError("MISSING", "gram", "expected a Gram matrix or a Jacobian, got neither");
  // In every text and document, so that nobody takes these coordinates for those of the parameters.
  const title = preconditioner === undefined ? name : `${name}, preconditioned by ${preconditioner}`;
  return minimumOfArrays(title, {
    ...(gram === undefined ? {} : { gram: await read("gram", gram) }),
    ...(jacobian === undefined ? {} : { jacobian: await read("jacobian", jacobian) }),
    ...(preconditioner === undefined ? {} : { preconditioner: await read("preconditioner", preconditioner) }),
    ...(residuals === undefined ? {} : { residuals: await read("residuals", residuals) }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(loss === undefined ? {} : { loss: await readLoss(loss, read) }),
  });
}

/**
 * Reads a capture, `sgdscope/capture@1`, that the Python package sgdscope wrote of a PyTorch model.
 *
 * @param path - An `.npz` file.
 * @param options - How large it may be; default 8 GiB.
 * @throws AnalysisError as `minimumOfCapture`, and INVALID_ARGUMENT for another extension; ArrayFilesError as `readArrays`.
 */
export async function readCapture(path: string, options: ReadBudget = {}): Promise<ReadCapture> {
  if (!/\.npz$/i.test(path))
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "capture",
      `expected a file .npz that sgdscope.capture wrote, got ${path}`,
      "pip install sgdscope has sgdscope.capture(model, data, loss, optimizer, path=…)",
    );
  return minimumOfCapture(path, await readArrays(path, options));
}

async function readLoss({ loss, logits, labels, targets, weights }: LossFiles, read: Read): Promise<LossArrays> {
  return {
    loss,
    logits: await read("logits", logits),
    ...(labels === undefined ? {} : { labels: await read("labels", labels) }),
    ...(targets === undefined ? {} : { targets: await read("targets", targets) }),
    ...(weights === undefined ? {} : { weights: await read("weights", weights) }),
  };
}
