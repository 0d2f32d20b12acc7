import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../errors.js";
import { importByName, inNode, locate } from "../backend/load.js";
import { BACKENDS, REQUIREMENTS, type BackendName } from "../backend/packages.js";
import { nativeCandidates } from "../backend/tensorflow.js";
import { prepareBackend, type PrepareOptions } from "../backend/prepare.js";

export interface BackendStatus {
  name: BackendName;
  /** Whether all its packages are installed. */
  installed: boolean;
  /** Version of its main package, if it is known. */
  version?: string;
  /** Version of the native TensorFlow library, if it was loaded. */
  tensorflow?: string;
  /** Whether it computed; `undefined` if it was not tried. */
  working?: boolean;
  /** Why it does not work. */
  reason?: string;
  /** The command that installs it, if it is not installed. */
  install?: string;
}

/** The machine, the runtime and the backends, as plain data. */
export interface Environment {
  /** "node", or "browser" for pages and workers. */
  runtime: "node" | "browser";
  /** Version of Node, or the user agent of the browser. */
  runtimeVersion: string;
  platform: string;
  /** Cores this process may use. */
  cores: number;
  /** Main memory in bytes; `undefined` if it is unknown. */
  memoryBytes?: number;
  backends: BackendStatus[];
}

export interface EnvironmentOptions extends PrepareOptions {
  /** Also prepare each installed backend and compute with it (default true); the current backend stays current afterwards. */
  tryBackends?: boolean;
}

/**
 * Describes the machine and every backend: installed, which version, working, what to install.
 *
 * Trying a backend loads its packages into this process; a native binding stays loaded.
 *
 * @param options - `tryBackends`, and the options of `prepareBackend`.
 * @returns Plain data, fit for JSON.
 */
export async function describeEnvironment({
  tryBackends = true,
  ...options
}: EnvironmentOptions = {}): Promise<Environment> {
  const previous = tf.getBackend() as string | undefined;
  const backends: BackendStatus[] = [];
  for (const name of BACKENDS) backends.push(await statusOf(name, tryBackends, options));
  if (previous !== undefined) await tf.setBackend(previous);
  return { ...(await machine()), backends };
}

async function statusOf(name: BackendName, tryBackend: boolean, options: PrepareOptions): Promise<BackendStatus> {
  const located = name.startsWith("tensorflow")
    ? [(await nativeCandidates(name, options.from))[0]]
    : await Promise.all(REQUIREMENTS[name].packages.map((required) => locate(required, options.from)));
  const main = located.at(-1);
  const version = main?.version ?? (name === "cpu" ? tf.version_core : undefined);
  const status: BackendStatus = {
    name,
    installed: located.every((each) => each !== undefined),
    ...(version === undefined ? {} : { version }),
  };
  if (!status.installed) return { ...status, working: false, install: REQUIREMENTS[name].command };
  if (!tryBackend) return status;
  try {
    const { tensorflow } = (await prepareBackend(name, options)).versions;
    return { ...status, ...(tensorflow === undefined ? {} : { tensorflow }), working: true };
  } catch (error) {
    if (!(error instanceof ComputeError)) throw error;
    return { ...status, working: false, reason: error.message };
  }
}

async function machine(): Promise<Omit<Environment, "backends">> {
  if (inNode()) {
    const { availableParallelism, totalmem } = (await importByName("node:os")) as typeof import("node:os");
    return {
      runtime: "node",
      runtimeVersion: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    };
  }
  const { navigator } = globalThis as {
    navigator?: { userAgent?: string; platform?: string; hardwareConcurrency?: number };
  };
  return {
    runtime: "browser",
    runtimeVersion: navigator?.userAgent ?? "unknown",
    platform: navigator?.platform ?? "unknown",
    cores: navigator?.hardwareConcurrency ?? 1,
  };
}
