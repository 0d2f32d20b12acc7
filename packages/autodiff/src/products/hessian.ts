import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { assertVerified, type SecondOrderOptions } from "../second-order/guard.js";
import { installSecondOrderGradients } from "../second-order/install.js";
import { pathBetween, pullBack, record, type PathNode } from "../second-order/tape.js";
import { alignedWith, assertParams, named, pick } from "./named-tensors.js";

/** A scalar function at one point, recorded for any number of products with its Hessian. */
export interface HessianAt {
  /** The value at this point. Disposed by `dispose`. */
  value: tf.Scalar;
  /** The gradient at this point. Disposed by `dispose`. */
  gradient: tf.NamedTensorMap;
  /** H·v, at the cost of two gradients. The caller disposes the result. */
  product: (v: tf.NamedTensorMap) => tf.NamedTensorMap;
  /**
   * The block of H with these rows and columns, each a list of names of parameters: a map from vectors with the names
   * `columns` to ones with the names `rows`. Its products walk only the operations that connect the two. The caller disposes results.
   */
  block: (rows: readonly string[], columns: readonly string[]) => (v: tf.NamedTensorMap) => tf.NamedTensorMap;
  /** Kernels whose gradients are relied upon, by name. */
  kernels: readonly string[];
  /** Memory held until `dispose`. */
  bytes: number;
  dispose: () => void;
}

/**
 * Value, gradient and Hessian of a scalar function at a point. The function runs once, here; each product with the Hessian
 * only walks the recorded gradient backwards: ∇⟨∇L, v⟩ = H·v.
 *
 * Exact up to Float32 rounding (relative error of H·v about 1e-6), for every operation that is accepted.
 *
 * @param loss - A pure function of its parameters, of scalar value.
 * @param params - The point. May be disposed afterwards.
 * @returns The caller disposes it by its `dispose`. Memory: activations and cotangents of one forward and one backward pass.
 * @throws AutodiffError `KERNEL_NOT_VERIFIED` for operations whose second derivatives are not verified,
 *   `GRADIENT_MISSING` where there is none, `NOT_A_FUNCTION_OF_PARAMS` if the loss does not depend on any parameter.
 * @see Pearlmutter (1994), Neural Computation 6(1), for products with the Hessian at the cost of gradients.
 */
export function hessianAt(
  loss: (params: tf.NamedTensorMap) => tf.Tensor,
  params: tf.NamedTensorMap,
  options: SecondOrderOptions = {},
): HessianAt {
  return recordHessian(loss, params, options, "hessianAt");
}

/**
 * H·v of a scalar function of parameters, H = ∇²L.
 *
 * Cost: three gradients; for several v at the same point use {@link hessianAt}, which costs two for each.
 *
 * @param loss - A pure function of its parameters, of scalar value.
 * @param v - Same names and shapes as `params`.
 * @returns Same names and shapes as `params`. The caller disposes them.
 * @throws AutodiffError as {@link hessianAt}.
 */
export function hessianVectorProduct(
  loss: (params: tf.NamedTensorMap) => tf.Tensor,
  params: tf.NamedTensorMap,
  v: tf.NamedTensorMap,
  options: SecondOrderOptions = {},
): tf.NamedTensorMap {
  const hessian = recordHessian(loss, params, options, "hessianVectorProduct");
  try {
    return hessian.product(v);
  } finally {
    hessian.dispose();
  }
}

function recordHessian(
  loss: (params: tf.NamedTensorMap) => tf.Tensor,
  params: tf.NamedTensorMap,
  options: SecondOrderOptions,
  caller: string,
): HessianAt {
  installSecondOrderGradients();
  assertParams(params, caller);
  const xs = Object.values(params);
  let kernels: string[] = [];
  const { result, nodes, bytes, dispose } = record(caller, (recorded) => {
    const value = tf.tidy(() => loss(params));
    if (value.size !== 1) {
      throw new AutodiffError(
        "INVALID_ARGUMENT",
        `${caller}: expected loss to return a scalar, got shape [${value.shape.join(", ")}]`,
      );
    }
    const path = pathBetween(recorded(), xs, [value]);
    if (path.length === 0) {
      throw new AutodiffError(
        "NOT_A_FUNCTION_OF_PARAMS",
        `${caller}: the value of loss does not depend on ${Object.keys(params).join(", ")}`,
      );
    }
    kernels = assertVerified(path, options, caller);
    return { value, gradients: pullBack(path, [[value, tf.ones(value.shape)]], xs) };
  });
  const { value, gradients } = result;
  const path = pathBetween(nodes, xs, gradients);
  try {
    kernels.push(...assertVerified(path, options, caller));
  } catch (error) {
    dispose();
    throw error;
  }
  let disposed = false;
  const assertInUse = (): void => {
    if (disposed) throw new AutodiffError("DISPOSED", `${caller}: the Hessian is disposed`);
  };
  const multiply = (
    { path, rows, columns }: { path: PathNode[]; rows: tf.NamedTensorMap; columns: tf.NamedTensorMap },
    v: tf.NamedTensorMap,
  ): tf.NamedTensorMap => {
    assertInUse();
    const directions = alignedWith(columns, v, caller);
    const seeds = Object.values(columns).map((gradient, i) => [gradient, directions[i]!] as const);
    return named(rows, pullBack(path, seeds, Object.values(rows)));
  };
  const gradient = named(params, gradients);
  return {
    value: value as tf.Scalar,
    gradient,
    kernels: [...new Set(kernels)].sort(),
    bytes,
    product: (v) => multiply({ path, rows: params, columns: gradient }, v),
    block: (rowNames, columnNames) => {
      assertInUse();
      const rows = pick(params, rowNames, caller);
      const columns = pick(gradient, columnNames, caller);
      const between = pathBetween(nodes, Object.values(rows), Object.values(columns));
      return (v) => multiply({ path: between, rows, columns }, v);
    },
    dispose: () => {
      if (!disposed) dispose();
      disposed = true;
    },
  };
}
