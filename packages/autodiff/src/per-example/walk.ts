import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { PathNode, TapeNode } from "../second-order/tape.js";
import type { Held } from "./held.js";
import type { KernelCall } from "./kernel-calls.js";
import type { Origins } from "./origins.js";
import { fusedConvolutionInputSignal } from "./rules/convolution.js";
import { matMulInputSignal } from "./rules/mat-mul.js";
import { inputOf } from "./rules/rule.js";
import type { Use } from "./use.js";

/** A recorded batch, ready to be walked. */
export interface Trail {
  /** Nodes on the batch that depend on a parameter, in order of use. */
  path: readonly PathNode[];
  calls: ReadonlyMap<TapeNode, KernelCall>;
  /** Where parameters meet the batch, by node. */
  uses: ReadonlyMap<TapeNode, readonly [key: string, use: Use][]>;
  origins: Origins;
  /** Tensors that several walks share, if there are several. */
  held: Held | undefined;
}

/**
 * Walks a recorded batch backwards with the signals ∂(Σ outputs · cotangents)/∂tensor of all examples at once.
 *
 * @param onSignal - Told the signal at the output of each node where a parameter is used, which is disposed afterwards.
 */
export function walkBack(
  { path, calls, uses, origins, held }: Trail,
  output: tf.Tensor,
  cotangents: tf.Tensor,
  onSignal: (use: Use, signal: tf.Tensor) => void,
): void {
  const signals = new Map<number, tf.Tensor>([[output.id, tf.clone(cotangents)]]);
  for (const { node, inputs } of [...path].reverse()) {
    const incoming = node.outputs.map(({ id }) => signals.get(id) ?? null);
    const [first] = incoming.filter((signal) => signal !== null);
    if (first === undefined) continue;
    for (const [, use] of uses.get(node)!) onSignal(use, first);
    const call = calls.get(node)!;
    const isBatch = (key: string): boolean => origins.of((node.inputs as Record<string, tf.Tensor>)[key]!).batch;
    const onward = inputs.filter(([, tensor]) => origins.of(tensor).active && origins.of(tensor).batch);
    const outgoing = tf.tidy(() => {
      let registered: ReturnType<NonNullable<TapeNode["gradient"]>> | undefined;
      return onward.map(([key]) => {
        const signal = inputSignal(node, call, key, first, isBatch, held);
        if (signal !== undefined) return signal;
        registered ??= registeredGradient(node, call, incoming);
        const handed = registered[key]!();
        // Some gradients return their argument; a separate handle can be disposed separately.
        return incoming.includes(handed) ? tf.clone(handed) : handed;
      });
    });
    onward.forEach(([, { id }], i) => {
      const sofar = signals.get(id);
      signals.set(id, sofar === undefined ? outgoing[i]! : tf.add(sofar, outgoing[i]!));
      if (sofar !== undefined) tf.dispose([sofar, outgoing[i]!]);
    });
    for (const { id } of node.outputs) {
      signals.get(id)?.dispose();
      signals.delete(id);
    }
  }
  tf.dispose([...signals.values()]);
}

/** Shorter ways to the signal at an input than the registered gradient. */
function inputSignal(
  node: TapeNode,
  call: KernelCall,
  key: string,
  dy: tf.Tensor,
  isBatch: (key: string) => boolean,
  held: Held | undefined,
): tf.Tensor | undefined {
  switch (call.kernelName) {
    case "Relu":
      return held && reluInputSignal(node, call, dy, held);
    case "BatchMatMul":
    case "_FusedMatMul":
      return matMulInputSignal({ node, call, key }, dy, isBatch);
    case "FusedConv2D":
    case "FusedDepthwiseConv2D":
      return fusedConvolutionInputSignal({ node, call }, dy);
    default:
      return undefined;
  }
}

/** The same product as in the registered gradient, which would look for the positive inputs in every walk. */
function reluInputSignal(node: TapeNode, call: KernelCall, dy: tf.Tensor, held: Held): tf.Tensor | undefined {
  const x = inputOf(node, call, "x");
  if (x === undefined) return undefined;
  return tf.mul(
    dy,
    held.of(node, () => tf.step(x)),
  );
}

function registeredGradient(
  node: TapeNode,
  { kernelName }: KernelCall,
  incoming: readonly (tf.Tensor | null)[],
): ReturnType<NonNullable<TapeNode["gradient"]>> {
  if (node.gradient === undefined) {
    throw new AutodiffError("GRADIENT_MISSING", `perExampleGradients: no gradient of ${kernelName} is registered`);
  }
  return node.gradient(incoming as tf.Tensor[]);
}
