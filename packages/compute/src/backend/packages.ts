import { ComputeError } from "../errors.js";

/** The backends of `prepareBackend`. */
export const BACKENDS = ["tensorflow-gpu", "tensorflow", "webgpu", "wasm", "cpu"] as const;
export type BackendName = (typeof BACKENDS)[number];

interface Requirement {
  /** Packages to load, in order. */
  packages: string[];
  /** What to type when one is missing. */
  command: string;
  /** What to try when they are installed and do not work. */
  repair: string;
}

/** A current TensorFlow where `sgdscope-tensorflow` can build it; elsewhere the package, which downloads TensorFlow 2.9. */
const native = (name: string, flag: string): Requirement => {
  const buildsHere = typeof process !== "undefined" && process.platform === "linux";
  return {
    packages: [name],
    command: buildsHere
      ? `npx -p @sgdscope/compute sgdscope-tensorflow install${flag}`
      : `npm install ${name} && npm install-scripts approve ${name}`,
    repair: buildsHere
      ? `npx -p @sgdscope/compute sgdscope-tensorflow install${flag} (builds it against a current TensorFlow)`
      : `npm rebuild ${name} --build-addon-from-source (its install step downloads TensorFlow and compiles a binding to it)`,
  };
};

/** What each backend needs, and what to do if it is missing. */
export const REQUIREMENTS: Record<BackendName, Requirement> = {
  "tensorflow-gpu": native("@tensorflow/tfjs-node-gpu", " --gpu"),
  tensorflow: native("@tensorflow/tfjs-node", ""),
  webgpu: {
    packages: ["webgpu", "@tensorflow/tfjs-backend-webgpu"],
    command: "npm install webgpu @tensorflow/tfjs-backend-webgpu@4.22.0",
    repair: "check that the machine has a Vulkan, Metal or Direct3D 12 driver (on Linux: vulkaninfo --summary)",
  },
  wasm: {
    packages: ["@tensorflow/tfjs-backend-wasm"],
    command: "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
    repair: "in a bundle, serve the .wasm files of the package and pass their folder as wasmPath",
  },
  cpu: {
    packages: ["@tensorflow/tfjs-backend-cpu"],
    command: "npm install @tensorflow/tfjs-backend-cpu@4.22.0",
    repair: "npm install @tensorflow/tfjs-backend-cpu@4.22.0",
  },
};

export const notInstalled = (backend: BackendName, missing: string): ComputeError =>
  new ComputeError(
    "BACKEND_NOT_INSTALLED",
    `prepareBackend: backend "${backend}" needs the package ${missing}, which is not installed; ` +
      `install it with: ${REQUIREMENTS[backend].command}`,
  );

export const failed = (backend: BackendName, reason: string, cause?: unknown): ComputeError =>
  new ComputeError(
    "BACKEND_FAILED",
    `prepareBackend: backend "${backend}" could not start: ${reason}; try: ${REQUIREMENTS[backend].repair}`,
    { cause },
  );
