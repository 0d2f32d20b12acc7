import type * as tf from "@tensorflow/tfjs-core";
import type { OptimizerState } from "../state.js";

/** New weights and a new state of an optimizer, on the device; nothing of the old is changed or disposed. Call it in a `tf.tidy`. */
export type TensorStep<O> = (
  optimizer: O,
  weights: readonly tf.Tensor[],
  gradient: readonly tf.Tensor[],
  learningRate: number,
  state: OptimizerState<readonly tf.Tensor[]>,
) => { weights: tf.Tensor[]; state: OptimizerState<readonly tf.Tensor[]> };
