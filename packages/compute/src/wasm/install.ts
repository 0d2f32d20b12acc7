import * as tf from "@tensorflow/tfjs";
import { convolutionKernels } from "./kernels/convolution.js";
import { loadRuntime, type WasmBackend } from "./runtime.js";

/**
 * Registers the kernels that the wasm backend lacks and replaces the slow ones; more than once does no harm.
 *
 * The backend must be ready.
 *
 * @returns The names of the kernels.
 */
export async function installWasmKernels(): Promise<string[]> {
  await loadRuntime(tf.findBackend("wasm") as WasmBackend);
  const kernels = convolutionKernels;
  for (const kernel of kernels) {
    if ((tf.getKernel(kernel.kernelName, "wasm") as unknown) !== undefined)
      tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel(kernel);
  }
  return kernels.map(({ kernelName }) => kernelName);
}
