import * as tf from "@tensorflow/tfjs-core";

/** Kernel of the derivative of a ReLU: dy where x > 0, else 0. A backend may have one. */
export const RELU_GRAD = "ReluGrad";

/** dy where x > 0, else 0; by the kernel of the current backend, or as TensorFlow.js composes it. */
function reluGrad(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const kernel = tf.getKernel(RELU_GRAD, tf.getBackend()) as tf.KernelConfig | undefined;
  return kernel === undefined
    ? tf.mul(dy, tf.cast(tf.step(x), "float32"))
    : tf.engine().runKernel(RELU_GRAD, { dy, x });
}

const gradients: tf.GradConfig[] = [
  {
    kernelName: tf.Relu,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => reluGrad(dy as tf.Tensor, x!) }),
  },
  {
    kernelName: RELU_GRAD,
    inputsToSave: ["x"],
    gradFunc: (ddx, [x]) => ({ dy: () => reluGrad(ddx as tf.Tensor, x!), x: () => tf.zerosLike(x!) }),
  },
];

/**
 * Makes the gradient of `tf.relu` one kernel, `ReluGrad`, on backends that have it; on the others it does not change. The kernel has
 * a gradient itself: linear in dy, and zero for x almost everywhere.
 */
export function registerReluGradient(): void {
  for (const config of gradients) if (tf.getGradient(config.kernelName) !== config) tf.registerGradient(config);
}
