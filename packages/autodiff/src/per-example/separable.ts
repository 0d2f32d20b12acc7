import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { PathNode } from "../second-order/tape.js";
import { batchAxes, broadcastingKernels, pointwiseAxesOf, reshapingKernels } from "./batch-axes.js";
import type { KernelCall } from "./kernel-calls.js";
import { inputsOf, type Origins } from "./origins.js";

const named = ({ shape }: tf.Tensor): string => `[${shape.join(", ")}]`;

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
  const refuse = (what: string): never => {
    throw new AutodiffError(
      "MIXES_EXAMPLES",
      `${caller}: expected apply to treat each example on its own, got ${what}`,
    );
  };
  if (node.outputs.some(({ shape }) => batchAxes(shape, examples) === undefined)) {
    refuse(
      `${kernelName} from ${batch.map(([, tensor]) => named(tensor)).join(", ")} to ${named(output)} for ${examples} examples`,
    );
  }
  if (reshapingKernels.has(kernelName)) return;
  const isBatch = (key: string): boolean => batch.some(([own]) => own === key);
  const pointwise = pointwiseAxesOf(call, { inputs, output, isBatch });
  if (pointwise === undefined) {
    throw new AutodiffError(
      "NO_PER_EXAMPLE_RULE",
      `${caller}: expected kernels known to keep examples apart, got ${kernelName}; { fallback: "loop" } takes one backward pass per example`,
    );
  }
  for (const [, tensor] of batch) {
    const axes = batchAxes(tensor.shape, examples)!;
    if (axes > pointwise) {
      if (kernelName !== "Transpose") refuse(`${kernelName} across the examples of ${named(tensor)}`);
      throw new AutodiffError(
        "NO_PER_EXAMPLE_RULE",
        `${caller}: expected the examples to stay in the leading axis, got Transpose of ${named(tensor)} that moves them; ` +
          `{ fallback: "loop" } takes one backward pass per example`,
      );
    }
    const kept =
      kernelName === "_FusedMatMul"
        ? tensor.size / tensor.shape.at(-1)! === output.size / output.shape.at(-1)!
        : tf.util.arraysEqual(tensor.shape.slice(0, axes), output.shape.slice(0, axes));
    const aligned = !broadcastingKernels.has(kernelName) || tensor.rank === output.rank;
    if (!kept || !aligned) refuse(`${kernelName} from ${named(tensor)} to ${named(output)}`);
  }
  if (!broadcastingKernels.has(kernelName)) return;
  const axes = batchAxes(output.shape, examples)!;
  for (const [, tensor] of inputs) {
    const { batch: own, active } = origins.of(tensor);
    const within = tensor.shape.slice(0, Math.max(0, axes - (output.rank - tensor.rank)));
    if (!own && active && within.some((size) => size !== 1)) {
      refuse(`${kernelName} of a parameter ${named(tensor)} that runs along the examples of ${named(output)}`);
    }
  }
}
