import { expectInteger, expectPositive } from "../noise-strength/arguments.js";
import { isotropicMultipliers } from "./gaussian-multipliers.js";
import { momentRoot } from "./moment-root.js";
import { tailIndex, type TailIndex } from "./tail-index.js";

/**
 * The exact tail index of linear regression with isotropic Gaussian inputs, of the distance from the minimum: in one dimension the
 * root τ of `E|1 − ηas|^τ = 1` with `s ~ χ²_B/B`, the curvature of a batch of B inputs in units of its mean a; in d dimensions
 * that of `E[(1 − ηas)² + (ηa)²st/B]^{τ/2} = 1` with `t ~ χ²_{d−1}`, which is 2 at the critical learning rate
 * `2B/(a(B + d + 1))` of second moments.
 *
 * That the root is the tail index of `θ ← Mθ + noise` is Kesten's theorem (Kesten 1973, Acta Math. 131); this use of it is
 * derived here, for d > 1 from the invariance under rotations, by which the factors of the length are independent.
 * {@link gaussianTailFormula} is the closed form of Ziyin, Liu, Mori & Ueda (2022), equal at τ = 2 only. No equation of small steps
 * has this tail: at B = 1 it tends to 1.7956/(ηa), where that with decoupled noise says 2/(ηa) and that with the true noise 1/(ηa).
 *
 * By double-exponential quadrature on both sides of the kink at `s = 1/(ηa)`, its step halved until the root changes by less than
 * 1e-13, for d > 1 1e-5, whose square the error is then, and bisection on a convex function. Milliseconds in one dimension, about half a second beyond.
 *
 * @param product - `ηa`, learning rate times mean curvature, positive. From `2B/(B + 2)` on the variance is infinite.
 * @param batchSize - B, independent inputs in a batch.
 * @param options.dimension - d, default 1.
 * @returns `standardError` 0.
 * @throws NoiseStructureError INVALID_ARGUMENT.
 */
export function gaussianTailIndex(product: number, batchSize: number, options: { dimension?: number } = {}): TailIndex {
  const { dimension = 1 } = options;
  expectPositive("gaussianTailIndex", "product", product);
  expectInteger("gaussianTailIndex", "batchSize", batchSize);
  expectInteger("gaussianTailIndex", "options.dimension", dimension);
  const [tolerance, finest] = dimension === 1 ? [1e-13, 1 / 2000] : [1e-5, 1 / 32];
  let last = NaN;
  for (let step = dimension === 1 ? 1 / 16 : 1 / 4; ; step /= 2) {
    const { logs, logWeights } = isotropicMultipliers(product, batchSize, dimension, step);
    const { root, drift } = momentRoot(logs, logWeights);
    const still = root === last || Math.abs(root - last) <= tolerance * root + 1e-15;
    if (still || step < finest) return tailIndex(root, drift, 0);
    last = root;
  }
}

/**
 * The tail index claimed in closed form for one-dimensional linear regression, `2B/(ηa) − B`.
 *
 * Source: Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375. It matches the second moment: equal to the exact index where
 * that is 2, and only there (checked here); at B = 8, ηa = 1 it says 8 and {@link gaussianTailIndex} 6.2023.
 *
 * @param product - `ηa`.
 * @param batchSize - B.
 * @returns Negative for `ηa > 2`.
 * @throws NoiseStructureError INVALID_ARGUMENT.
 */
export function gaussianTailFormula(product: number, batchSize: number): number {
  expectPositive("gaussianTailFormula", "product", product);
  expectInteger("gaussianTailFormula", "batchSize", batchSize);
  return (2 * batchSize) / product - batchSize;
}
