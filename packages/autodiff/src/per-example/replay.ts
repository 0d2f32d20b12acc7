import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { Applicable } from "../products/square-loss.js";
import { locating, whereOf } from "../second-order/labels.js";
import { installFirstOrderGradients } from "../second-order/install.js";
import { record, type TapeNode } from "../second-order/tape.js";
import { holding, type Held } from "./held.js";
import { observeKernels, type KernelCall } from "./kernel-calls.js";
import { inputsOf, traceOrigins, type Origins } from "./origins.js";
import { ruleFor } from "./rules/index.js";
import { assertSeparable, loopAdvice } from "./separable.js";
import type { Use } from "./use.js";
import { walkBack } from "./walk.js";

export type { Use };

/** A function on a batch, recorded so that it can be walked backwards. */
export interface Replay {
  examples: number;
  /** C; one if the outputs are [n]. */
  outputs: number;
  /** The outputs [n, C] or [n]. */
  values: tf.Tensor;
  uses: Use[];
  origins: Origins;
  nodes: readonly TapeNode[];
  /** Bytes of the tape that grow with the number of examples; they stay allocated until `dispose`. */
  batchBytes: number;
  /** Tensors made once for several walks. */
  held: Held;
  /**
   * Walks backwards from cotangents of the shape of the values; tells each use the signal at its node's output.
   *
   * @param walks - How many there will be: what several of them need is made once.
   */
  walk(cotangents: tf.Tensor, walks: number, onSignal: (use: Use, signal: tf.Tensor) => void): void;
  dispose(): void;
}

/**
 * Records `apply` on a batch and finds where parameters meet it.
 *
 * @returns The caller disposes it; tensors that rules made on the way belong to the scope of the caller.
 * @throws AutodiffError `MIXES_EXAMPLES`, `NO_PER_EXAMPLE_RULE`, `NOT_A_FUNCTION_OF_PARAMS`, `INVALID_ARGUMENT`.
 */
export function replayOf(model: Applicable, params: tf.NamedTensorMap, x: tf.Tensor, caller: string): Replay {
  const { recording, calls, origins } = recordOf(model, params, x, caller);
  const { result, nodes } = recording;
  const { value } = result;
  try {
    const [examples] = x.shape as [number];
    const outputs = outputsOf(value, examples, caller);
    const uses = new Map<TapeNode, [key: string, use: Use][]>();
    for (const step of origins.path) {
      const { node } = step;
      if (!inputsOf(node).some(([, tensor]) => origins.of(tensor).batch)) continue;
      const call = calls.get(node)!;
      locating(node, () => assertSeparable(step, call, origins, examples, caller));
      const met = step.inputs.filter(([, tensor]) => origins.of(tensor).active && !origins.of(tensor).batch);
      uses.set(
        node,
        met.map(([key, tensor]) => {
          const rule = ruleFor({ node, call, key, parameter: tensor, examples });
          if (rule === undefined) throw withoutRule(node, call, tensor, caller);
          const { view } = origins.of(tensor);
          return [key, view ? { rule, tensor, view } : { rule, tensor }];
        }),
      );
    }
    const held = holding();
    const inBatch = origins.path.filter(({ node }) => uses.has(node) && origins.of(node.outputs[0]!).active);
    return {
      examples,
      outputs,
      values: value,
      uses: [...uses.values()].flat().map(([, use]) => use),
      origins,
      nodes,
      batchBytes: batchBytesOf(nodes, origins),
      held,
      walk: (cotangents, walks, onSignal) =>
        walkBack(
          { path: inBatch, calls, uses, origins, held: walks > 1 ? held : undefined },
          value,
          cotangents,
          onSignal,
        ),
      dispose: () => {
        held.dispose();
        recording.dispose();
      },
    };
  } catch (error) {
    recording.dispose();
    throw error;
  }
}

/** Runs `apply` with the tape on and sorts what it recorded. The caller disposes the recording. */
export function recordOf(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  caller: string,
): { recording: ReturnType<typeof record<{ value: tf.Tensor }>>; calls: Map<TapeNode, KernelCall>; origins: Origins } {
  installFirstOrderGradients();
  const { result: recording, calls } = observeKernels(() => record(caller, () => ({ value: model.apply(params, x) })));
  try {
    const origins = traceOrigins(recording.nodes, calls, params, x, recording.result.value, caller);
    return { recording, calls, origins };
  } catch (error) {
    recording.dispose();
    throw error;
  }
}

/** C of outputs [n, C]; one for [n]. */
export function outputsOf({ shape }: tf.Tensor, examples: number, caller: string): number {
  if (shape[0] === examples && shape.length <= 2) return shape[1] ?? 1;
  throw new AutodiffError(
    "INVALID_ARGUMENT",
    `${caller}: expected apply to give outputs [${examples}, C] or [${examples}], got [${shape.join(", ")}]`,
  );
}

function batchBytesOf(nodes: readonly TapeNode[], origins: Origins): number {
  const bytes = new Map<object, number>();
  for (const tensor of nodes.flatMap(({ saved, outputs }) => [...(saved ?? []), ...outputs])) {
    if (origins.of(tensor).batch && !tensor.isDisposed) {
      bytes.set(tensor.dataId, tensor.size * tf.util.bytesPerElement(tensor.dtype));
    }
  }
  return [...bytes.values()].reduce((sum, each) => sum + each, 0);
}

function withoutRule(node: TapeNode, call: KernelCall, { shape }: tf.Tensor, caller: string): AutodiffError {
  return new AutodiffError(
    "NO_PER_EXAMPLE_RULE",
    `${caller}: there is no rule for the gradient of each example through ${call.kernelName}${whereOf(node)} with a ` +
      `parameter [${shape.join(", ")}]`,
    { advice: loopAdvice },
  );
}
