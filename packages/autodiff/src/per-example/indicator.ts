import * as tf from "@tensorflow/tfjs-core";

/** A vector with a one at one place. Not `tf.oneHot`, which writes integers into a float32 tensor on wasm (4.22). */
export function indicator(length: number, place: number): tf.Tensor1D {
  const values = new Float32Array(length);
  values[place] = 1;
  return tf.tensor1d(values, "float32");
}
