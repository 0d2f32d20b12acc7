import type { GramSystem } from "./gram-system.js";
import { expectInteger } from "./noise-strength/arguments.js";
import { SMALLEST_LOSS } from "./noise-structure.js";
import { gramSpectrum, type GramSpectrum, type RankOptions } from "./spectrum.js";

/** Noise along one unit eigenvector `v` of G. */
export interface DirectionalAlignment {
  /** `vᵀGv`, the eigenvalue. */
  curvature: number;
  /** `vᵀΣv`. */
  noise: number;
  /** `vᵀΣ₁v`. */
  uncentredNoise: number;
  /** `vᵀΣv/(2L·vᵀGv)`; undefined where the loss is below 1e-20. */
  alignment: number | undefined;
  /** `vᵀΣ₁v/(2L·vᵀGv)`. */
  uncentredAlignment: number | undefined;
}

/**
 * How the noise is spread over the eigendirections of G, largest eigenvalue first.
 *
 * With `Kz = nλz` the direction is `v = Jᵀz/√(nλ)`, so `vᵀΣ₁v = λ Σᵢ(rᵢ·zᵢ)²` and `v·∇L = √(λ/n)(z·r)`.
 * The ratio is the directional alignment of Wang & Wu (2023), arXiv:2310.00692, who use Σ₁; the Gram-matrix form is
 * derived here.
 *
 * @param options.count - How many directions; default, and at most, the rank.
 * @param options.spectrum - A spectrum that is already known, from `gramSpectrum`.
 * @throws NoiseStructureError as `gramSpectrum`; INVALID_ARGUMENT for a count that is none.
 */
export function directionalAlignment(
  system: GramSystem,
  options: RankOptions & { count?: number; spectrum?: GramSpectrum } = {},
): DirectionalAlignment[] {
  if (options.count !== undefined) expectInteger("directionalAlignment", "options.count", options.count, 0);
  const spectrum = options.spectrum ?? gramSpectrum(system, options);
  const { examples: n, outputs, residuals } = system;
  const size = n * outputs;
  let squares = 0;
  for (const r of residuals) squares += r * r;
  const twiceLoss = squares / n;
  const defined = twiceLoss >= 2 * SMALLEST_LOSS;
  const count = Math.min(options.count ?? spectrum.rank, spectrum.rank);
  return Array.from({ length: count }, (_, k) => {
    const curvature = spectrum.eigenvalues[k]!;
    const products = new Float64Array(n);
    let mean = 0;
    for (let i = 0; i < n; i++) {
      for (let a = i * outputs; a < (i + 1) * outputs; a++)
        products[i]! += residuals[a]! * spectrum.vectors[k * size + a]!;
      mean += products[i]! / n;
    }
    let second = 0;
    let variance = 0;
    for (const product of products) {
      second += product * product;
      variance += (product - mean) ** 2;
    }
    const noise = curvature * variance;
    const uncentredNoise = curvature * second;
    return {
      curvature,
      noise,
      uncentredNoise,
      alignment: defined ? noise / (twiceLoss * curvature) : undefined,
      uncentredAlignment: defined ? uncentredNoise / (twiceLoss * curvature) : undefined,
    };
  });
}
