/** Inputs [size, ...inputShape] and targets [size, outputs], row-major Float32. */
export interface Dataset {
  name: string;
  size: number;
  inputShape: number[];
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
  /** Index of each example's class, where there are classes. */
  labels?: Uint8Array;
}
