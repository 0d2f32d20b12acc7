import {
  gramExponent,
  inGramUnits,
  multiplyTransposed,
  symmetricEigenvalues,
  symmetricProduct,
  timesPowerOfTwo,
} from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "./errors.js";
import { checkGramSystem, type GramSystem } from "./gram-system.js";
import { gramSpectrum, type GramSpectrum, type RankOptions } from "./spectrum.js";

/** The range of the alignment factors over all residuals that the linearised model can produce. */
export interface AlignmentRange {
  /** `μ₀ = inf μ`, the worst case that the stability theorem needs; 0 where some direction carries no noise. */
  infimum: number;
  /** `sup μ`. */
  supremum: number;
  /** `inf μ₁` of the uncentred factor. */
  uncentredInfimum: number;
  /** `sup μ₁`, at most n. */
  uncentredSupremum: number;
  /** Dimension of the space of realizable residuals, `rank K` under the tolerance. */
  rank: number;
}

/**
 * The infimum and supremum of `μ = Tr(ΣG)/(2L‖G‖_F²)` over residuals `r` in the range of `K`, that is, over all
 * parameters of the model linearised with this Gram matrix.
 *
 * `μ = rᵀMr/(‖r‖²‖G‖_F²)` with `M = blockdiag(χᵢ) − K²/n²`, `χᵢ = (1/n) Σⱼ K_ijK_ji`, so with `U` an orthonormal basis of
 * the range the extremes are the extreme eigenvalues of `UᵀMU = Uᵀ blockdiag(χᵢ) U − diag(λ²)`, over `‖G‖_F²`.
 * Derived here (one output: `χᵢ = gᵢᵀGgᵢ`), checked against sampled residuals.
 *
 * @param system - Only `gram`, `examples` and `outputs` matter.
 * @param options.spectrum - A spectrum that is already known; its rank tolerance then applies. Without it, `8(nC)³` more operations.
 * @param options.rankTolerance - See `RankOptions`: with a Gram matrix from Float32, rounding directions left in the range
 *   can lower the infimum.
 * @throws NoiseStructureError as `gramSpectrum`; INVALID_ARGUMENT when the Gram matrix is zero.
 */
export function alignmentRange(
  system: GramSystem,
  options: RankOptions & { spectrum?: GramSpectrum } = {},
): AlignmentRange {
  const spectrum = options.spectrum ?? gramSpectrum(system, options);
  const { examples: n, outputs, vectors, rank } = spectrum;
  if (rank === 0)
    throw new NoiseStructureError("INVALID_ARGUMENT", "alignmentRange: gram is zero, so no alignment factor exists.");
  const size = n * outputs;
  const basis = vectors.subarray(0, rank * size);
  // The range has no unit: any that keeps squares in range will do.
  const unit = gramExponent(system);
  const scaled = inGramUnits(system, unit);
  const blocks = chiBlocks(scaled);
  const weighted = new Float64Array(rank * size);
  for (let k = 0; k < rank; k++)
    for (let i = 0; i < n; i++)
      for (let c = 0; c < outputs; c++) {
        let sum = 0;
        for (let d = 0; d < outputs; d++)
          sum += blocks[(i * outputs + c) * outputs + d]! * basis[k * size + i * outputs + d]!;
        weighted[k * size + i * outputs + c] = sum;
      }
  const second = symmetricProduct(basis, weighted, rank, size);
  let squared = 0;
  for (const value of scaled.gram) squared += (value / n) ** 2;
  // The whole space changes no eigenvalue of the blocks.
  const uncentred = rank === size ? eigenvaluesOfBlocks(blocks, outputs) : symmetricEigenvalues(second, rank);
  for (let k = 0; k < rank; k++) second[k * rank + k]! -= timesPowerOfTwo(spectrum.eigenvalues[k]!, -unit) ** 2;
  const centred = symmetricEigenvalues(second, rank);
  return {
    infimum: Math.max(0, centred[rank - 1]!) / squared,
    supremum: centred[0]! / squared,
    uncentredInfimum: Math.max(0, uncentred[rank - 1]!) / squared,
    uncentredSupremum: uncentred[0]! / squared,
    rank,
  };
}

/** All eigenvalues of a block-diagonal matrix, largest first. */
function eigenvaluesOfBlocks(blocks: Float64Array, outputs: number): Float64Array {
  const values = new Float64Array(blocks.length / outputs);
  for (let i = 0; i < values.length; i += outputs)
    values.set(symmetricEigenvalues(blocks.subarray(i * outputs, (i + outputs) * outputs), outputs), i);
  return values.sort().reverse();
}

/**
 * The blocks `χᵢ = JᵢGJᵢᵀ = (1/n) Σⱼ K_ijK_ji`; for one output the numbers `gᵢᵀGgᵢ`.
 *
 * @returns n blocks of C × C, row-major, one after the other. Cost `(nC)²C`.
 * @throws NoiseStructureError as `checkGramSystem`.
 */
export function chiBlocks(system: GramSystem): Float64Array {
  checkGramSystem(system, "chiBlocks");
  const { examples: n, outputs, gram } = system;
  const size = n * outputs;
  const blocks = new Float64Array(n * outputs * outputs);
  for (let i = 0; i < n; i++) {
    const rows = gram.subarray(i * outputs * size, (i + 1) * outputs * size);
    const block = multiplyTransposed(rows, rows, outputs, size, outputs);
    for (let k = 0; k < block.length; k++) blocks[i * outputs * outputs + k] = block[k]! / n;
  }
  return blocks;
}
