import { readArray } from "@sgdscope/array-files";
import { AnalysisError } from "./errors.js";
import { minimumOfArrays, type ReadMinimum } from "./sources/arrays.js";

/** Files that describe a minimum: `.npy`, `.npz:key`, `.safetensors:key` or `.json`; shapes as `minimumOfArrays` takes them. */
export interface MinimumFiles {
  gram?: string;
  jacobian?: string;
  residuals?: string;
  outputs?: number;
}

/**
 * Reads a minimum from the files of any tool.
 *
 * @throws AnalysisError as `minimumOfArrays`; ArrayFilesError as `readArray`.
 */
export async function minimumOfFiles(files: MinimumFiles): Promise<ReadMinimum> {
  const { gram, jacobian, residuals, outputs } = files;
  const name = gram ?? jacobian;
  if (name === undefined)
    throw new AnalysisError("MISSING", "gram", "expected a Gram matrix or a Jacobian, got neither");
  return minimumOfArrays(name, {
    ...(gram === undefined ? {} : { gram: await readArray(gram) }),
    ...(jacobian === undefined ? {} : { jacobian: await readArray(jacobian) }),
    ...(residuals === undefined ? {} : { residuals: await readArray(residuals) }),
    ...(outputs === undefined ? {} : { outputs }),
  });
}
