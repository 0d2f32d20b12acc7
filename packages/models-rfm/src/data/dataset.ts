import type { Dataset } from "@sgdscope/array-files";
import { expectLength } from "../errors.js";

export type { Dataset };

/** Float64 inputs [n, dimension] and targets [n, outputs] as a Float32 dataset; `outputs` is 1 by default. Throws ModelsRfmError `WRONG_LENGTH`. */
export function asDataset(name: string, X: Float64Array, y: Float64Array, dimension: number, outputs = 1): Dataset {
  const size = y.length / outputs;
  expectLength("asDataset: expected X", X, size * dimension);
  return {
    name,
    size,
    inputShape: [dimension],
    outputs,
    inputs: Float32Array.from(X),
    targets: Float32Array.from(y),
  };
}
