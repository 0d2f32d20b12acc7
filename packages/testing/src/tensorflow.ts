import { TestingError } from "./errors.js";

/** TensorFlow.js as a value. */
export type TensorFlow = typeof import("@tensorflow/tfjs-core");

/** TensorFlow.js with its gradients, or the error `NOT_AVAILABLE` with what to do. */
export async function tensorflow(where: string): Promise<TensorFlow> {
  let tf: TensorFlow;
  try {
    tf = await import("@tensorflow/tfjs-core");
  } catch (cause) {
    throw new TestingError(
      "NOT_AVAILABLE",
      `${where}: the package @tensorflow/tfjs-core is not installed; install it with: npm install @tensorflow/tfjs-core`,
      { cause },
    );
  }
  // Its type promises a gradient for every name.
  if ((tf.getGradient("Sum") as unknown) === undefined)
    throw new TestingError(
      "NOT_AVAILABLE",
      `${where}: the gradients of TensorFlow.js are not registered; import "@sgdscope/compute" (or "@tensorflow/tfjs") first in the test file`,
    );
  return tf;
}
