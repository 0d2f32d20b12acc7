import "#gradients";
import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../errors.js";
import { importByName } from "../backend/load.js";
import { restoreUtilChecks } from "../backend/node-shims.js";
import { quietly, silenceBanner, silenceTensorFlowLogs } from "../backend/quiet.js";
import { tensorFlowBackend } from "../backend/tensorflow.js";
import { offerTensorFlow } from "./bridge.js";
import { locateNative, NATIVE_PACKAGES, type NativeVariant } from "./folder.js";

/** What a proof found. */
export interface Proof {
  /** The version that the library says it is. */
  tensorflow: string;
  gpu: boolean;
}

/**
 * Loads an installed variant into this process and computes what has one exact answer: a product of matrices of integers, and the
 * gradient of a convolution by its kernel.
 *
 * @throws ComputeError `BACKEND_NOT_INSTALLED`, `BACKEND_FAILED`.
 */
export async function prove(variant: NativeVariant, root: string): Promise<Proof> {
  const located = await locateNative(variant, root);
  const fail = (reason: string, cause?: unknown): ComputeError =>
    new ComputeError("BACKEND_FAILED", `prove: expected a working ${NATIVE_PACKAGES[variant]}, got: ${reason}`, {
      cause,
    });
  if (located === undefined)
    throw new ComputeError(
      "BACKEND_NOT_INSTALLED",
      `prove: expected ${variant} in ${root}, got no finished installation`,
    );
  silenceTensorFlowLogs();
  await silenceBanner();
  await restoreUtilChecks();
  await offerTensorFlow();
  try {
    await quietly(() => importByName(located.url));
  } catch (error) {
    throw fail((error as Error).message, error);
  }
  await tf.setBackend("tensorflow");
  const size = 64;
  const [a, b] = [3, 5].map((k) => Float32Array.from({ length: size * size }, (_, i) => ((i * k) % 17) - 8)) as [
    Float32Array,
    Float32Array,
  ];
  const product = tf.tidy(() => tf.matMul(tf.tensor2d(a, [size, size]), tf.tensor2d(b, [size, size])));
  const found = await product.data();
  product.dispose();
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let exact = 0;
      for (let k = 0; k < size; k++) exact += a[i * size + k]! * b[k * size + j]!;
      if (found[i * size + j] !== exact)
        throw fail(`entry ${i}, ${j} of a product is ${found[i * size + j]!}, not ${exact}`);
    }
  const images = tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
  const kernel = tf.ones<tf.Rank.R4>([3, 3, 1, 1]);
  const gradient = tf.grad((k) => tf.sum(tf.conv2d(images, k as tf.Tensor4D, 1, "same")))(kernel);
  const entries = (await gradient.data()).join(" ");
  tf.dispose([images, kernel, gradient]);
  if (entries !== "9 12 9 12 16 12 9 12 9") throw fail(`the gradient of a convolution is ${entries}`);
  const backend = tensorFlowBackend();
  return { tensorflow: backend?.binding?.TF_Version ?? "unknown", gpu: backend?.isUsingGpuDevice === true };
}
