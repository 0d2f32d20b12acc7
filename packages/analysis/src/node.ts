import { readArray } from "@sgdscope/array-files";
import type { LossId, OutputLoss } from "@sgdscope/noise-structure/losses";
import { AnalysisError } from "./errors.js";
import type { LossArrays } from "./sources/loss-arrays.js";
import { minimumOfArrays, type ReadMinimum } from "./sources/arrays.js";

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

/**
 * Reads a minimum from the files of any tool.
 *
 * @throws AnalysisError as `minimumOfArrays`; ArrayFilesError as `readArray`.
 */
export async function minimumOfFiles(files: MinimumFiles): Promise<ReadMinimum> {
  const { gram, jacobian, preconditioner, residuals, outputs, loss } = files;
  const name = gram ?? jacobian;
  if (name === undefined)
    throw new AnalysisError("MISSING", "gram", "expected a Gram matrix or a Jacobian, got neither");
  return minimumOfArrays(name, {
    ...(gram === undefined ? {} : { gram: await readArray(gram) }),
    ...(jacobian === undefined ? {} : { jacobian: await readArray(jacobian) }),
    ...(preconditioner === undefined ? {} : { preconditioner: await readArray(preconditioner) }),
    ...(residuals === undefined ? {} : { residuals: await readArray(residuals) }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(loss === undefined ? {} : { loss: await readLoss(loss) }),
  });
}

async function readLoss({ loss, logits, labels, targets, weights }: LossFiles): Promise<LossArrays> {
  return {
    loss,
    logits: await readArray(logits),
    ...(labels === undefined ? {} : { labels: await readArray(labels) }),
    ...(targets === undefined ? {} : { targets: await readArray(targets) }),
    ...(weights === undefined ? {} : { weights: await readArray(weights) }),
  };
}
