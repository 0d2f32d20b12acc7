import * as tf from "@tensorflow/tfjs-core";
import { chunkedSum, type ChunkedSum, type Linearization, type OperatorOptions } from "./chunked.js";
import type { Examples, Unlabelled } from "./examples.js";
import { hessianAt, type HessianAt } from "./hessian.js";
import { jacobianAt, type JacobianAt } from "./jacobian.js";
import { curved, derivativesAt, surrogate, type OutputLoss } from "./output-loss.js";
import { layoutOf, type ParameterSlot } from "./layout.js";
import { sizeOf } from "./named-tensors.js";
import { halfSumOfSquares, type Applicable } from "./square-loss.js";

/** A symmetric linear map on flat vectors, in the order of `flatten`. */
export interface TensorOperator {
  /** Number of parameters. */
  size: number;
  /** Where each parameter lies in a vector. */
  layout: readonly ParameterSlot[];
  /** One product; the result is a new array. */
  apply: (v: Float64Array) => Promise<Float64Array>;
  /**
   * Products with several vectors. Chunks whose passes are not kept are read and recorded once for all of them: k vectors
   * then cost 2k + 1 gradients instead of 3k. Where all passes are kept, it costs as much as one product after the other.
   */
  applyBlock: (vectors: readonly Float64Array[]) => Promise<Float64Array[]>;
  /** Frees parameters, examples and recorded passes. */
  dispose: () => void;
}

/** Options of operators on all or some of the parameters. */
export interface SquareOperatorOptions extends OperatorOptions {
  /**
   * Names of some parameters, such as those of one layer: the operator is then their diagonal block of H or G, in the order of
   * `params`, and is cheaper. All by default.
   */
  parameters?: readonly string[];
}

/** Options of the Hessian. */
export interface HessianOperatorOptions extends SquareOperatorOptions {
  /** What is added to the loss, a scalar function of all parameters: H is then that of both. */
  penalty?: (params: tf.NamedTensorMap) => tf.Tensor;
}

/**
 * The Hessian H of the square loss (1/2n) Σᵢ ‖f(xᵢ) − yᵢ‖², or with `loss` of (1/n) Σᵢ ℓ(f(xᵢ), yᵢ), over a set of examples, as an operator.
 *
 * Each chunk is weighted by its size, so a smaller last chunk is counted correctly; sums over chunks are in Float64, the
 * products themselves in Float32 (relative error about 1e-6). Memory: the passes of one chunk, and those that are kept.
 *
 * @param model - Only `apply` is used.
 * @param params - The point; copied.
 * @param data - Examples, as tensors or arrays, or read as needed; not disposed.
 * @returns Symmetric operator of size Σ sizes of `params`, or of those chosen. The caller disposes it.
 * @throws AutodiffError as `hessianAt` and `MODEL_NOT_PURE`, from `apply`; `INVALID_ARGUMENT` at once for data that do not fit
 *   together or unknown names; what `loss` throws, from `apply`.
 */
export function hessianOperator(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Examples,
  options: HessianOperatorOptions = {},
): TensorOperator {
  const sum = hessianSum(model, params, data, { ...options, names: options.parameters, caller: "hessianOperator" });
  return operatorOf(sum, ({ product }, v) => product(v));
}

/**
 * What the Hessian has beside the Gauss–Newton matrix: H − G = (1/n) Σᵢ Σ_c s_ic ∇²f_c(xᵢ) with s = ∇_fℓ, for the square loss the
 * residuals; with `penalty` also its Hessian. Chunks, weights and precision as in {@link hessianOperator}; one product costs as much. ‖H − G‖_F/‖H‖_F says how far
 * a verdict by G is from the Hessian at this point.
 *
 * @returns Symmetric operator, in general indefinite. The caller disposes it.
 * @throws AutodiffError as {@link hessianOperator}.
 */
export function residualHessianOperator(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Examples,
  options: HessianOperatorOptions = {},
): TensorOperator {
  const caller = "residualHessianOperator";
  const { loss = square } = options;
  const sum = hessianSum(model, params, data, {
    ...options,
    loss,
    part: "residual",
    names: options.parameters,
    caller,
  });
  return operatorOf(sum, ({ product }, v) => product(v));
}

/** The square loss, where only s is asked for. */
const square: OutputLoss = {
  at: (f, y) => ({
    gradient: Float64Array.from(f, (value, c) => value - y[c]!),
    curvature: new Float64Array(f.length ** 2),
  }),
};

/**
 * The Gauss–Newton matrix G = (1/n) Σᵢ JᵢᵀJᵢ of the outputs over a set of examples, as an operator; positive
 * semidefinite, and equal to the Hessian of the square loss where all residuals vanish. With `loss` G = (1/n) Σᵢ JᵢᵀSᵢJᵢ, S = ∇²_fℓ.
 * Chunks, weights and precision as in {@link hessianOperator}; targets are only used by a loss.
 *
 * @returns Symmetric operator of size Σ sizes of `params`, or of those chosen. The caller disposes it.
 * @throws AutodiffError as `jacobianAt` and `MODEL_NOT_PURE`, from `apply`; `INVALID_ARGUMENT` at once for data that do not fit
 *   together or unknown names.
 */
export function gaussNewtonOperator(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Unlabelled,
  options: SquareOperatorOptions = {},
): TensorOperator {
  const caller = "gaussNewtonOperator";
  const sum = jacobianSum(model, params, data, { ...options, names: options.parameters, caller });
  return operatorOf(sum, ({ forward, backward, weighted }, v) => backward(weighted(forward(v))));
}

/** The options of a sum over chunks, with the parameters that are free in it. */
type SumOptions = OperatorOptions & {
  names: readonly string[] | undefined;
  caller: string;
};

/** The loss, recorded chunk by chunk with what its Hessian needs. */
export function hessianSum(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Examples,
  {
    loss,
    part = "whole",
    penalty,
    ...options
  }: SumOptions & { part?: "whole" | "residual" } & Pick<HessianOperatorOptions, "penalty">,
): ChunkedSum<HessianAt> {
  return chunkedSum(model, params, data, options, async (free, complete, chunk) => {
    const { x, y, examples } = chunk;
    // Each chunk bears its share of the penalty, so that chunks add up to the whole of it.
    const penalised = (value: tf.Tensor, at: tf.NamedTensorMap): tf.Tensor =>
      penalty === undefined ? value : tf.add(value, tf.mul(penalty(complete(at)), x.shape[0] / examples));
    if (loss === undefined)
      return hessianAt((at) => penalised(halfSumOfSquares(model, complete(at), x, y, examples), at), free, options);
    const derivatives = await derivativesAt(loss, model, complete(free), chunk, options.caller);
    try {
      const apply = (at: tf.NamedTensorMap): tf.Tensor => model.apply(complete(at), x);
      const value = surrogate(derivatives, apply, examples, part);
      return hessianAt((at) => penalised(value(at), at), free, options);
    } finally {
      tf.dispose([derivatives.outputs, derivatives.gradients, derivatives.curvatures]);
    }
  });
}

/** The outputs, recorded chunk by chunk with what their Jacobian needs; `weighted` is u ↦ Su/n, the middle of G. */
export function jacobianSum(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Unlabelled,
  { loss, ...options }: SumOptions,
): ChunkedSum<JacobianAt & { weighted: (u: tf.Tensor) => tf.Tensor }> {
  return chunkedSum(model, params, data, options, async (free, complete, chunk) => {
    const { x, examples } = chunk;
    const derivatives =
      loss === undefined ? undefined : await derivativesAt(loss, model, complete(free), chunk, options.caller);
    tf.dispose([derivatives?.outputs, derivatives?.gradients]);
    const curvatures = derivatives?.curvatures;
    try {
      const jacobian = jacobianAt((at) => model.apply(complete(at), x), free, options);
      return {
        ...jacobian,
        bytes: jacobian.bytes + 4 * (curvatures?.size ?? 0),
        weighted: (u) => tf.div(curvatures === undefined ? u : curved(curvatures, u), examples),
        dispose: () => {
          jacobian.dispose();
          curvatures?.dispose();
        },
      };
    } catch (error) {
      curvatures?.dispose();
      throw error;
    }
  });
}

function operatorOf<L extends Linearization>(
  sum: ChunkedSum<L>,
  product: (at: L, v: tf.NamedTensorMap) => tf.NamedTensorMap,
): TensorOperator {
  return {
    size: sizeOf(sum.free),
    layout: layoutOf(sum.free),
    apply: async (v) => (await sum.multiply([v], sum.free, product))[0]!,
    applyBlock: (vectors) => sum.multiply(vectors, sum.free, product),
    dispose: sum.dispose,
  };
}
