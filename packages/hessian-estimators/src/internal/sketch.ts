import { norm, scale } from "@sgdscope/linear-algebra";
import { projectOut } from "./project-out.js";

/** Y = QR, built column by column. */
export interface Sketch {
  /** Q: orthonormal. */
  basis: Float64Array[];
  /** Column i of R, which may be shorter than the basis. */
  columns: Float64Array[];
  /** Some column added no direction: the rank of the sketched operator is exhausted. */
  exhausted: boolean;
}

export const noSketch = (): Sketch => ({ basis: [], columns: [], exhausted: false });

/** Takes the next column of Y. */
export function takeColumn(sketch: Sketch, column: Float64Array): void {
  const y = column.slice();
  const before = norm(y);
  const coefficients = projectOut(sketch.basis, y);
  const rest = norm(y);
  if (rest <= 1e-10 * before) {
    sketch.exhausted = true;
    sketch.columns.push(coefficients);
    return;
  }
  sketch.basis.push(scale(1 / rest, y));
  sketch.columns.push(Float64Array.of(...coefficients, rest));
}

/**
 * For each column i of Y the unit vector s with orth(Y without column i) = Q(I − ssᵀ)Qᵀ: the columns of R⁻ᵀ, normalised.
 *
 * Where Y lacks rank, any column of a random sketch lies in the span of the others: then s = 0, and leaving one out changes nothing.
 *
 * Source: Epperly, Tropp and Webber (2024, arXiv 2301.07825), on the leave-one-out downdate.
 */
export function leftOut({ basis, columns, exhausted }: Sketch): Float64Array[] {
  const rank = basis.length;
  return columns.map((_, i) => {
    const s = new Float64Array(rank);
    if (exhausted) return s;
    // Rᵀs = eᵢ by forward substitution; entries before i are 0.
    for (let row = i; row < rank; row++) {
      let right = row === i ? 1 : 0;
      for (let j = i; j < row; j++) right -= columns[row]![j]! * s[j]!;
      s[row] = right / columns[row]![row]!;
    }
    return scale(1 / norm(s), s);
  });
}
