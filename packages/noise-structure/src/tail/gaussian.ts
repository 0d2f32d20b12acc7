import { expectInteger, expectPositive } from "../noise-strength/arguments.js";
import { gaussianMultipliers } from "./gaussian-multipliers.js";
import { momentRoot } from "./moment-root.js";
import { tailIndex, type TailIndex } from "./tail-index.js";

/**
 * The exact tail index of one-dimensional linear regression with Gaussian inputs: the root τ of `E|1 − ηas|^τ = 1` with
 * `s ~ χ²_B/B`, the curvature of a batch of B inputs in units of its mean a.
 *
 * That the root is the tail index of `θ ← Mθ + noise` is Kesten's theorem (Kesten 1973, Acta Math. 131); this use of it is
 * derived here. {@link gaussianTailFormula} is the closed form of Ziyin, Liu, Mori & Ueda (2022), equal at τ = 2 only.
 *
 * By double-exponential quadrature on both sides of the kink at `s = 1/(ηa)`, its step halved until the root changes by less than
 * 1e-13, and bisection on a convex function. Milliseconds.
 *
 * @param product - `ηa`, learning rate times mean curvature, positive. From `2B/(B + 2)` on the variance is infinite.
 * @param batchSize - B, independent inputs in a batch.
 * @returns `standardError` 0.
 * @throws NoiseStructureError INVALID_ARGUMENT.
 */
export function gaussianTailIndex(product: number, batchSize: number): TailIndex {
  expectPositive("gaussianTailIndex", "product", product);
  expectInteger("gaussianTailIndex", "batchSize", batchSize);
  let last = NaN;
  for (let step = 1 / 16; ; step /= 2) {
    const { logs, logWeights } = gaussianMultipliers(product, batchSize, step);
    const { root, drift } = momentRoot(logs, logWeights);
    const still = root === last || Math.abs(root - last) <= 1e-13 * root + 1e-15;
    if (still || step < 1 / 2000) return tailIndex(root, drift, 0);
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
