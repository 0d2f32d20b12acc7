import { dot, norm } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { HessianEstimatorsError } from "./errors.js";
import { checkPositive, checkRandom } from "./internal/arguments.js";
import { products } from "./internal/products.js";
import type { LinearOperator } from "./operator.js";

/**
 * Asserts that the operator gives the same answer to the same vector, with another vector in between, and does not write into
 * its argument. Every estimator here relies on that.
 *
 * Three products with fixed pseudo-random vectors.
 *
 * @param options.tolerance - Largest difference allowed, relative to the norm of the answer. By default 0: equal to the last bit.
 * Give about 1e-6 for a Float32 device that sums in changing order.
 * @throws HessianEstimatorsError `NOT_DETERMINISTIC`, and as the estimators on bad products.
 */
export async function assertDeterministic(
  operator: LinearOperator,
  options: { tolerance?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const { tolerance = 0, signal } = options;
  const handed: Float64Array[] = [];
  const spied = {
    size: operator.size,
    apply: (v: Float64Array) => {
      handed.push(v);
      return operator.apply(v);
    },
  };
  const run = products("assertDeterministic", spied, signal);
  const random = seededRandom(1);
  const v = gaussian(run.size, random);
  const first = await run.apply(v);
  if (!handed[0]!.every((x, i) => x === v[i]))
    throw new HessianEstimatorsError(
      "NOT_DETERMINISTIC",
      "assertDeterministic: the operator writes into its argument, which it must leave unchanged",
    );
  await run.apply(gaussian(run.size, random));
  const again = await run.apply(v);
  const change = norm(again.map((x, i) => x - first[i]!)) / (norm(first) || 1);
  if (change > tolerance)
    throw new HessianEstimatorsError(
      "NOT_DETERMINISTIC",
      `assertDeterministic: expected the same product twice within ${tolerance}, got a relative difference of ${change}`,
    );
}

/**
 * Asserts uᵀ(Av) = vᵀ(Au) for random pairs u, v, which holds for symmetric operators only.
 *
 * The difference is compared with ‖A·u‖ for u with independent standard normal entries, so the measure is about
 * ‖A − Aᵀ‖_F/‖A‖_F. Two products per pair.
 *
 * @param random - Uniform generator on [0, 1).
 * @param options.tolerance - Largest asymmetry allowed; 1e-4 by default, which Float32 products meet.
 * @param options.pairs - How many pairs; 2 by default.
 * @throws HessianEstimatorsError `NOT_SYMMETRIC`, and as the estimators on bad products.
 */
export async function assertSymmetric(
  operator: LinearOperator,
  random: () => number,
  options: { tolerance?: number; pairs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const { tolerance = 1e-4, pairs = 2, signal } = options;
  checkRandom("assertSymmetric", random);
  checkPositive("assertSymmetric", "tolerance", tolerance);
  checkPositive("assertSymmetric", "pairs", pairs);
  const run = products("assertSymmetric", operator, signal);
  for (let pair = 0; pair < pairs; pair++) {
    const u = gaussian(run.size, random);
    const v = gaussian(run.size, random);
    const ofU = await run.apply(u);
    const ofV = await run.apply(v);
    const difference = Math.abs(dot(u, ofV) - dot(v, ofU));
    const asymmetry = difference / (Math.hypot(norm(ofU), norm(ofV)) || 1);
    if (asymmetry > tolerance)
      throw new HessianEstimatorsError(
        "NOT_SYMMETRIC",
        `assertSymmetric: expected uᵀ(Av) = vᵀ(Au) within ${tolerance}, got a relative difference of ${asymmetry}`,
      );
  }
}
