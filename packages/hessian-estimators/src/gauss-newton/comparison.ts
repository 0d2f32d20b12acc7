import { judgedBySamples } from "../internal/coverage.js";
import { momentsOf, skewness, standardError } from "../internal/moments.js";
import type { SampledEstimate } from "../operator.js";

/** Squares of Frobenius norms, or the sample of them from one probe. */
export interface Squares {
  hessian: number;
  gaussNewton: number;
  difference: number;
}

/** The Hessian beside its Gauss–Newton part. */
export interface GaussNewtonSplit {
  /** ‖H‖_F. */
  hessian: SampledEstimate;
  /** ‖G‖_F. */
  gaussNewton: SampledEstimate;
  /** ‖H − G‖_F. */
  difference: SampledEstimate;
  /** ‖H − G‖_F/‖H‖_F: 0 at a global minimum of the square loss. */
  relativeDifference: SampledEstimate;
  /** ⟨H, G⟩_F/(‖H‖_F‖G‖_F). */
  cosine: SampledEstimate;
  /** Products with both operators together. */
  matvecs: number;
}

/** The comparison from the known and the sampled squares; exact if none was sampled. */
export function comparison(
  known: Squares,
  probes: readonly Squares[],
  { matvecs, precision }: { matvecs: number; precision: number },
): GaussNewtonSplit {
  const total = (key: keyof Squares): number =>
    known[key] + (probes.length === 0 ? 0 : momentsOf(probes.map((probe) => probe[key])).mean);
  const [h, g, d] = [total("hessian"), total("gaussNewton"), total("difference")];

  /** `value` with the standard error of Σ slope·square over the probes (delta method). */
  function linearised(value: number, slope: Partial<Squares>): SampledEstimate {
    const along = (probe: Squares): number =>
      (Object.entries(slope) as [keyof Squares, number][]).reduce((sum, [key, x]) => sum + x * probe[key], 0);
    if (probes.length === 0) return { value, standardError: 0, matvecs, samples: 0, converged: true };
    const moments = momentsOf(probes.map(along));
    // Rounding moves every norm by `precision` of the larger operator's, and a square by twice that times its own norm.
    const largest = precision * Math.sqrt(Math.max(h, g));
    const rounding = (Object.entries(slope) as [keyof Squares, number][]).map(
      ([key, x]) => 2 * x * Math.sqrt(total(key)) * largest,
    );
    return {
      value,
      standardError: Math.hypot(standardError(moments), ...rounding),
      matvecs,
      samples: probes.length,
      skewness: skewness(moments),
      ...judgedBySamples(probes.length),
      converged: true,
    };
  }

  const half = (square: number): number => (square > 0 ? 0.5 / Math.sqrt(square) : 0);
  const ratio = h > 0 ? Math.sqrt(d / h) : 0;
  const norms = Math.sqrt(h * g);
  const cosine = norms > 0 ? (h + g - d) / (2 * norms) : 0;
  return {
    hessian: linearised(Math.sqrt(h), { hessian: half(h) }),
    gaussNewton: linearised(Math.sqrt(g), { gaussNewton: half(g) }),
    difference: linearised(Math.sqrt(d), { difference: half(d) }),
    relativeDifference: linearised(
      ratio,
      d > 0 && h > 0 ? { difference: ratio / (2 * d), hessian: -ratio / (2 * h) } : {},
    ),
    cosine: linearised(
      cosine,
      norms > 0
        ? {
            hessian: 1 / (2 * norms) - cosine / (2 * h),
            gaussNewton: 1 / (2 * norms) - cosine / (2 * g),
            difference: -1 / (2 * norms),
          }
        : {},
    ),
    matvecs,
  };
}
