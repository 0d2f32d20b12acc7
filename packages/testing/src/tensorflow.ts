import { TestingError } from "./errors.js";

/** TensorFlow.js as a value. */
export type TensorFlow = typeof import("@tensorflow/tfjs-core");

/** TensorFlow.js with its gradients, or `NOT_AVAILABLE` with what to do. */
export async function tensorflow(where: string): Promise<TensorFlow> {
  let tf: TensorFlow;
  try {
    tf = await import("@tensorflow/tfjs-core");
  } catch (cause) {
    throw new TestingError("NOT_AVAILABLE", `${where}: expected the package @tensorflow/tfjs; install it`, { cause });
  }
  // Its type promises a gradient for every name.
  if ((tf.getGradient("Sum") as unknown) === undefined)
    throw new TestingError(
      "NOT_AVAILABLE",
      `${where}: expected gradients; import "@tensorflow/tfjs" first in the test file`,
    );
  return tf;
}
