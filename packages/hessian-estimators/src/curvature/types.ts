import type { LanczosQuadrature } from "../density/ghorbani2019slq.js";
import type { MomentCheck } from "../density/moments.js";
import type { DiagonalEstimate } from "../diagonal/bekas2007.js";
import type { LongOptions, Randomness, ResumableOptions, SampledEstimate } from "../operator.js";
import type { Which } from "../spectrum/wanted.js";

/** What `curvature` accepts. */
export interface CurvatureOptions extends LongOptions<undefined>, Randomness, ResumableOptions {
  /** Products to spend; 96 by default. From `operator.size` on, everything is computed exactly instead. */
  maxMatvecs?: number | undefined;
  /** Independent Krylov runs among which the products are divided, at least 3; `maxMatvecs`/8 by default, between 8 and 12. */
  probes?: number | undefined;
  /** Eigenpairs to return; 5 by default. */
  count?: number | undefined;
  /** Which ones; `"largest-magnitude"` by default. */
  which?: Which | undefined;
  /** Whether to estimate the diagonal too: size·maxMatvecs²·probes operations at the end, no product. True by default. */
  diagonal?: boolean | undefined;
}

/** Eigenpairs obtained along with other quantities; their residuals say how accurate they are. */
export interface RitzPairs {
  /** Most wanted first (for `"both-ends"` largest first). */
  values: Float64Array;
  /** Unit vectors, orthogonal to each other. */
  vectors: Float64Array[];
  /** ‖Av − λv‖ of each pair; some eigenvalue of a symmetric A lies at most this far from λ. */
  residuals: Float64Array;
}

/** Everything that one set of products says of an operator. */
export interface Curvature {
  method: "exact" | "estimated";
  /** Products spent, once for all quantities. */
  matvecs: number;
  /** Tr A. */
  trace: SampledEstimate;
  /** ‖A‖_F. */
  norm: SampledEstimate;
  /** (Tr A)²/‖A‖_F²: between 1 and the rank for a positive semidefinite A. */
  participationRatio: SampledEstimate;
  /** ‖A‖_F²/λ² for the λ of largest magnitude. */
  stableRank: SampledEstimate;
  eigenpairs: RitzPairs;
  /** For `spectralDensity`, `traceOfFunction`, `logDeterminant` and the rest. Where the method is exact: the spectrum itself, twice. */
  quadrature: LanczosQuadrature;
  /** Undefined where it was not asked for. */
  diagonal: DiagonalEstimate | undefined;
  /** The first two moments of the density against trace and norm. */
  moments: MomentCheck;
}
