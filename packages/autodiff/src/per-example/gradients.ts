import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { assertParams } from "../products/named-tensors.js";
import type { Applicable } from "../products/square-loss.js";
import { assertGradientsRegistered } from "../second-order/install.js";
import { eachOutput, loopRows } from "./loop.js";
import { oneOutput, rowsFor } from "./pieces.js";
import { replayOf } from "./replay.js";

/** What to do where no rule for the gradient of each example is known. */
export type Fallback = "error" | "loop";

/** Whether a loop over examples can compute what the replay cannot. */
export const wantsLoop = (error: unknown, fallback: Fallback | undefined): boolean =>
  fallback === "loop" && error instanceof AutodiffError && error.code === "NO_PER_EXAMPLE_RULE";

export interface PerExampleOptions {
  /**
   * Residuals r [n, C], or [n] for scalar outputs: then row i is gᵢ = Jᵢᵀrᵢ, the gradient of ½‖f(xᵢ) − yᵢ‖², from a
   * single backward pass. A constant here: it is not differentiated.
   */
  residuals?: tf.Tensor;
  /** "loop" takes one backward pass per example where a kernel has no rule; "error", the default, throws. */
  fallback?: Fallback;
}

/**
 * The Jacobian of a function of parameters, example by example.
 *
 * The function runs once; its tape is walked backwards once for each output with the signals of the whole batch, and where a
 * parameter meets the batch the sum over examples is left out. Cost: C backward passes, and memory for the result.
 *
 * @param model - Only `apply` is used: outputs [n, C] or [n], pure, each example on its own (batch normalisation with
 * fixed statistics only).
 * @param params - The point. Columns are in the order of `Object.keys(params)`, each tensor row-major.
 * @param x - Inputs [n, ...].
 * @returns Float32: [n, P] for one output or with `residuals`, [n, C, P] for C outputs. The caller disposes it.
 * @throws AutodiffError `MIXES_EXAMPLES` naming the kernel that is not separable, `NO_PER_EXAMPLE_RULE` naming one without a
 * rule, `NOT_A_FUNCTION_OF_PARAMS`, `INVALID_ARGUMENT`, `GRADIENT_MISSING`, `INSIDE_GRADIENT`.
 */
export function perExampleGradients(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  options: PerExampleOptions = {},
): tf.Tensor {
  const caller = "perExampleGradients";
  assertGradientsRegistered();
  assertParams(params, caller);
  assertExamples(x, caller);
  const { residuals } = options;
  return tf.tidy(() => {
    try {
      return replayed(model, params, x, residuals, caller);
    } catch (error) {
      if (!wantsLoop(error, options.fallback)) throw error;
    }
    const [examples] = x.shape as [number];
    const { rows, predictions } = loopRows(model, params, x, caller, (outputs, index) => {
      if (residuals === undefined) return eachOutput(outputs);
      assertResiduals(residuals, [examples, outputs], caller);
      const row = tf.gather(tf.reshape(residuals, [examples, outputs]), tf.tensor1d([index], "int32"));
      return [tf.reshape(row, [outputs])];
    });
    const joined = tf.concat(Object.values(rows), 1);
    const outputs = predictions.shape[1];
    return residuals !== undefined || outputs === 1 ? joined : tf.reshape(joined, [examples, outputs, -1]);
  });
}

function replayed(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  residuals: tf.Tensor | undefined,
  caller: string,
): tf.Tensor {
  const replay = replayOf(model, params, x, caller);
  try {
    const { values, examples, outputs } = replay;
    const walks = residuals === undefined ? outputs : 1;
    const joined = (cotangents: tf.Tensor): tf.Tensor2D =>
      tf.tidy(() => tf.concat(Object.values(rowsFor(replay, cotangents, params, walks)), 1));
    if (residuals !== undefined) {
      assertResiduals(residuals, [examples, outputs], caller);
      return joined(tf.reshape(residuals, values.shape));
    }
    const rows = Array.from({ length: outputs }, (_, output) => joined(oneOutput(replay, output)));
    return outputs === 1 ? rows[0]! : tf.stack(rows, 1);
  } finally {
    replay.dispose();
  }
}

function assertResiduals(residuals: tf.Tensor, [examples, outputs]: [number, number], caller: string): void {
  const { shape } = residuals;
  if (shape[0] === examples && (shape[1] ?? 1) === outputs && shape.length <= 2) return;
  throw new AutodiffError(
    "INVALID_ARGUMENT",
    `${caller}: expected residuals [${examples}, ${outputs}], got [${shape.join(", ")}]`,
  );
}

/** Checks that inputs have a first axis that counts examples. */
function assertExamples(x: tf.Tensor, caller: string): void {
  if (x.rank > 0 && x.shape[0] > 0) return;
  throw new AutodiffError(
    "INVALID_ARGUMENT",
    `${caller}: expected inputs [n, ...] with n > 0, got [${x.shape.join(", ")}]`,
  );
}
