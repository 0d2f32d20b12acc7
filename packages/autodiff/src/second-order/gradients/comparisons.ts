import * as tf from "@tensorflow/tfjs-core";

/**
 * Gradients of zeros for comparisons and logic, which TensorFlow.js lacks: the gradients of relu6, prelu, max and
 * clipByValue compare, and `tf.grad(tf.grad(f))` throws at the comparison. The products of this package leave these paths out.
 */
export const comparisonGradients: readonly tf.GradConfig[] = [
  ...[tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.LogicalAnd, tf.LogicalOr].map(
    (kernelName): tf.GradConfig => ({
      kernelName,
      inputsToSave: ["a", "b"],
      gradFunc: (_, [a, b]) => ({ a: () => tf.zeros(a!.shape), b: () => tf.zeros(b!.shape) }),
    }),
  ),
  {
    kernelName: tf.LogicalNot,
    gradFunc: (dy) => ({ x: () => tf.zerosLike(dy as tf.Tensor) }),
  },
];
