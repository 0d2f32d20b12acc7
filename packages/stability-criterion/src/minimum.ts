import { gramExponent, multiplyLower, symmetricProduct, transpose, type Precision } from "@sgdscope/linear-algebra";
import {
  alignmentRange,
  gramSpectrum,
  noiseStructure,
  type AlignmentRange,
  type GramSpectrum,
  type GramSystem,
  type NoiseStructure,
  type RankOptions,
} from "@sgdscope/noise-structure";
import { blocksOfProduct, timesBlocks } from "./residual-blocks.js";
import { StabilityError } from "./errors.js";
import { oncePerMinimum } from "./once.js";

/**
 * A minimum in its own eigenbasis: `H = Σ λ_a v_av_aᵀ` on its range, and the Jacobians in that basis, `J_i v_a = X_ia`.
 * Prepared once, it serves any number of learning rates and batch sizes. All second moments are `rank × rank` matrices
 * in this basis; the number of parameters never appears.
 */
export interface PreparedMinimum {
  system: GramSystem;
  spectrum: GramSpectrum;
  examples: number;
  outputs: number;
  /** Dimension of the range of H under the rank tolerance. */
  rank: number;
  /** λ, eigenvalues of `H = JᵀJ/n`, largest first; length `rank`. */
  eigenvalues: Float64Array;
  /** `X = U·√(nλ)`, `nC × rank`, row-major: `XXᵀ` is the Gram matrix and `XᵀX/n = diag(λ)`. */
  features: Float64Array;
  /** `Xᵀ`, `rank × nC`. */
  transposedFeatures: Float64Array;
  /** `Tr H, Tr H², Tr H³, Tr H⁴`. */
  powerTraces: readonly [number, number, number, number];
  /** `‖G‖_F`, which is `‖H‖_F` at a global minimum. */
  frobeniusG: number;
  /** `(1/n) Σ‖Hᵢ‖_F²` with `Hᵢ = JᵢᵀJᵢ`; for one output the mean of `‖gᵢ‖⁴`. */
  meanSquaredH: number;
  /** `(1/n) Σ‖JᵢHJᵢᵀ‖_F²`; for one output the mean of `χᵢ²`. */
  meanSquaredChi: number;
  /** The range of μ over realizable residuals; computed at the first call. */
  alignmentRange: () => AlignmentRange;
}

/**
 * Prepares a Gram system for the stability theory: one eigendecomposition, shared by everything after.
 *
 * The theory speaks of a global minimum, where `H = G`; elsewhere the results describe the Gauss–Newton model at that
 * point. A prepared minimum is returned as it is.
 *
 * @param options.rankTolerance - Eigenvalues below this fraction of the largest are left out; see `RankOptions`. The exact
 *   threshold hardly depends on it; the growth rate of a *stable* minimum is that of its slowest direction and does.
 * @returns Cost about `8(nC)³` operations and four matrices of memory.
 * @throws NoiseStructureError as `gramSpectrum`; StabilityError NO_CURVATURE when the Gram matrix is zero, INVALID_ARGUMENT where
 *   its largest diagonal entry lies outside 2^±100: fourth powers would leave the range of Float64.
 */
export function prepareMinimum(system: GramSystem | PreparedMinimum, options: RankOptions = {}): PreparedMinimum {
  if ("spectrum" in system) return system;
  const exponent = gramExponent(system);
  if (exponent !== 0)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `prepareMinimum: expected gram with a largest diagonal entry between 2^-100 and 2^100, got one of about 2^${exponent}. With gram in units of 2^${exponent} (inGramUnits of linear-algebra) every learning rate is 2^${exponent} times as large.`,
    );
  const spectrum = gramSpectrum(system, options);
  const { examples, outputs, rank } = spectrum;
  if (rank === 0)
    throw new StabilityError("NO_CURVATURE", "prepareMinimum: expected gram with a positive eigenvalue, got zero.");
  const size = examples * outputs;
  const eigenvalues = spectrum.eigenvalues.slice(0, rank);
  const transposedFeatures = spectrum.vectors.slice(0, rank * size);
  for (let a = 0; a < rank; a++) {
    const length = Math.sqrt(examples * eigenvalues[a]!);
    for (let i = a * size; i < (a + 1) * size; i++) transposedFeatures[i]! *= length;
  }
  const features = transpose(transposedFeatures, rank, size);
  const powerTraces: [number, number, number, number] = [0, 0, 0, 0];
  for (const value of eigenvalues) for (let k = 0; k < 4; k++) powerTraces[k]! += value ** (k + 1);
  let range: AlignmentRange | undefined;
  return {
    system,
    spectrum,
    examples,
    outputs,
    rank,
    eigenvalues,
    features,
    transposedFeatures,
    powerTraces,
    frobeniusG: Math.sqrt(powerTraces[1]),
    meanSquaredH: meanSquaredBlocks(features, features, { examples, outputs, rank }),
    meanSquaredChi: meanSquaredBlocks(
      features.map((value, k) => value * eigenvalues[k % rank]!),
      features,
      { examples, outputs, rank },
    ),
    alignmentRange: () => (range ??= alignmentRange(system, { spectrum })),
  };
}

/** The noise structure at the residuals of a prepared minimum; computed at the first call for that minimum. */
export const noiseStructureAt: (minimum: PreparedMinimum) => NoiseStructure = oncePerMinimum(({ system, spectrum }) =>
  noiseStructure(system, { spectrum }),
);

/** `(1/n) Σᵢ‖LᵢRᵢᵀ‖_F²`. */
function meanSquaredBlocks(
  left: Float64Array,
  right: Float64Array,
  { examples, outputs, rank }: Pick<PreparedMinimum, "examples" | "outputs" | "rank">,
): number {
  let sum = 0;
  for (const entry of blocksOfProduct(left, right, rank, outputs)) sum += entry * entry;
  return sum / examples;
}

/** What second moments of residuals and parameters are turned into each other by. */
export type SpreadBasis = Pick<PreparedMinimum, "examples" | "outputs" | "rank" | "features" | "transposedFeatures">;

/** Matrices that products of one minimum write over, each `rank × nC` or `rank × rank`: new ones cost as much as a tenth of a product. */
export interface Room {
  rows: Float64Array;
  moment: Float64Array;
}

/** @internal Room for products with a minimum. */
export const roomFor = ({ examples, outputs, rank }: SpreadBasis): Room => ({
  rows: new Float64Array(rank * examples * outputs),
  moment: new Float64Array(rank * rank),
});

/**
 * `Σᵢ XᵢᵀQᵢXᵢ` for blocks `Qᵢ`, C × C: what noise of covariance `Qᵢ` in the residuals of example i puts on the parameters.
 *
 * @param blocks - n symmetric blocks of C × C, one after the other.
 * @param options.precision - See `symmetricProduct`. Default `"double"`.
 * @param options.room - Written over; the result is its `moment`.
 * @returns `rank × rank`, symmetric. Cost `rank²·nC` operations.
 */
export function spread(
  minimum: SpreadBasis,
  blocks: Float64Array,
  { precision = "double", room }: { precision?: Precision; room?: Room } = {},
): Float64Array {
  const { examples, outputs, rank, transposedFeatures: xt } = minimum;
  const weighted = timesBlocks(xt, blocks, rank, outputs, room?.rows);
  const into = room === undefined ? {} : { out: room.moment };
  return symmetricProduct(xt, weighted, rank, examples * outputs, { precision, ...into });
}

/**
 * The blocks `XᵢMXᵢᵀ` of a second moment `M` of the parameters: the second moments of the residuals of each example.
 * The adjoint of {@link spread}.
 *
 * Half of M is enough, `M = L + Lᵀ` with L lower triangular: `XᵢMXᵢᵀ = Aᵢ + Aᵢᵀ` with `Aᵢ = XᵢLXᵢᵀ`.
 *
 * @param moment - Symmetric `rank × rank`, of which the lower triangle is read.
 * @param options.precision - See `symmetricProduct`. Default `"double"`.
 * @param options.room - Written over; the moment may be its `moment`.
 * @returns n blocks of C × C. Cost `rank²·nC` operations.
 */
export function collect(
  minimum: SpreadBasis,
  moment: Float64Array,
  { precision = "double", room }: { precision?: Precision; room?: Room } = {},
): Float64Array {
  const { examples, outputs, rank, features: x } = minimum;
  const lower = room?.moment ?? new Float64Array(rank * rank);
  for (let a = 0; a < rank; a++) {
    if (lower !== moment) lower.set(moment.subarray(a * rank, a * rank + a), a * rank);
    lower[a * rank + a] = moment[a * rank + a]! / 2;
    lower.fill(0, a * rank + a + 1, (a + 1) * rank);
  }
  const into = room === undefined ? {} : { out: room.rows };
  const image = multiplyLower(x, lower, examples * outputs, rank, { precision, ...into });
  const halves = blocksOfProduct(image, x, rank, outputs);
  const blocks = new Float64Array(halves.length);
  for (let q = 0; q < blocks.length; q += outputs * outputs)
    for (let c = 0; c < outputs; c++)
      for (let d = 0; d < outputs; d++)
        blocks[q + c * outputs + d] = halves[q + c * outputs + d]! + halves[q + d * outputs + c]!;
  return blocks;
}
