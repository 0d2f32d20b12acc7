import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectNumbers } from "../noise-strength/arguments.js";
import { estimate, meanOf, ratioOfMeans, type Estimate } from "../noise-strength/estimate.js";

/** What some batches say along the step that each of them gives, at one point: `u` is the gradient `ĝ`, or the step of another optimizer. */
export interface SampledSteps {
  /** `uᵀĤu` with the Hessian of the loss of the batch, one per batch. */
  curvatures: ArrayLike<number>;
  /** `u·ĝ` with the gradient of the loss of the batch. */
  slopes: ArrayLike<number>;
}

/** Whether the batches are a sample or all there are. */
export interface SampledStepsOptions {
  /** The batches are all that can be drawn, equally likely: the standard error is 0, and one is enough. Default false. */
  complete?: boolean;
}

/**
 * The batch sharpness `E_B[ĝᵀĤĝ/‖ĝ‖²]` from batches of the size that is trained with; SGD at the stochastic edge of stability keeps it
 * at `2/η`. Batches without a gradient are left out; where none has one the result is 0. `batchSharpness` of
 * `@sgdscope/stability-criterion` is the same for single examples, from a Gram matrix.
 *
 * Definition from Andreyev & Beneventano (2024), arXiv:2412.20553; the standard error is that of a mean of independent batches.
 *
 * @param steps - With `u = ĝ`: `slopes` are `‖ĝ‖²`.
 * @throws NoiseStructureError SHAPE_MISMATCH; NOT_FINITE; INVALID_ARGUMENT for slopes below 0 and fewer than two batches.
 */
export function sampledBatchSharpness(steps: SampledSteps, options: SampledStepsOptions = {}): Estimate {
  const caller = "sampledBatchSharpness";
  check(caller, steps, options);
  const { curvatures, slopes } = steps;
  const ratios: number[] = [];
  for (let k = 0; k < slopes.length; k++) {
    if (slopes[k]! < 0)
      throw new NoiseStructureError("INVALID_ARGUMENT", `${caller}: expected slopes of at least 0, got ${slopes[k]!}.`);
    if (slopes[k]! > 0) ratios.push(curvatures[k]! / slopes[k]!);
  }
  if (ratios.length === 0) return estimate(0, 0);
  const { value, standardError } = meanOf(ratios);
  if (options.complete === true) return estimate(value, 0);
  // One batch with a gradient among several without: nothing is known of the spread of those that have one.
  return estimate(value, ratios.length === 1 ? Infinity : standardError);
}

/**
 * The sharpness along the steps of an optimizer, `E[uᵀĤu]/E[u·ĝ]` with `u = βm + ĝ` for momentum: the loss of the batch falls on average
 * as long as `η` is below 2 over it. The ratio of expectations and not the expectation of `uᵀĤu/(u·ĝ)`, which does not exist where
 * `u·ĝ` can be 0; with `u = ĝ` and gradients of equal length it is the batch sharpness.
 *
 * The second-order expansion of the loss of a batch, derived here. Standard error to first order, bias O(1/batches).
 *
 * @returns Undefined where the mean of `u·ĝ` is not positive: such steps do not go down at any learning rate.
 * @throws NoiseStructureError SHAPE_MISMATCH; NOT_FINITE; INVALID_ARGUMENT for fewer than two batches.
 */
export function sampledUpdateSharpness(steps: SampledSteps, options: SampledStepsOptions = {}): Estimate | undefined {
  check("sampledUpdateSharpness", steps, options);
  const ratio = ratioOfMeans(Float64Array.from(steps.curvatures), Float64Array.from(steps.slopes));
  return ratio === undefined || options.complete !== true ? ratio : { ...ratio, standardError: 0 };
}

function check(caller: string, { curvatures, slopes }: SampledSteps, { complete = false }: SampledStepsOptions): void {
  expectInteger(caller, "the number of slopes", slopes.length, complete ? 1 : 2);
  expectNumbers(caller, "slopes", slopes, slopes.length);
  expectNumbers(caller, "curvatures, one for each slope", curvatures, slopes.length);
}
