import { expectLength } from "../errors.js";

/** Inputs [size, ...inputShape] and targets [size, outputs], row-major Float32. */
export interface Dataset {
  name: string;
  size: number;
  inputShape: number[];
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
}

/** Float64 inputs [n, dimension] and targets [n] as a Float32 dataset. Throws ModelsRfmError `WRONG_LENGTH`. */
export function asDataset(name: string, X: Float64Array, y: Float64Array, dimension: number): Dataset {
  expectLength("asDataset: expected X", X, y.length * dimension);
  return {
    name,
    size: y.length,
    inputShape: [dimension],
    outputs: 1,
    inputs: Float32Array.from(X),
    targets: Float32Array.from(y),
  };
}
