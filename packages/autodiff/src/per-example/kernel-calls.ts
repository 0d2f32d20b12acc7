import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { TapeNode } from "../second-order/tape.js";

/** A kernel and its attributes (strides, axes, transpositions, …), which nodes of the tape do not hold. */
export interface KernelCall {
  kernelName: string;
  attributes: Readonly<Record<string, unknown>>;
}

/** Kernels that TensorFlow.js wraps in a custom gradient, so that the tape shows a scope's name in place of theirs. */
const fusedKernels = new Set(["_FusedMatMul", "FusedConv2D", "FusedDepthwiseConv2D"]);

interface KernelParams {
  kernelName?: string;
  attrs?: Record<string, unknown>;
}

/** The part of the engine that is watched; both methods are internal to TensorFlow.js, and were the same from 3.0 to 4.22. */
interface EngineInternals {
  state: { activeTape: TapeNode[] | null };
  addTapeNode(
    kernelName: string,
    inputs: unknown,
    outputs: unknown,
    gradient: unknown,
    saved: unknown,
    attrs: unknown,
  ): void;
  runKernelFunc(params: KernelParams): unknown;
}

/**
 * Runs `body` and notes which kernel call stands behind each node that it adds to the tape. Fused layers appear under the
 * name of their fused kernel.
 *
 * @throws AutodiffError `ENGINE_NOT_SUPPORTED` if the engine of this TensorFlow.js cannot be watched.
 */
export function observeKernels<T>(body: () => T): { result: T; calls: Map<TapeNode, KernelCall> } {
  const engine = tf.engine() as unknown as EngineInternals;
  const { addTapeNode, runKernelFunc } = engine as Partial<EngineInternals>;
  if (typeof addTapeNode !== "function" || typeof runKernelFunc !== "function") {
    throw new AutodiffError(
      "ENGINE_NOT_SUPPORTED",
      `per-example gradients need the engine of TensorFlow.js 4; that of version ${tf.version_core} has no addTapeNode or no runKernelFunc`,
    );
  }
  const calls = new Map<TapeNode, KernelCall>();
  const last = (): TapeNode | undefined => engine.state.activeTape?.at(-1);
  const inside: KernelCall[][] = [];
  const watched: Omit<EngineInternals, "state"> = {
    addTapeNode: (kernelName, inputs, outputs, gradient, saved, attrs) => {
      addTapeNode.call(engine, kernelName, inputs, outputs, gradient, saved, attrs);
      const node = last();
      if (node) calls.set(node, { kernelName, attributes: (attrs ?? {}) as Record<string, unknown> });
    },
    runKernelFunc: (params) => {
      const { kernelName, attrs } = params;
      if (kernelName !== undefined) {
        inside.at(-1)?.push({ kernelName, attributes: attrs ?? {} });
        return runKernelFunc.call(engine, params);
      }
      const before = last();
      inside.push([]);
      let output: unknown;
      let fused: KernelCall | undefined;
      try {
        output = runKernelFunc.call(engine, params);
      } finally {
        fused = inside.pop()!.find((call) => fusedKernels.has(call.kernelName));
      }
      const node = last();
      if (fused !== undefined && node !== undefined && node !== before) calls.set(node, fused);
      return output;
    },
  };
  const own = Object.keys(watched).filter((name) => Object.hasOwn(engine, name));
  Object.assign(engine, watched);
  try {
    return { result: body(), calls };
  } finally {
    // The last one first: then the engine is again the object that optimised code knows, else one whose properties are looked up in a table.
    for (const name of (Object.keys(watched) as (keyof typeof watched)[]).reverse()) {
      if (own.includes(name)) Object.assign(engine, { [name]: name === "addTapeNode" ? addTapeNode : runKernelFunc });
      else Reflect.deleteProperty(engine, name);
    }
  }
}
