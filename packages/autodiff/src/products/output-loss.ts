import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { Applicable } from "./square-loss.js";

/**
 * A convex loss ℓ(f, y) on the outputs of an example, as those of `@sgdscope/noise-structure/losses`: a function in Float64 that
 * gives s = ∇_fℓ, length C, and S = ∇²_fℓ, C × C. The loss of all examples is the mean of ℓ.
 */
export interface OutputLoss {
  at(
    outputs: ArrayLike<number>,
    targets: ArrayLike<number>,
    example?: number,
  ): { gradient: ArrayLike<number>; curvature: ArrayLike<number> };
}

/** A chunk of a set of examples. */
export interface Chunk {
  x: tf.Tensor;
  y: tf.Tensor;
  /** Its first example. */
  start: number;
  /** The number of examples in the whole set. */
  examples: number;
}

/** f, s and S of the examples of a chunk. */
interface Derivatives {
  /** f, `[n, C]` or `[n]`. */
  outputs: tf.Tensor;
  /** s, of the shape of f. */
  gradients: tf.Tensor;
  /** S, `[n, C, C]`. */
  curvatures: tf.Tensor3D;
}

/**
 * The outputs of a chunk with the derivatives of the loss there, computed in Float64 on this side of the device. Memory 4nC² bytes.
 *
 * @returns The caller disposes them.
 * @throws AutodiffError `INVALID_ARGUMENT` for missing targets or outputs of more than two axes; and whatever the loss throws.
 */
export async function derivativesAt(
  loss: OutputLoss,
  model: Applicable,
  params: tf.NamedTensorMap,
  { x, y, start }: Chunk,
  caller: string,
): Promise<Derivatives> {
  const outputs = tf.tidy(() => model.apply(params, x));
  try {
    assertShapes(outputs, y, caller);
    const [size, width = 1] = outputs.shape as [number, number?];
    const [f, targets] = [await outputs.data<"float32">(), await y.data<"float32">()];
    const gradients = new Float32Array(size * width);
    const curvatures = new Float32Array(size * width * width);
    for (let i = 0; i < size; i++) {
      const row = (values: Float32Array): Float64Array =>
        Float64Array.from(values.subarray(i * width, (i + 1) * width));
      const { gradient, curvature } = loss.at(row(f), row(targets), start + i);
      gradients.set(gradient, i * width);
      curvatures.set(curvature, i * width * width);
    }
    return {
      outputs,
      gradients: tf.tensor(gradients, outputs.shape, "float32"),
      curvatures: tf.tensor3d(curvatures, [size, width, width], "float32"),
    };
  } catch (error) {
    outputs.dispose();
    throw error;
  }
}

/** `Sᵢuᵢ` for u of the shape of the outputs. */
export function curved(curvatures: tf.Tensor3D, u: tf.Tensor): tf.Tensor {
  const [size, width] = curvatures.shape;
  const columns = tf.reshape<tf.Rank.R3>(u, [size, width, 1]);
  return tf.reshape(tf.matMul(curvatures, columns), u.shape);
}

/**
 * A function of the parameters with the gradient and the Hessian of the mean loss at this point: (1/n) Σ sᵢ·fᵢ + ½(fᵢ − f⁰ᵢ)ᵀSᵢ(fᵢ − f⁰ᵢ)
 * with s, S and f⁰ constant. Its second derivatives need those of the model alone, not of softmax or logarithms. `"residual"` leaves
 * the second term out: then its Hessian is H − G.
 */
export const surrogate =
  (
    { outputs: f0, gradients, curvatures }: Derivatives,
    apply: (at: tf.NamedTensorMap) => tf.Tensor,
    examples: number,
    part: "whole" | "residual",
  ) =>
  (at: tf.NamedTensorMap): tf.Tensor => {
    const f = apply(at);
    const linear = tf.sum(tf.mul(f, gradients));
    if (part === "residual") return tf.div(linear, examples);
    const step = tf.sub(f, f0);
    const quadratic = tf.mul(tf.sum(tf.mul(step, curved(curvatures, step))), 0.5);
    return tf.div(tf.add(linear, quadratic), examples);
  };

function assertShapes({ shape }: tf.Tensor, y: tf.Tensor, caller: string): void {
  const show = (sizes: readonly number[]): string => `[${sizes.join(", ")}]`;
  if (shape.length < 1 || shape.length > 2)
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `${caller}: expected outputs of shape [n, C] or [n] for a loss on outputs, got ${show(shape)}`,
    );
  if (y.size !== shape.reduce((a, b) => a * b, 1) || y.shape[0] !== shape[0])
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `${caller}: expected targets of the shape of the outputs ${show(shape)}, got ${y.size === 0 ? "none" : show(y.shape)}`,
    );
}
