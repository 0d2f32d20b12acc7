import * as tf from "@tensorflow/tfjs-core";
import { keepingGradients } from "../gradients/keep.js";
import { offerTensorFlow } from "../native/bridge.js";
import { locateNative, NATIVE_PACKAGES } from "../native/folder.js";
import { importByName, inNode, locate } from "./load.js";
import { restoreUtilChecks } from "./node-shims.js";
import { failed, notInstalled, type BackendName } from "./packages.js";
import { quietly } from "./quiet.js";

/** The backend that `@tensorflow/tfjs-node` registers, as does the package with GPU support. */
interface TensorFlowBackend {
  isGPUPackage?: boolean;
  isUsingGpuDevice?: boolean;
  binding?: { TF_Version?: string };
}

/** The native backend, if this process has loaded one. */
export const tensorFlowBackend = (): TensorFlowBackend | null =>
  tf.engine().registryFactory["tensorflow"] === undefined
    ? null
    : (tf.findBackend("tensorflow") as TensorFlowBackend | null);

/** A package that may hold the native binding. */
export interface NativeCandidate {
  url: string;
  version?: string;
  /** Version of TensorFlow, if it is known without loading it. */
  tensorflow?: string;
}

/**
 * Where a native package could be loaded from, best first: the folder that `SGDSCOPE_TENSORFLOW_DIR` names, the surroundings of this
 * package and the project of the user, the folder that `sgdscope-tensorflow` installs into.
 */
export async function nativeCandidates(name: BackendName, from?: string): Promise<NativeCandidate[]> {
  const variant = name === "tensorflow-gpu" ? "gpu" : "cpu";
  const inProject = await locate(NATIVE_PACKAGES[variant], from);
  const built = inNode() ? await locateNative(variant) : undefined;
  const ours = built && { url: built.url, version: built.installed.tfjs, tensorflow: built.installed.tensorflow };
  const isNamed = inNode() && Boolean(process.env["SGDSCOPE_TENSORFLOW_DIR"]);
  return (isNamed ? [ours, inProject] : [inProject, ours]).filter((each) => each !== undefined);
}

/** Loads the native binding, unless one is loaded: a process can hold only one of the two packages. */
export async function loadTensorFlow(
  name: BackendName,
  from: string | undefined,
  versions: Record<string, string>,
): Promise<void> {
  const wantsGpu = name === "tensorflow-gpu";
  const required = NATIVE_PACKAGES[wantsGpu ? "gpu" : "cpu"];
  const loaded = tensorFlowBackend();
  if (loaded !== null && wantsGpu && loaded.isGPUPackage !== true)
    throw failed(
      name,
      "this process has already loaded @tensorflow/tfjs-node, which cannot be replaced; start a new process",
    );
  const candidates = await nativeCandidates(name, from);
  if (candidates.length === 0 && loaded === null) throw notInstalled(name, required);
  let version = candidates[0]?.version;
  if (loaded === null) {
    // Eigen may pass products to an sgemm of oneDNN that was seen to corrupt the heap on processors with AVX-512.
    process.env["TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL"] ??= "false";
    version = (await loadFirst(candidates)).version;
  }
  const backend = tensorFlowBackend();
  if (wantsGpu && backend?.isUsingGpuDevice !== true)
    throw failed(name, "TensorFlow sees no GPU (check nvidia-smi, and that CUDA and cuDNN are on LD_LIBRARY_PATH)");
  if (version !== undefined) versions[required] = version;
  if (backend?.binding?.TF_Version !== undefined) versions["tensorflow"] = backend.binding.TF_Version;
}

/** Loads the first candidate that loads; if none does, the error of the first is thrown. */
async function loadFirst(candidates: NativeCandidate[]): Promise<NativeCandidate> {
  await restoreUtilChecks();
  await offerTensorFlow();
  const errors: unknown[] = [];
  for (const candidate of candidates) {
    try {
      await quietly(() => keepingGradients(() => importByName(candidate.url)));
      return candidate;
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors[0];
}
