import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { activationGradients } from "./gradients/activations.js";
import { arrayGradients } from "./gradients/arrays.js";
import { comparisonGradients } from "./gradients/comparisons.js";
import { convolutionGradients, convolutionsOfAnyDilation } from "./gradients/convolution.js";
import { poolingGradients } from "./gradients/pooling.js";
import { reductionGradients } from "./gradients/reductions.js";

/** Every gradient that this package adds, or puts in place of one of TensorFlow.js. */
export const secondOrderGradients: readonly tf.GradConfig[] = [
  ...activationGradients,
  ...arrayGradients,
  ...comparisonGradients,
  ...convolutionGradients,
  ...poolingGradients,
  ...reductionGradients,
];

/**
 * Makes second derivatives correct: registers gradients with TensorFlow.js that can be differentiated again, in place of
 * those that cannot, and adds the missing ones. First derivatives do not change, except for average pooling with padding
 * on the cpu backend, whose gradient near the border is wrong in TensorFlow.js.
 *
 * TensorFlow.js 4.22 has no gradient of a dilated convolution, throws in `tf.grad(tf.grad(f))` for convolutions, pooling, elu or max, and silently drops terms for
 * tanh, sigmoid, exp and softmax (its tape loses the path through saved outputs). The products of this package call this
 * function themselves, each time, so that gradients registered later by an import do not undo it. Two operations of
 * TensorFlow.js save something else than their inputs outside the registry: `tf.logSoftmax`, which is correct in the
 * products here and still wrong in `tf.grad(tf.grad(f))`, and `tf.losses.softmaxCrossEntropy`, which the products refuse.
 *
 * Idempotent. Cost: activations are computed once more in the backward pass, because inputs are saved instead of outputs.
 *
 * @throws AutodiffError `GRADIENTS_NOT_REGISTERED` if TensorFlow.js has no gradients yet.
 */
export function installSecondOrderGradients(): void {
  assertGradientsRegistered();
  register(secondOrderGradients);
}

/** Registers what first derivatives lack: the gradients of dilated convolutions. Idempotent. */
export function installFirstOrderGradients(): void {
  register(convolutionsOfAnyDilation);
}

function register(configs: readonly tf.GradConfig[]): void {
  for (const config of configs) if (tf.getGradient(config.kernelName) !== config) tf.registerGradient(config);
}

/**
 * @throws AutodiffError `GRADIENTS_NOT_REGISTERED`: in Node `@tensorflow/tfjs-core` alone registers none.
 */
export function assertGradientsRegistered(): void {
  if ((tf.getGradient("Sum") as tf.GradConfig | undefined) === undefined) {
    throw new AutodiffError(
      "GRADIENTS_NOT_REGISTERED",
      "installSecondOrderGradients: the gradients of TensorFlow.js are not registered, because @tensorflow/tfjs-core registers none in Node; " +
        'import "@sgdscope/compute" (or "@tensorflow/tfjs", "@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu")',
    );
  }
}
