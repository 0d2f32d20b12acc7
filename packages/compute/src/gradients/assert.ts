import "#gradients";
import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../errors.js";

/** One kernel for each file of gradients that every network needs. */
const WITNESSES = ["Add", "BatchMatMul", "Conv2D", "Relu", "Sum"];

/**
 * Checks that TensorFlow.js has the gradients of its operations.
 *
 * In Node `@tensorflow/tfjs-core` registers none by itself, and `tf.grad` fails deep inside with "gradient function not found". This
 * package registers them when it is imported; where some are missing all the same, this check fails early and says what to do.
 *
 * @throws ComputeError `GRADIENTS_NOT_REGISTERED` naming the kernels without a gradient.
 */
export function assertGradients(): void {
  const missing = WITNESSES.filter((kernel) => (tf.getGradient(kernel) as unknown) === undefined);
  if (missing.length > 0) {
    throw new ComputeError(
      "GRADIENTS_NOT_REGISTERED",
      `assertGradients: TensorFlow.js has no gradient of ${missing.join(", ")}; ` +
        `check that only one copy of @tensorflow/tfjs-core is installed (npm ls @tensorflow/tfjs-core), ` +
        `and that nothing has unregistered them`,
    );
  }
}
