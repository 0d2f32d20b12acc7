import type { DirectionalAlignment } from "../directional.js";
import { SMALLEST_LOSS } from "../noise-structure.js";
import { expectInteger, expectNumbers } from "./arguments.js";

/** Noise along a direction v, and the slope of the loss along it. */
export interface VectorAlignment extends DirectionalAlignment {
  /** `v·∇L`. */
  slope: number;
}

/**
 * The noise along any direction v of parameter space, from the derivatives of the model along v alone.
 *
 * `vᵀGv = (1/n) Σ‖Jᵢv‖²`, `vᵀΣ₁v = (1/n) Σ(rᵢ·Jᵢv)²`, `v·∇L = (1/n) Σ rᵢ·Jᵢv`. One Jacobian product gives `Jv`; no
 * Gram matrix is needed. The alignments do not depend on the length of v, the other numbers scale with its square (the
 * slope with its length).
 *
 * The ratio is the directional alignment of Wang & Wu (2023), arXiv:2310.00692, as restated in its reviews; they use Σ₁.
 *
 * @param derivatives - `Jv`, length nC, row `i·C + c`; for one output the n numbers `gᵢ·v`.
 * @param residuals - `r = f − y`, the same order.
 * @param shape - n and C.
 * @returns The alignments are undefined where the loss is below 1e-20 or `vᵀGv` is 0. Cost O(nC).
 * @throws NoiseStructureError INVALID_ARGUMENT, SHAPE_MISMATCH or NOT_FINITE.
 */
export function alignmentAlong(
  derivatives: ArrayLike<number>,
  residuals: ArrayLike<number>,
  shape: { examples: number; outputs: number },
): VectorAlignment {
  const caller = "alignmentAlong";
  const { examples: n, outputs } = shape;
  expectInteger(caller, "examples", n);
  expectInteger(caller, "outputs", outputs);
  expectNumbers(caller, `derivatives [${n} × ${outputs}]`, derivatives, n * outputs);
  expectNumbers(caller, `residuals [${n} × ${outputs}]`, residuals, n * outputs);
  const products = new Float64Array(n);
  let curvature = 0;
  let slope = 0;
  let twiceLoss = 0;
  for (let i = 0; i < n; i++) {
    for (let a = i * outputs; a < (i + 1) * outputs; a++) {
      products[i]! += residuals[a]! * derivatives[a]!;
      curvature += derivatives[a]! ** 2 / n;
      twiceLoss += residuals[a]! ** 2 / n;
    }
    slope += products[i]! / n;
  }
  let noise = 0;
  let uncentredNoise = 0;
  for (const product of products) {
    noise += (product - slope) ** 2 / n;
    uncentredNoise += product ** 2 / n;
  }
  const defined = twiceLoss >= 2 * SMALLEST_LOSS && curvature > 0;
  return {
    curvature,
    noise,
    uncentredNoise,
    alignment: defined ? noise / (twiceLoss * curvature) : undefined,
    uncentredAlignment: defined ? uncentredNoise / (twiceLoss * curvature) : undefined,
    slope,
  };
}
