import * as tf from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";
import { convolutionKernels } from "./kernels/convolution.js";
import { convolution3dKernels } from "./kernels/convolution3d.js";
import { depthwiseKernels } from "./kernels/depthwise.js";
import { elementwiseKernels } from "./kernels/elementwise.js";
import { einsumKernels } from "./kernels/einsum.js";
import { matrixKernels } from "./kernels/matrix.js";
import { poolingKernels } from "./kernels/pooling.js";
import { reductionKernels } from "./kernels/reduction.js";
import { rowKernels } from "./kernels/rows.js";
import { sharingKernels } from "./kernels/sharing.js";
import { loadRuntime, type WasmBackend } from "./runtime.js";

const KERNELS: WasmKernel[] = [
  ...sharingKernels,
  ...elementwiseKernels,
  ...matrixKernels,
  ...convolutionKernels,
  ...convolution3dKernels,
  ...depthwiseKernels,
  ...poolingKernels,
  ...reductionKernels,
  ...rowKernels,
  ...einsumKernels,
];

/** Kernel functions registered here, to recognise them. */
const installed = new WeakSet<tf.KernelFunc>();

/**
 * Registers the kernels that the wasm backend lacks and replaces the slow ones; calling it again does no harm.
 *
 * The backend must be ready. Kernels are shared by all programs in the process that use the same TensorFlow.js.
 *
 * @param threads - See `loadRuntime`; only the first time.
 * @returns The names of the kernels.
 */
export async function installWasmKernels(threads: number): Promise<string[]> {
  await loadRuntime(tf.findBackend("wasm") as WasmBackend, threads);
  for (const { name, create } of KERNELS) {
    const existing = tf.getKernel(name, "wasm") as tf.KernelConfig | undefined;
    if (existing !== undefined && installed.has(existing.kernelFunc)) continue;
    const kernelFunc = create(existing?.kernelFunc);
    installed.add(kernelFunc);
    if (existing !== undefined) tf.unregisterKernel(name, "wasm");
    // The setup of a replaced kernel stays: where the kernel does not apply, the original is used.
    tf.registerKernel({ ...existing, kernelName: name, backendName: "wasm", kernelFunc });
  }
  return KERNELS.map(({ name }) => name);
}
