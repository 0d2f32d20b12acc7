import { expectLength, ModelsRfmError } from "../errors.js";
import { dot, product, transposed } from "../matrix.js";
import type { DeepLinear } from "../models/deep-linear.js";

/** Singular vectors of the teacher, columns of row-major matrices; the identity where absent. */
export interface TeacherBases {
  /** U, [C, modes]. */
  left?: Float64Array;
  /** V, [d, modes]. */
  right?: Float64Array;
}

/**
 * The balanced start aligned with a teacher U diag(s) Vᵀ: every layer diagonal with entries u_a = w_a^(1/L) in the teacher's
 * bases, so that W_L ⋯ W_1 = U diag(w) Vᵀ and W_{l+1}ᵀW_{l+1} = W_lW_lᵀ.
 *
 * @param modes - w_a ≥ 0, at most as many as the narrowest layer is wide.
 * @returns θ of length P.
 * @throws ModelsRfmError `WRONG_LENGTH` for too many modes or bases that do not fit, `INVALID_VALUE` for a negative mode.
 */
export function alignedStart(model: DeepLinear, modes: ArrayLike<number>, bases: TeacherBases = {}): Float64Array {
  const { inputs, outputs, depth } = model;
  const count = modes.length;
  const narrowest = Math.min(inputs, outputs, ...Object.values(model.shapes).flat());
  if (count > narrowest)
    throw new ModelsRfmError("WRONG_LENGTH", `alignedStart: expected at most ${narrowest} modes, got ${count}`);
  const left = basis("alignedStart: expected left", bases.left, outputs, count);
  const right = basis("alignedStart: expected right", bases.right, inputs, count);
  const theta = new Float64Array(model.parameters);
  let offset = 0;
  Object.values(model.shapes).forEach((shape, l) => {
    const [rows, columns] = [shape[0]!, shape[1]!];
    for (let a = 0; a < count; a++) {
      const w = modes[a]!;
      if (!(w >= 0))
        throw new ModelsRfmError("INVALID_VALUE", `alignedStart: expected modes[${a}] to be a number ≥ 0, got ${w}`);
      const u = w ** (1 / depth);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const before = l === depth - 1 ? left[i * count + a]! : Number(i === a);
          const behind = l === 0 ? right[j * count + a]! : Number(j === a);
          theta[offset + i * columns + j]! += before * u * behind;
        }
    }
    offset += rows * columns;
  });
  return theta;
}

/**
 * The modes w_a = u_aᵀ(W_L ⋯ W_1)v_a of a deep linear network along the teacher's singular vectors, the diagonal of UᵀWV.
 *
 * @returns Length min(C, d), or the number of columns of the bases.
 * @throws ModelsRfmError `WRONG_LENGTH`.
 * @see The code of Corlouer et al. (2026), arXiv:2604.06366, which measures the same quantities.
 */
export function modesOf(model: DeepLinear, theta: Float64Array, bases: TeacherBases = {}): Float64Array {
  const { inputs, outputs } = model;
  const columns = bases.left ? bases.left.length / outputs : bases.right ? bases.right.length / inputs : Infinity;
  const count = Math.min(inputs, outputs, columns);
  const left = transposed(basis("modesOf: expected left", bases.left, outputs, count), outputs, count);
  const right = transposed(basis("modesOf: expected right", bases.right, inputs, count), inputs, count);
  const W = product(left, model.endToEnd(theta), count, outputs, inputs);
  return Float64Array.from({ length: count }, (_, a) => dot(W, a * inputs, right, a * inputs, inputs));
}

/**
 * How far neighbouring layers are from balance: the largest ‖W_{l+1}ᵀW_{l+1} − W_lW_lᵀ‖_F. Gradient flow conserves these
 * matrices. Zero for a single layer.
 *
 * @throws ModelsRfmError `WRONG_LENGTH`.
 * @see Arora, Cohen and Hazan (2018), arXiv:1802.06509, on balanced layers (recalled, not confirmed).
 */
export function layerImbalance(model: DeepLinear, theta: Float64Array): number {
  expectLength("layerImbalance: expected theta", theta, model.parameters);
  const shapes = Object.values(model.shapes);
  let [offset, worst] = [0, 0];
  for (let l = 0; l + 1 < shapes.length; l++) {
    const [rows, columns, behind] = [shapes[l]![0]!, shapes[l]![1]!, shapes[l + 1]![0]!];
    const W = theta.subarray(offset, offset + rows * columns);
    offset += rows * columns;
    const next = theta.subarray(offset, offset + behind * rows);
    const fromBehind = product(transposed(next, behind, rows), next, rows, behind, rows);
    const fromBefore = product(W, transposed(W, rows, columns), rows, columns, rows);
    worst = Math.max(worst, distance(fromBehind, fromBefore));
  }
  return worst;
}

function distance(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0));
}

function basis(what: string, given: Float64Array | undefined, rows: number, columns: number): Float64Array {
  if (given) expectLength(what, given, rows * columns);
  return (
    given ?? Float64Array.from({ length: rows * columns }, (_, k) => Number(Math.floor(k / columns) === k % columns))
  );
}
