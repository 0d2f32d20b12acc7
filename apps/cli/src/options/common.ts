import { samplings, type Sampling } from "@sgdscope/random";
import { Option } from "commander";

export { samplings, type Sampling };

const backends = ["auto", "tensorflow-gpu", "tensorflow", "webgpu", "wasm", "cpu"] as const;
export type BackendName = (typeof backends)[number];

/** `--backend`, for a command that computes with TensorFlow.js. */
export const backendOption = (description = "TensorFlow.js backend"): Option =>
  new Option("--backend <name>", description).choices(backends).default("auto").env("SGDSCOPE_BACKEND");

/** `--sampling`, with what is taken where it is not given. */
export const samplingOption = (otherwise: string): Option =>
  new Option("--sampling <how>", `how batches are drawn (default: ${otherwise})`).choices(samplings);

/** Where images come from. */
export interface ImageOptions {
  directory?: string;
  allowPrefix?: boolean;
}
