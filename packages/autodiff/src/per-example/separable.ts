import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { PathNode } from "../second-order/tape.js";
import { batchAxes, broadcastingKernels, pointwiseAxesOf, reshapingKernels } from "./batch-axes.js";
import type { KernelCall } from "./kernel-calls.js";
import { picksRows } from "./rules/gather.js";
import { inputsOf, type Origins } from "./origins.js";

const named = ({ shape }: tf.Tensor): string => `[${shape.join(", ")}]`;
/** What helps where a kernel has no rule. */
export const loopAdvice = '{ fallback: "loop" } takes one backward pass per example';

/**
 * Checks that an operation on the batch keeps its examples apart, so that the signal at example i of any tensor is the
 * derivative of the outputs of example i alone.
 *
 * @throws AutodiffError `MIXES_EXAMPLES` naming the kernel if it does not, `NO_PER_EXAMPLE_RULE` if that is not known.
 */
export function assertSeparable(
  { node }: PathNode,
  call: KernelCall,
  origins: Origins,
  examples: number,
  caller: string,
): void {
  const { kernelName } = call;
  const inputs = inputsOf(node);
  const batch = inputs.filter(([, tensor]) => origins.of(tensor).batch);
  const [output] = node.outputs as [tf.Tensor];
  const error = (code: "MIXES_EXAMPLES" | "NO_PER_EXAMPLE_RULE", message: string): AutodiffError =>
    new AutodiffError(code, `${caller}: ${message}`, code === "NO_PER_EXAMPLE_RULE" ? { advice: loopAdvice } : {});
  const mixed = (what: string): AutodiffError =>
    error("MIXES_EXAMPLES", `apply must treat each example on its own, but ${kernelName} ${what}`);

  /** Correct for some functions (normalisation over a layer, an embedding), and wrong for others. */
  const unknown = (what: string): AutodiffError =>
    error("NO_PER_EXAMPLE_RULE", `${kernelName} with ${what} is not known to keep examples apart`);

  if (!reshapingKernels.has(kernelName)) {
    const isBatch = (key: string): boolean => batch.some(([own]) => own === key);
    const pointwise = pointwiseAxesOf(call, { inputs, output, isBatch });
    if (pointwise === undefined) {
      throw error("NO_PER_EXAMPLE_RULE", `${kernelName} is not known to keep examples apart`);
    }
    // The parameter is a table then, and each index stands where its example does.
    const picks = kernelName === "GatherV2" && batch.every(([key]) => key === "indices");
    if (picks && !picksRows(call.attributes)) throw unknown("indices from x");
    for (const [, tensor] of picks ? [] : batch) {
      if (kernelName === "FusedBatchNorm" && batch.length > 1) throw unknown("statistics from x");
      if (batchAxes(tensor.shape, examples)! <= pointwise) continue;
      const moved = kernelName === "Transpose" || (call.attributes["transposeB"] === true && batch.length === 1);
      if (!moved) throw mixed(`works across the examples of ${named(tensor)}`);
      throw error(
        "NO_PER_EXAMPLE_RULE",
        `${kernelName} moves the examples of ${named(tensor)} out of the leading axis`,
      );
    }
  }
  const shapes = `maps ${batch.map(([, tensor]) => named(tensor)).join(", ")} to ${named(output)} for ${examples} examples`;
  const axes = batchAxes(output.shape, examples);
  if (axes === undefined || node.outputs.some(({ shape }) => batchAxes(shape, examples) === undefined)) {
    throw mixed(shapes);
  }
  if (reshapingKernels.has(kernelName)) return;
  const broadcasts = broadcastingKernels.has(kernelName);
  for (const [, tensor] of batch) {
    if (kernelName === "GatherV2" && !origins.of(inputs[0]![1]).batch) continue;
    const kept =
      kernelName === "_FusedMatMul"
        ? tensor.size / tensor.shape.at(-1)! === output.size / output.shape.at(-1)!
        : tf.util.arraysEqual(
            tensor.shape.slice(0, batchAxes(tensor.shape, examples)),
            output.shape.slice(0, batchAxes(tensor.shape, examples)),
          );
    if (!kept || (broadcasts && tensor.rank !== output.rank)) throw mixed(shapes);
  }
  if (!broadcasts) return;
  for (const [, tensor] of inputs) {
    const origin = origins.of(tensor);
    const alongExamples = tensor.shape.slice(0, Math.max(0, axes - (output.rank - tensor.rank)));
    if (!origin.batch && origin.active && alongExamples.some((size) => size !== 1)) {
      throw mixed(`takes a parameter ${named(tensor)} that runs along the examples of ${named(output)}`);
    }
  }
}
