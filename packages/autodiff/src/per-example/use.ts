import type * as tf from "@tensorflow/tfjs-core";
import type { ParameterView } from "./origins.js";
import type { Rule } from "./rules/rule.js";

/** A parameter, or a tensor computed from parameters alone, that meets the batch. */
export interface Use {
  rule: Rule;
  tensor: tf.Tensor;
  /** Set if the tensor is a view of one parameter. */
  view?: ParameterView;
}
