import * as tf from "@tensorflow/tfjs-core";

/**
 * Elementwise functions whose gradients in TensorFlow.js are written in terms of the saved output (tanh′ = 1 − y²), and
 * whose second derivatives are lost there. Here the input is saved and the output computed again: the same
 * operations on the same numbers, so first derivatives do not change.
 */
export const activationGradients: readonly tf.GradConfig[] = [
  {
    kernelName: tf.Tanh,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(tf.sub(1, tf.square(tf.tanh(x!))), dy as tf.Tensor) }),
  },
  {
    kernelName: tf.Sigmoid,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      x: () => {
        const y = tf.sigmoid(x!);
        return tf.mul(dy as tf.Tensor, tf.mul(y, tf.sub(1, y)));
      },
    }),
  },
  {
    kernelName: tf.Exp,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, tf.exp(x!)) }),
  },
  {
    kernelName: tf.Elu,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => eluGrad(dy as tf.Tensor, tf.elu(x!)) }),
  },
  {
    // EluGrad(dy, y) = dy for y ≥ 0 and dy·(y + 1) for y < 0.
    kernelName: tf.EluGrad,
    inputsToSave: ["dy", "y"],
    gradFunc: (ddx, [dy, y]) => ({
      dy: () => eluGrad(ddx as tf.Tensor, y!),
      y: () => tf.mul(tf.mul(ddx as tf.Tensor, dy!), tf.step(tf.neg(y!))),
    }),
  },
  {
    // exp(x) of a large x overflows on the side that is not taken, and 0·∞ makes the second derivative NaN.
    kernelName: tf.Selu,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      x: () =>
        tf.where(
          tf.greater(x!, 0),
          tf.mul(dy as tf.Tensor, tf.backend_util.SELU_SCALE),
          tf.mul(tf.mul(dy as tf.Tensor, tf.backend_util.SELU_SCALEALPHA), tf.exp(tf.minimum(x!, tf.zerosLike(x!)))),
        ),
    }),
  },
];

const eluGrad = (dy: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.engine().runKernel(tf.EluGrad, { dy, y });
