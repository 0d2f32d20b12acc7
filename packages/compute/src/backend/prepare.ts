import * as tf from "@tensorflow/tfjs";
import { ComputeError } from "../errors.js";
import { assertGradients } from "../gradients.js";
import { installWasmKernels } from "../wasm/install.js";
import { silenceBanner, silenceTensorFlowLogs } from "./quiet.js";

export type BackendName = "tensorflow-gpu" | "tensorflow" | "webgpu" | "wasm" | "cpu";

export interface BackendReport {
  /** The backend asked for, or the one "auto" chose. */
  name: BackendName;
  versions: Record<string, string>;
  threads: number;
}

export async function prepareBackend(name: BackendName | "auto"): Promise<BackendReport> {
  assertGradients();
  silenceTensorFlowLogs();
  silenceBanner();
  const chosen = name === "auto" ? "wasm" : name;
  if (chosen !== "wasm" && chosen !== "cpu") {
    throw new ComputeError("UNKNOWN_BACKEND", `prepareBackend: expected "wasm" or "cpu", got ${JSON.stringify(name)}`);
  }
  if (chosen === "wasm") {
    await import("@tensorflow/tfjs-backend-wasm");
  }
  if (!(await tf.setBackend(chosen))) {
    throw new ComputeError("BACKEND_FAILED", `prepareBackend: the backend ${chosen} did not initialise`);
  }
  await tf.ready();
  if (chosen === "wasm") await installWasmKernels();
  return { name: chosen, versions: { "@tensorflow/tfjs": tf.version.tfjs }, threads: 1 };
}
