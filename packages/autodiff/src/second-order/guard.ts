import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { whereOf } from "./labels.js";
import type { PathNode, TapeNode } from "./tape.js";
import { verifiedKernels } from "./verified-kernels.js";

/** Options of all functions that take second derivatives. */
export interface SecondOrderOptions {
  /** Kernels to accept although this package has not verified their second derivatives; none by default. */
  vouchedKernels?: readonly string[];
}

const vouched = new Set<string>();

/**
 * Makes all second-order products accept a kernel from now on, although its second derivative is not verified: you declare that its
 * gradient can be differentiated again. Operations of `tf.customGrad` outside a named operation are called "customGrad".
 *
 * @param kernelName - As in the error message.
 */
export function vouchFor(kernelName: string): void {
  vouched.add(kernelName);
}

/** Names of the kernels on a path, without the clones that the engine makes of what it saves, with the first node of each. */
function kernelsOn(path: readonly PathNode[]): Map<string, TapeNode> {
  const kernels = new Map<string, TapeNode>();
  for (const { node } of path) {
    const name = kernelOf(node);
    if (name !== undefined && !kernels.has(name)) kernels.set(name, node);
  }
  return kernels;
}

/**
 * Refuses a path with a kernel that is neither verified nor vouched for. Symmetry would not show a wrong second
 * derivative, and central differences in Float32 cannot show it either, so the list of verified kernels is the only guard.
 *
 * @returns The names of all kernels on the path.
 * @throws AutodiffError `KERNEL_NOT_VERIFIED` naming the kernels, and their layers where these are known.
 */
export function assertVerified(path: readonly PathNode[], options: SecondOrderOptions, caller: string): string[] {
  const { vouchedKernels = [] } = options;
  const kernels = kernelsOn(path);
  const names = [...kernels.keys()];
  const unknown = names.filter(
    (name) => !verifiedKernels.has(name) && !vouched.has(name) && !vouchedKernels.includes(name),
  );
  if (unknown.length === 0) return names;
  const advice = unknown.includes("softmaxCrossEntropy__op")
    ? "; write the cross-entropy as −Σ labels · tf.logSoftmax(logits), which is verified"
    : "";
  throw new AutodiffError(
    "KERNEL_NOT_VERIFIED",
    `${caller}: the second ${unknown.length === 1 ? "derivative" : "derivatives"} of ${unknown
      .sort()
      .map((name) => `${name}${whereOf(kernels.get(name)!)}`)
      .join(", ")} ${unknown.length === 1 ? "is" : "are"} not verified${advice}`,
    {
      advice:
        "if you know that its gradient can be differentiated again, vouch for a kernel with vouchFor(name) or { vouchedKernels: [name] }",
    },
  );
}

/** The name of a node; undefined for the clones of the engine, which have the name of the scope in which they were made. */
function kernelOf({ kernelName, inputs, saved }: TapeNode): string | undefined {
  if ((tf.getKernel(kernelName, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined) return kernelName;
  const keys = Object.keys(inputs);
  if (keys.length === 1 && keys[0] === "x" && saved?.length === 0) return undefined;
  return kernelName.endsWith("__op") ? kernelName : "customGrad";
}
