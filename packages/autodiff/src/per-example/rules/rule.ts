import * as tf from "@tensorflow/tfjs-core";
import type { TapeNode } from "../../second-order/tape.js";
import type { Activations } from "../activations.js";
import type { KernelCall } from "../kernel-calls.js";

/** One place where a parameter meets the batch. */
export interface Meeting {
  node: TapeNode;
  call: KernelCall;
  /** Which input of the node is the parameter. */
  key: string;
  /** The parameter as the node gets it: its shape only, it may be disposed. */
  parameter: tf.Tensor;
  examples: number;
}

/** The gradient of example i is Σₛ activationᵢₛ ⊗ signalᵢₛ over positions s. */
export interface OuterRule {
  kind: "outer";
  activations: Activations;
  /** Which factor counts slower through the entries of the parameter. */
  major: "activation" | "signal";
  /** From the signal at the node's output to [n, positions, width]. */
  signals(dy: tf.Tensor): tf.Tensor3D;
}

/** The gradients themselves. */
export interface RowsRule {
  kind: "rows";
  /** From the signal at the node's output to [n, entries of the parameter]. */
  rows(dy: tf.Tensor): tf.Tensor2D;
}

export type Rule = OuterRule | RowsRule;

/** What fused kernels save for their gradient, in its order, by the keys that they have on the tape. */
const fusedSaved: ReadonlyMap<string, readonly string[]> = new Map([
  ["_FusedMatMul", ["0", "1"]],
  ["FusedConv2D", ["1", "0"]],
  ["FusedDepthwiseConv2D", ["1", "0"]],
]);

/** Names of the inputs that a node saved, in the order of `node.saved`. */
export function savedInputsOf(call: KernelCall): readonly string[] {
  const config = tf.getGradient(call.kernelName) as tf.GradConfig | undefined;
  return fusedSaved.get(call.kernelName) ?? config?.inputsToSave ?? [];
}

/**
 * An input of a node. The engine may have disposed the tensor itself, but keeps what the gradient needs.
 *
 * @returns Undefined if it was neither saved nor kept.
 */
export function inputOf(node: TapeNode, call: KernelCall, key: string): tf.Tensor | undefined {
  const saved = node.saved?.[savedInputsOf(call).indexOf(key)];
  if (saved !== undefined) return saved;
  const input = (node.inputs as Partial<Record<string, tf.Tensor>>)[key];
  return input?.isDisposed === false ? input : undefined;
}
