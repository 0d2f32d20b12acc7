import { gramExponent, inGramUnits, symmetricEigen, timesPowerOfTwo } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "./errors.js";
import { checkGramSystem, type GramSystem } from "./gram-system.js";

/** The eigendecomposition of a Gram matrix, as the spectrum of `G = JᵀJ/n`. Compute it once and pass it on. */
export interface GramSpectrum {
  examples: number;
  outputs: number;
  /** Eigenvalues of `G`, that is of `K/n`, largest first; length nC, negative rounding errors clipped to 0. */
  eigenvalues: Float64Array;
  /** Row k is the unit eigenvector of K for eigenvalue k; `nC × nC`, row-major. */
  vectors: Float64Array;
  /** How many eigenvalues exceed `rankTolerance` times the largest. */
  rank: number;
  rankTolerance: number;
}

/** What counts as a zero eigenvalue. */
export interface RankOptions {
  /**
   * Eigenvalues below this fraction of the largest count as zero. Default 1e-10, for a Gram matrix computed in double
   * precision. One summed in Float32 carries rounding eigenvalues of about 1e-7 of the largest: take 1e-6 there.
   */
  rankTolerance?: number;
}

/**
 * The spectrum of the Gauss–Newton matrix `G` with the eigenvectors of the Gram matrix.
 *
 * @param options.rankTolerance - See {@link RankOptions}.
 * @param options.negativeTolerance - Most negative accepted eigenvalue, relative to the largest. Default 1e-5.
 * @returns About `8(nC)³` operations, three matrices of memory.
 * @throws NoiseStructureError as {@link checkGramSystem}; NOT_POSITIVE_SEMIDEFINITE when an eigenvalue is negative beyond
 *   the tolerance; INVALID_ARGUMENT for a tolerance outside [0, 1).
 */
export function gramSpectrum(
  system: GramSystem,
  options: RankOptions & { negativeTolerance?: number } = {},
): GramSpectrum {
  const { rankTolerance = 1e-10, negativeTolerance = 1e-5 } = options;
  if (!(rankTolerance >= 0 && rankTolerance < 1))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `gramSpectrum: expected options.rankTolerance in [0, 1), got ${rankTolerance}.`,
    );
  if (!(negativeTolerance >= 0))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `gramSpectrum: expected options.negativeTolerance of at least 0, got ${negativeTolerance}.`,
    );
  checkGramSystem(system, "gramSpectrum");
  const { examples, outputs } = system;
  const size = examples * outputs;
  const unit = gramExponent(system);
  const { values, vectors } = symmetricEigen(symmetrized(inGramUnits(system, unit).gram, size), size);
  const largest = Math.max(values[0]!, 0);
  const smallest = values[size - 1]!;
  if (smallest < -negativeTolerance * Math.max(largest, -smallest))
    throw new NoiseStructureError(
      "NOT_POSITIVE_SEMIDEFINITE",
      `gramSpectrum: expected gram = JJᵀ without negative eigenvalues, got ${timesPowerOfTwo(smallest, unit).toPrecision(4)} beside the largest ${timesPowerOfTwo(largest, unit).toPrecision(4)}.`,
    );
  const scaled = values.map((value) => Math.max(value, 0) / examples);
  let rank = 0;
  while (rank < size && scaled[rank]! > rankTolerance * scaled[0]!) rank++;
  const eigenvalues = unit === 0 ? scaled : scaled.map((value) => timesPowerOfTwo(value, unit));
  return { examples, outputs, eigenvalues, vectors, rank, rankTolerance };
}

/** The mean of a matrix and its transpose. */
function symmetrized(gram: Float64Array, size: number): Float64Array {
  const mean = gram.slice();
  for (let a = 0; a < size; a++)
    for (let b = 0; b < a; b++) mean[a * size + b] = (gram[a * size + b]! + gram[b * size + a]!) / 2;
  return mean;
}
