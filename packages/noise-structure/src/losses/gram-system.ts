import { gramOfRows } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "../errors.js";
import type { GramSystem } from "../gram-system.js";
import { lossDerivatives, type LossDerivatives, type LossInputs } from "./derivatives.js";

/**
 * The Gram system `(K̃, r̃)` of a convex loss on the outputs, which stands for `(K, r)` of the square loss in every function of
 * this package and of the stability criterion.
 */
export interface GeneralisedGramSystem extends GramSystem {
  /** L, the mean loss: what `(1/2n) Σ‖r̃ᵢ‖²` is not, unless the loss is square. */
  loss: number;
  /** `m = (1/n) Σ sᵢᵀSᵢ⁺sᵢ = (1/n) Σ‖r̃ᵢ‖²`: the scale that takes the place of 2L in μ and β of these residuals. */
  naturalScale: number;
  /** `(1/n) Σ Tr Sᵢ`: 0 where the loss has no curvature left. */
  meanCurvature: number;
  /** C of the model; `outputs` counts the rows of R, of which cross-entropy has one less. */
  modelOutputs: number;
}

/**
 * The generalised Gram matrix `K̃ᵢⱼ = RᵢKᵢⱼRⱼᵀ` and residuals `r̃ᵢ`, with `RᵢᵀRᵢ = Sᵢ = ∇²_fℓ` and `Rᵢᵀr̃ᵢ = sᵢ = ∇_fℓ`: rows `J̃ᵢ = RᵢJᵢ`
 * have `J̃ᵢᵀJ̃ᵢ = JᵢᵀSᵢJᵢ` and `J̃ᵢᵀr̃ᵢ = Jᵢᵀsᵢ`. Whatever is a function of (K, r) for the square loss is the same function of
 * (K̃, r̃) for the Gauss–Newton linearisation of this loss: G = (1/n) Σ JᵢᵀSᵢJᵢ, the noise, thresholds of every optimizer. Only
 * where a formula has the loss itself, as μ and β have, its natural scale m stands for 2L.
 *
 * The linearisation is that of Schraudolph's generalised Gauss–Newton matrix, Neural Computation 14 (2002); that the whole theory
 * follows from (K̃, r̃) is derived here.
 *
 * @param source - J of the outputs, `nC × P`, or K, `nC × nC`, row-major, row i·C + c for output c of example i.
 * @param inputs - Outputs, targets, the loss and weights.
 * @param shape - n and C.
 * @returns Cost `(nC)²P` operations from J and `O(n²C³)` from K.
 * @throws NoiseStructureError as `lossDerivatives`; SHAPE_MISMATCH, NOT_FINITE for the matrix.
 */
export function generalisedGramSystem(
  source: { jacobian: Float64Array | Float32Array } | { gram: Float64Array | Float32Array },
  inputs: LossInputs,
  shape: { examples: number; outputs: number },
): GeneralisedGramSystem {
  const derivatives = lossDerivatives(inputs, shape);
  const { rows, residuals, loss, naturalScale, meanCurvature } = derivatives;
  const { examples, outputs: modelOutputs } = shape;
  const size = examples * modelOutputs;
  const scales = { loss, naturalScale, meanCurvature, modelOutputs };
  if ("jacobian" in source) {
    const parameters = source.jacobian.length / size;
    if (!Number.isInteger(parameters) || parameters === 0)
      throw mismatch(`jacobian of ${size} rows (${examples} examples × ${modelOutputs} outputs)`, source.jacobian);
    expectFinite("jacobian", source.jacobian);
    const scaled = leftMultiplied(source.jacobian, parameters, derivatives);
    return { examples, outputs: rows, gram: gramOfRows(scaled, examples * rows, parameters), residuals, ...scales };
  }
  if (source.gram.length !== size * size)
    throw mismatch(`gram [${size} × ${size}], ${size * size} numbers`, source.gram);
  expectFinite("gram", source.gram);
  const half = leftMultiplied(source.gram, size, derivatives);
  return { examples, outputs: rows, gram: rightMultiplied(half, derivatives), residuals, ...scales };
}

/** `RᵢAᵢ` for the C rows of each example of an `nC × columns` matrix. */
function leftMultiplied(
  matrix: ArrayLike<number>,
  columns: number,
  { examples, outputs, rows, factors }: LossDerivatives,
): Float64Array {
  const result = new Float64Array(examples * rows * columns);
  for (let a = 0; a < examples * rows; a++) {
    const example = Math.floor(a / rows);
    for (let c = 0; c < outputs; c++) {
      const weight = factors[a * outputs + c]!;
      if (weight === 0) continue;
      const from = (example * outputs + c) * columns;
      for (let j = 0, to = a * columns; j < columns; j++, to++) result[to]! += weight * matrix[from + j]!;
    }
  }
  return result;
}

/** `AᵢⱼRⱼᵀ` for the C columns of each example, the part above the diagonal as that below. */
function rightMultiplied(matrix: Float64Array, { examples, outputs, rows, factors }: LossDerivatives): Float64Array {
  const size = examples * rows;
  const columns = examples * outputs;
  const result = new Float64Array(size * size);
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++) {
      const example = Math.floor(b / rows);
      let sum = 0;
      for (let c = 0, at = a * columns + example * outputs; c < outputs; c++, at++)
        sum += factors[b * outputs + c]! * matrix[at]!;
      result[a * size + b] = sum;
      result[b * size + a] = sum;
    }
  return result;
}

const mismatch = (expected: string, array: ArrayLike<number>): NoiseStructureError =>
  new NoiseStructureError(
    "SHAPE_MISMATCH",
    `generalisedGramSystem: expected ${expected}, got ${array.length}${expected.includes("numbers") ? "" : " numbers"}.`,
  );

function expectFinite(name: string, array: ArrayLike<number>): void {
  for (let a = 0; a < array.length; a++)
    if (!Number.isFinite(array[a]!))
      throw new NoiseStructureError(
        "NOT_FINITE",
        `generalisedGramSystem: expected finite ${name}, got ${array[a]!} at index ${a}.`,
      );
}
