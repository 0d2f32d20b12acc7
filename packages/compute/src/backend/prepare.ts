import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../errors.js";
import { dilatedGradients } from "../composed/dilation.js";
import { installComposedKernels } from "../composed/kernel.js";
import { numericPadding } from "../composed/padding.js";
import { registerReluGradient } from "../composed/relu-gradient.js";
import { stepOfRelu } from "../composed/step.js";
import { tensorFlowKernels } from "../composed/tensorflow.js";
import { webgpuKernels } from "../composed/webgpu.js";
import { assertGradients } from "../gradients/assert.js";
import { installWasmKernels } from "../wasm/install.js";
import { runtimeOf } from "../wasm/runtime.js";
import { sharedBinaries } from "../wasm/threads/shared-memory.js";
import { threadsFor } from "./threads.js";
import { importByName, inNode, locate } from "./load.js";
import { BACKENDS, failed, notInstalled, REQUIREMENTS, type BackendName } from "./packages.js";
import { quietly, silenceBanner, silenceTensorFlowLogs, withoutNewProcessHandlers } from "./quiet.js";
import { loadTensorFlow, tensorFlowBackend } from "./tensorflow.js";
import { hasWebGpuAdapter, installWebGpuGlobals } from "./webgpu.js";

export interface PrepareOptions {
  /** Folder in whose `node_modules` (and those above) optional packages are also looked for; default: the working directory. */
  from?: string;
  /** URL of the folder with the `.wasm` files, if a bundler has moved them. Takes effect only before the first use of wasm. */
  wasmPath?: string;
  /**
   * Threads that one operation may use on wasm in Node; takes effect only at the first use of wasm. Default: `SGDSCOPE_THREADS` if that is
   * set, else one per core up to 8, and 1 in a worker thread.
   */
  threads?: number;
}

/** The current backend, as plain data. */
export interface BackendReport {
  /** The requested backend, or the one that "auto" chose. */
  name: BackendName;
  /** Its name in TensorFlow.js: what `tf.getBackend()` says. */
  tensorflowName: string;
  /** Versions by package, with "node" under Node, and "tensorflow" for the native library. */
  versions: Record<string, string>;
  /** Threads a single operation may use. */
  threads: number;
  /** Whether a GPU computes. */
  gpu: boolean;
  /** Kernels of this package in use. */
  kernels: string[];
  /** The backends that "auto" skipped, and why. */
  passedOver: { name: BackendName; code: string; reason: string }[];
}

/** The order of "auto"; WebGPU in Node is experimental and used only when it is requested. */
const AUTOMATIC: BackendName[] = ["tensorflow-gpu", "tensorflow", "wasm", "cpu"];

/**
 * Makes a TensorFlow.js backend ready and current: loads its packages, registers gradients, keeps the banners and
 * logs of TensorFlow off the terminal, and on wasm installs the kernels of this package. Calling it again is cheap and switches backends.
 *
 * `@tensorflow/tfjs-node`, `@tensorflow/tfjs-node-gpu`, `webgpu` and `@tensorflow/tfjs-backend-webgpu` are not
 * dependencies: they are loaded if they are installed beside this package or in the project of the user. TensorFlow is also looked for
 * where the program `sgdscope-tensorflow` of this package installs it: first if `SGDSCOPE_TENSORFLOW_DIR` names a folder, else last.
 *
 * @param name - A backend, or "auto" for the first that works of tensorflow-gpu, tensorflow, wasm, cpu.
 * @param options - Where to look for packages and files.
 * @returns The backend that is now current.
 * @throws ComputeError `UNKNOWN_BACKEND`; `BACKEND_NOT_INSTALLED` with the command that installs it; `BACKEND_FAILED`
 * with what to try; `GRADIENTS_NOT_REGISTERED`.
 */
export async function prepareBackend(
  name: BackendName | "auto" = "auto",
  options: PrepareOptions = {},
): Promise<BackendReport> {
  if (name !== "auto" && !BACKENDS.includes(name)) {
    throw new ComputeError(
      "UNKNOWN_BACKEND",
      `prepareBackend: expected name to be "auto" or one of ${BACKENDS.join(", ")}, got ${JSON.stringify(name)}`,
    );
  }
  assertGradients();
  silenceTensorFlowLogs();
  await silenceBanner();
  if (name !== "auto") return prepare(name, options);

  const passedOver: BackendReport["passedOver"] = [];
  for (const candidate of inNode() ? AUTOMATIC : (["wasm", "cpu"] as const)) {
    try {
      return { ...(await prepare(candidate, options)), passedOver };
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
      passedOver.push({ name: candidate, code: error.code, reason: error.message });
    }
  }
  const reasons = passedOver.map(({ reason }) => reason).join("\n");
  throw new ComputeError("BACKEND_FAILED", `prepareBackend: no backend could start:\n${reasons}`);
}

async function prepare(name: BackendName, options: PrepareOptions): Promise<BackendReport> {
  const versions: Record<string, string> = { "@tensorflow/tfjs-core": tf.version_core };
  if (inNode()) versions["node"] = process.versions.node;
  const previous = tf.getBackend() as string | undefined;
  const threads = name === "wasm" ? await threadsFor(options.threads) : 1;
  try {
    const tensorflowName = await load(name, { ...options, threads }, versions);
    if (!(await tf.setBackend(tensorflowName))) throw failed(name, "it did not initialise");
    await tf.ready();
    const kernels = await installKernels(name, threads);
    await proveWorking(name);
    return { name, tensorflowName, versions, ...(await resources(name)), kernels, passedOver: [] };
  } catch (error) {
    if (previous !== undefined && previous !== tf.getBackend()) await tf.setBackend(previous);
    throw error instanceof ComputeError ? error : failed(name, (error as Error).message, error);
  }
}

/** Loads the packages of a backend; returns the name it is registered under. */
async function load(name: BackendName, options: PrepareOptions, versions: Record<string, string>): Promise<string> {
  if (name === "cpu") return name;
  if (name === "wasm") {
    await withoutNewProcessHandlers(async () => {
      const wasm = await import("@tensorflow/tfjs-backend-wasm");
      versions["@tensorflow/tfjs-backend-wasm"] = wasm.version_wasm;
      const isFirstUse = !("wasm" in tf.engine().registry);
      if (options.wasmPath !== undefined && isFirstUse) wasm.setWasmPaths(options.wasmPath);
      else if (options.threads !== 1 && isFirstUse) {
        const binaries = await sharedBinaries();
        if (binaries !== undefined) wasm.setWasmPaths(binaries, true);
      }
      // Initialise here, where the handlers are watched.
      if (isFirstUse) await tf.setBackend("wasm");
    });
    return name;
  }
  if (name !== "webgpu") {
    await loadTensorFlow(name, options.from, versions);
    return "tensorflow";
  }
  const urls: string[] = [];
  for (const required of REQUIREMENTS[name].packages) {
    const located = await locate(required, options.from);
    if (located === undefined) throw notInstalled(name, required);
    urls.push(located.url);
    if (located.version !== undefined) versions[required] = located.version;
  }
  await installWebGpuGlobals(urls[0]!);
  if (!(await hasWebGpuAdapter())) throw failed(name, "WebGPU found no device to compute on");
  await quietly(() => importByName(urls[1]!));
  return name;
}

/** Replaces the kernels of the current backend that fail, are wrong or are slow; returns their names. */
async function installKernels(name: BackendName, threads: number): Promise<string[]> {
  if (name === "cpu") return [];
  registerReluGradient();
  if (name === "wasm") return installWasmKernels(threads);
  if (name === "webgpu") return installComposedKernels(name, [...webgpuKernels, ...dilatedGradients]);
  return installComposedKernels("tensorflow", [
    ...dilatedGradients,
    ...numericPadding,
    stepOfRelu,
    ...tensorFlowKernels,
  ]);
}

/** Threads and GPU of the current backend. */
async function resources(name: BackendName): Promise<{ threads: number; gpu: boolean }> {
  if (name === "wasm") {
    const { getThreadsCount } = await import("@tensorflow/tfjs-backend-wasm");
    return { threads: Math.max(runtimeOf(tf.backend()).threads, getThreadsCount()), gpu: false };
  }
  if (name === "cpu") return { threads: 1, gpu: false };
  const gpu = name === "webgpu" || tensorFlowBackend()?.isUsingGpuDevice === true;
  const { availableParallelism } = (await importByName("node:os").catch(() => ({}))) as Partial<
    typeof import("node:os")
  >;
  return { threads: name === "webgpu" ? 1 : (availableParallelism?.() ?? 1), gpu };
}

/** Computes a product whose result is known. */
async function proveWorking(name: BackendName): Promise<void> {
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])));
  const values = Array.from(await product.data());
  product.dispose();
  if (values.join() !== "19,22,43,50")
    throw failed(name, `a matrix product gave [${values.join(", ")}] instead of [19, 22, 43, 50]`);
}
