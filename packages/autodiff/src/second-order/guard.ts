import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { whereOf } from "./labels.js";
import type { PathNode, TapeNode } from "./tape.js";
import { verifiedKernels } from "./verified-kernels.js";

/** Options of everything that takes second derivatives. */
export interface SecondOrderOptions {
  /** Kernels to let through though this package has not verified their gradients to second order; none by default. */
  vouchedKernels?: readonly string[];
}

const vouched = new Set<string>();

/**
 * Lets a kernel through the guard of all second-order products from now on: you know that its gradient can be
 * differentiated again. Operations of `tf.customGrad` outside a named operation go by the name "customGrad".
 *
 * @param kernelName - As the refusal names it.
 */
export function vouchFor(kernelName: string): void {
  vouched.add(kernelName);
}

/** Names of the kernels on a path, without the clones that the engine makes of what it saves; and where each comes first. */
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
 * derivative, and central differences in Float32 are no judge either, so knowing the kernels is the only guard.
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
    `${caller}: expected kernels whose second derivatives are verified, ` +
      `got ${unknown
        .sort()
        .map((name) => `${name}${whereOf(kernels.get(name)!)}`)
        .join(", ")}${advice}`,
    {
      advice:
        "if you know that its gradient can be differentiated again, say vouchFor(name) or pass { vouchedKernels: [name] }",
    },
  );
}

/** What the guard calls a node; undefined for the engine's clones, which are named by the scope they were made in. */
function kernelOf({ kernelName, inputs, saved }: TapeNode): string | undefined {
  if ((tf.getKernel(kernelName, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined) return kernelName;
  const keys = Object.keys(inputs);
  if (keys.length === 1 && keys[0] === "x" && saved?.length === 0) return undefined;
  return kernelName.endsWith("__op") ? kernelName : "customGrad";
}
