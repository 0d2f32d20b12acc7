import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";

/** Inputs: a tensor [n, ...], or an array of them, row-major, of the `inputShape` of the model. */
export type Inputs = tf.Tensor | Float32Array;

/** Examples as tensors. */
export interface Slices {
  examples: number;
  /** The caller disposes it. */
  slice(start: number, length: number): tf.Tensor;
}

/**
 * Cuts inputs into consecutive chunks.
 *
 * @throws AutodiffError `INVALID_ARGUMENT` if the inputs do not fit `inputShape`.
 */
export function slicesOf(inputs: Inputs, inputShape: readonly number[] | undefined, caller: string): Slices {
  if (inputs instanceof tf.Tensor) {
    const { shape } = inputs;
    assertCounted(inputs.rank > 0 && shape[0] > 0, "inputs [n, ...] with n > 0", `[${shape.join(", ")}]`, caller);
    const whole = (start: number, length: number): boolean => start === 0 && length === shape[0];
    return {
      examples: shape[0],
      slice: (start, length) =>
        whole(start, length)
          ? tf.clone(inputs)
          : // A slice costs as much as its whole source on wasm.
            tf.tidy(() => tf.gather(inputs, tf.range(start, start + length, 1, "int32"))),
    };
  }
  if (inputShape === undefined) {
    throw new AutodiffError("INVALID_ARGUMENT", `${caller}: model.inputShape is needed for inputs in an array`);
  }
  const width = inputShape.reduce((product, each) => product * each, 1);
  const examples = inputs.length / width;
  assertCounted(Number.isInteger(examples) && examples > 0, `inputs of length n · ${width}`, inputs.length, caller);
  return {
    examples,
    slice: (start, length) => tf.tensor(inputs.slice(start * width, (start + length) * width), [length, ...inputShape]),
  };
}

function assertCounted(fits: boolean, expected: string, got: number | string, caller: string): void {
  if (!fits) throw new AutodiffError("INVALID_ARGUMENT", `${caller}: expected ${expected}, got ${got}`);
}
