import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectNumbers, expectPositive } from "./arguments.js";
import { estimate, type Estimate } from "./estimate.js";
import { digamma, trigamma } from "./polygamma.js";

/**
 * The power φ of the stationary density `P(θ) ∝ L(θ)^−φ` around a minimum of positive loss, by maximum likelihood.
 *
 * In a quadratic basin `L = L*(1 + ‖u‖²)` in d dimensions the density of u is
 * `Γ(φ)/(π^{d/2}Γ(φ − d/2))·(1 + ‖u‖²)^−φ`, so φ solves `ψ(φ) − ψ(φ − d/2) = mean log(L/L*)` and each independent sample
 * carries the information `ψ′(φ − d/2) − ψ′(φ)`. The likelihood is derived here. The density, with
 * `φ = 1 + B/(ηh*)` for decoupled noise, is of Mori, Ziyin, Liu & Ueda (2021), arXiv:2105.09557; discrete SGD on a model
 * that does not decouple has another φ, or none.
 *
 * @param losses - L at points of the trajectory, at least two. The standard error assumes that they are independent: keep
 *   only every k-th, where k exceeds the correlation time.
 * @param options.minimumLoss - L*, in the same units, positive and at most the smallest loss.
 * @param options.dimensions - d, the directions in which the points move. Default 1.
 * @throws NoiseStructureError INVALID_ARGUMENT or NOT_FINITE.
 */
export function logLossPower(
  losses: ArrayLike<number>,
  options: { minimumLoss: number; dimensions?: number },
): Estimate {
  const caller = "logLossPower";
  const { minimumLoss, dimensions = 1 } = options;
  const count = losses.length;
  expectInteger(caller, "the number of losses", count, 2);
  expectNumbers(caller, "losses", losses, count);
  expectPositive(caller, "options.minimumLoss", minimumLoss);
  expectInteger(caller, "options.dimensions", dimensions);
  let mean = 0;
  for (let k = 0; k < count; k++) {
    if (losses[k]! < minimumLoss)
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `${caller}: expected losses of at least options.minimumLoss ${minimumLoss}, got ${losses[k]!} at index ${k}.`,
      );
    mean += Math.log1p((losses[k]! - minimumLoss) / minimumLoss) / count;
  }
  if (mean === 0)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: cannot fit a power, because all losses equal options.minimumLoss ${minimumLoss}; at least one must be above options.minimumLoss.`,
    );
  // The difference of digammas falls from ∞ at φ = d/2 to 0: bisect in the logarithm of the excess φ − d/2.
  const half = dimensions / 2;
  let low = Math.log(1e-12);
  let high = Math.log(1e12);
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    const excess = Math.exp(middle);
    if (digamma(excess + half) - digamma(excess) > mean) low = middle;
    else high = middle;
  }
  const excess = Math.exp((low + high) / 2);
  const information = trigamma(excess) - trigamma(excess + half);
  return estimate(excess + half, 1 / Math.sqrt(count * information));
}
