import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { assertVerified, type SecondOrderOptions } from "../second-order/guard.js";
import { assertGradientsRegistered, installSecondOrderGradients } from "../second-order/install.js";
import { pathBetween, pullBack, record } from "../second-order/tape.js";
import { alignedWith, assertParams, named, pick } from "./named-tensors.js";

/** A tensor-valued function at one point, recorded for any number of products with its Jacobian. */
export interface JacobianAt {
  /** The value at this point. Disposed by `dispose`. */
  value: tf.Tensor;
  /** J·v, of the shape of the value. The caller disposes it. */
  forward: (v: tf.NamedTensorMap) => tf.Tensor;
  /** Jᵀ·u for u of the shape of the value. The caller disposes it. */
  backward: (u: tf.Tensor) => tf.NamedTensorMap;
  /** The columns of J that belong to the parameters of these names. */
  columns: (names: readonly string[]) => Pick<JacobianAt, "forward" | "backward">;
  /** Kernels whose gradients are relied upon, by name. */
  kernels: readonly string[];
  /** Memory held until `dispose`. */
  bytes: number;
  dispose: () => void;
}

/**
 * Value and Jacobian of a function at a point. The function runs once, and once backwards; `backward` walks it backwards
 * again, and `forward` differentiates u ↦ Jᵀu, which is linear: ∇_u ⟨Jᵀu, v⟩ = J·v. The two together cost 1 to 1.5 gradients.
 *
 * @param f - A pure function of its parameters.
 * @param params - The point. May be disposed afterwards.
 * @returns The caller disposes it by its `dispose`.
 * @throws AutodiffError as `hessianAt`: J·v needs the derivatives of gradients.
 */
export function jacobianAt(
  f: (params: tf.NamedTensorMap) => tf.Tensor,
  params: tf.NamedTensorMap,
  options: SecondOrderOptions = {},
): JacobianAt {
  return recordJacobian(f, params, options, "jacobianAt");
}

/**
 * J·v of a function of parameters: the directional derivative of `f`. See {@link jacobianAt} for the method.
 *
 * @param v - Same names and shapes as `params`.
 * @returns Of the shape of `f(params)`. The caller disposes it.
 * @throws AutodiffError as {@link jacobianAt}.
 */
export function jacobianVectorProduct(
  f: (params: tf.NamedTensorMap) => tf.Tensor,
  params: tf.NamedTensorMap,
  v: tf.NamedTensorMap,
  options: SecondOrderOptions = {},
): tf.Tensor {
  const jacobian = recordJacobian(f, params, options, "jacobianVectorProduct");
  try {
    return jacobian.forward(v);
  } finally {
    jacobian.dispose();
  }
}

/**
 * Jᵀ·u of a function of parameters: the gradient of ⟨f, u⟩. First derivatives only, so any operation with a gradient is accepted.
 *
 * @param u - Of the shape of `f(params)`.
 * @returns Same names and shapes as `params`. The caller disposes them.
 * @throws AutodiffError `GRADIENT_MISSING`, `NOT_A_FUNCTION_OF_PARAMS`, `INVALID_ARGUMENT`.
 */
export function vectorJacobianProduct(
  f: (params: tf.NamedTensorMap) => tf.Tensor,
  params: tf.NamedTensorMap,
  u: tf.Tensor,
): tf.NamedTensorMap {
  assertGradientsRegistered();
  assertParams(params, "vectorJacobianProduct");
  const xs = Object.values(params);
  const { result, nodes, dispose } = record("vectorJacobianProduct", () => ({ value: f(params) }));
  try {
    const path = connected(pathBetween(nodes, xs, [result.value]), params, "vectorJacobianProduct");
    return named(params, pullBack(path, [[result.value, cotangentLike(result.value, u, "vectorJacobianProduct")]], xs));
  } finally {
    dispose();
  }
}

function recordJacobian(
  f: (params: tf.NamedTensorMap) => tf.Tensor,
  params: tf.NamedTensorMap,
  options: SecondOrderOptions,
  caller: string,
): JacobianAt {
  installSecondOrderGradients();
  assertParams(params, caller);
  const xs = Object.values(params);
  let kernels: string[] = [];
  const { result, nodes, bytes, dispose } = record(caller, (recorded) => {
    const value = tf.tidy(() => f(params));
    const path = connected(pathBetween(recorded(), xs, [value]), params, caller);
    kernels = assertVerified(path, options, caller);
    const dual = tf.zeros(value.shape);
    return { value, dual, gradients: pullBack(path, [[value, dual]], xs) };
  });
  const { value, dual, gradients } = result;
  const down = pathBetween(nodes, xs, [value]);
  const up = pathBetween(nodes, [dual], gradients);
  try {
    kernels.push(...assertVerified(up, options, caller));
  } catch (error) {
    dispose();
    throw error;
  }
  let disposed = false;
  const assertInUse = (): void => {
    if (disposed) throw new AutodiffError("DISPOSED", `${caller}: the Jacobian is disposed`);
  };
  const gradient = named(params, gradients);
  const restricted = (xs: tf.NamedTensorMap, pulled: tf.NamedTensorMap): Pick<JacobianAt, "forward" | "backward"> => {
    const whole = xs === params;
    const onDown = whole ? down : pathBetween(nodes, Object.values(xs), [value]);
    const onUp = whole ? up : pathBetween(nodes, [dual], Object.values(pulled));
    return {
      forward: (v) => {
        assertInUse();
        const directions = alignedWith(xs, v, caller);
        const seeds = Object.values(pulled).map((each, i) => [each, directions[i]!] as const);
        return pullBack(onUp, seeds, [dual])[0]!;
      },
      backward: (u) => {
        assertInUse();
        return named(xs, pullBack(onDown, [[value, cotangentLike(value, u, caller)]], Object.values(xs)));
      },
    };
  };
  return {
    value,
    kernels: [...new Set(kernels)].sort(),
    bytes,
    ...restricted(params, gradient),
    columns: (names) => {
      assertInUse();
      return restricted(pick(params, names, caller), pick(gradient, names, caller));
    },
    dispose: () => {
      if (!disposed) dispose();
      disposed = true;
    },
  };
}

function connected<T>(path: T[], params: tf.NamedTensorMap, caller: string): T[] {
  if (path.length > 0) return path;
  throw new AutodiffError(
    "NOT_A_FUNCTION_OF_PARAMS",
    `${caller}: the returned value does not depend on ${Object.keys(params).join(", ")}`,
  );
}

function cotangentLike(value: tf.Tensor, u: tf.Tensor, caller: string): tf.Tensor {
  if (tf.util.arraysEqual(value.shape, u.shape)) return u;
  throw new AutodiffError(
    "INVALID_ARGUMENT",
    `${caller}: expected u of the shape of the value [${value.shape.join(", ")}], got [${u.shape.join(", ")}]`,
  );
}
