import { expectFinite, expectLength, LinearAlgebraError } from "../errors.js";

/** Eigenvalues of a symmetric tridiagonal matrix, largest first, with the rows that were multiplied by the eigenvectors. */
export interface TridiagonalEigen {
  /** Length n, largest first. */
  values: Float64Array;
  /** Row r, column k: component r of eigenvector k, when the rows were those of the identity; `rowCount × n`, row-major. */
  rows: Float64Array;
  rowCount: number;
}

/** Rotations are gathered up to this many before they are applied, so that they stay in the cache. */
const BUFFER = 1 << 15;
/** Sweeps for one eigenvalue in which it is wanted relative to its neighbours; after them, relative to the largest. */
const PATIENT_SWEEPS = 20;

/**
 * The eigenvalues of a symmetric tridiagonal matrix `T = S·diag(values)·Sᵀ` by the implicit QL method,
 * and the product `Z·S` for given rows `Z`.
 *
 * With `Z` the identity (`"vectors"`) the columns of the result are the eigenvectors; with `Z` only its first row
 * (`"first-components"`) the squares are the weights of Gauss quadrature (Golub & Welsch), at `O(n²)` cost.
 * Rotations are recorded and applied later, four rows at a time.
 *
 * @param diagonal - Length n.
 * @param offDiagonal - Length n − 1; entry k couples k and k + 1.
 * @param carry - What to multiply by the eigenvectors: `"vectors"`, `"first-components"`, `"none"`, or rows
 *   `{ rows, rowCount }` (row-major, `rowCount × n`), which are **overwritten**.
 * @returns Eigenvalues largest first. Cost about `10n²` without rows and `5n²` more for each row.
 * @throws LinearAlgebraError SHAPE_MISMATCH, NOT_FINITE, or NOT_CONVERGED after 60 sweeps for one eigenvalue.
 * @see Golub & Van Loan, Matrix Computations, 4th ed., §8.3; Golub & Welsch (1969), Math. Comp. 23.
 */
export function tridiagonalEigen(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  carry: "vectors" | "first-components" | "none" | { rows: Float64Array; rowCount: number } = "vectors",
): TridiagonalEigen {
  const n = diagonal.length;
  expectLength("tridiagonalEigen", "offDiagonal", offDiagonal, Math.max(0, n - 1));
  expectFinite("tridiagonalEigen", "diagonal", diagonal);
  expectFinite("tridiagonalEigen", "offDiagonal", offDiagonal);
  const { rows, rowCount } = typeof carry === "string" ? identityRows(n, carry) : carry;
  expectLength("tridiagonalEigen", "carry.rows", rows, rowCount * n);

  const d = diagonal.slice();
  const e = new Float64Array(n);
  e.set(offDiagonal);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i]!), Math.abs(e[i]!));
  if (largest > 0) {
    for (let i = 0; i < n; i++) {
      d[i]! /= largest;
      e[i]! /= largest;
    }
    iterate(d, e, rows, rowCount);
    for (let i = 0; i < n; i++) d[i]! *= largest;
  }
  return sortDescending(d, rows, rowCount);
}

function identityRows(
  n: number,
  kind: "vectors" | "first-components" | "none",
): { rows: Float64Array; rowCount: number } {
  const rowCount = kind === "vectors" ? n : kind === "none" || n === 0 ? 0 : 1;
  const rows = new Float64Array(rowCount * n);
  for (let i = 0; i < rowCount; i++) rows[i * n + i] = 1;
  return { rows, rowCount };
}

/** Implicit QL with Wilkinson's shift on the scaled matrix (d, e); leaves the eigenvalues in `d`. */
function iterate(d: Float64Array, e: Float64Array, rows: Float64Array, rowCount: number): void {
  const n = d.length;
  const rotations = rowCount === 0 ? undefined : rotationBuffer(rows, rowCount, n);
  for (let low = 0; low < n; low++) {
    for (let sweep = 0; ; sweep++) {
      // Where rounding of the large entries of a graded matrix keeps small ones from settling, it counts: largest of all is 1.
      const least = sweep < PATIENT_SWEEPS ? 0 : Number.EPSILON;
      let high = low;
      while (
        high < n - 1 &&
        Math.abs(e[high]!) > Math.max(least, Number.EPSILON * (Math.abs(d[high]!) + Math.abs(d[high + 1]!)))
      )
        high++;
      if (high === low) break;
      if (sweep === 60)
        throw new LinearAlgebraError(
          "NOT_CONVERGED",
          `tridiagonalEigen: eigenvalue ${low} did not converge within 60 sweeps.`,
        );
      const half = (d[low + 1]! - d[low]!) / (2 * e[low]!);
      const root = Math.hypot(half, 1);
      let bulge = d[high]! - d[low]! + e[low]! / (half + (half < 0 ? -root : root));
      let sine = 1;
      let cosine = 1;
      let carried = 0;
      let i = high - 1;
      rotations?.open(high);
      for (; i >= low; i--) {
        const across = sine * e[i]!;
        const along = cosine * e[i]!;
        const radius = Math.sqrt(across * across + bulge * bulge);
        e[i + 1] = radius;
        if (radius === 0) {
          d[i + 1]! -= carried;
          e[high] = 0;
          break;
        }
        sine = across / radius;
        cosine = bulge / radius;
        const base = d[i + 1]! - carried;
        const turned = (d[i]! - base) * sine + 2 * cosine * along;
        carried = sine * turned;
        d[i + 1] = base + carried;
        bulge = cosine * turned - along;
        rotations?.push(cosine, sine);
      }
      if (i >= low) continue;
      d[low]! -= carried;
      e[low] = bulge;
      e[high] = 0;
    }
  }
  rotations?.flush();
}

/** Sequences of plane rotations of neighbouring columns, each going down from column `high`. */
function rotationBuffer(rows: Float64Array, rowCount: number, n: number) {
  const cosines = new Float64Array(BUFFER + n);
  const sines = new Float64Array(BUFFER + n);
  const starts: number[] = [];
  const highs: number[] = [];
  let count = 0;
  const flush = (): void => {
    let r = 0;
    for (; r + 4 <= rowCount; r += 4)
      for (let k = 0; k < starts.length; k++)
        rotateFour(rows, r * n + highs[k]!, n, cosines, sines, starts[k]!, starts[k + 1] ?? count);
    for (; r < rowCount; r++)
      for (let k = 0; k < starts.length; k++)
        rotateOne(rows, r * n + highs[k]!, cosines, sines, starts[k]!, starts[k + 1] ?? count);
    count = starts.length = highs.length = 0;
  };
  return {
    open(high: number): void {
      if (count >= BUFFER) flush();
      starts.push(count);
      highs.push(high);
    },
    push(cosine: number, sine: number): void {
      cosines[count] = cosine;
      sines[count++] = sine;
    },
    flush,
  };
}

function rotateOne(z: Float64Array, at: number, c: Float64Array, s: Float64Array, from: number, to: number): void {
  let h = z[at]!;
  for (let k = from; k < to; k++, at--) {
    const x = z[at - 1]!;
    z[at] = s[k]! * x + c[k]! * h;
    h = c[k]! * x - s[k]! * h;
  }
  z[at] = h;
}

function rotateFour(
  z: Float64Array,
  at0: number,
  stride: number,
  c: Float64Array,
  s: Float64Array,
  from: number,
  to: number,
): void {
  let at1 = at0 + stride;
  let at2 = at1 + stride;
  let at3 = at2 + stride;
  let h0 = z[at0]!;
  let h1 = z[at1]!;
  let h2 = z[at2]!;
  let h3 = z[at3]!;
  for (let k = from; k < to; k++, at0--, at1--, at2--, at3--) {
    const ck = c[k]!;
    const sk = s[k]!;
    const x0 = z[at0 - 1]!;
    const x1 = z[at1 - 1]!;
    const x2 = z[at2 - 1]!;
    const x3 = z[at3 - 1]!;
    z[at0] = sk * x0 + ck * h0;
    z[at1] = sk * x1 + ck * h1;
    z[at2] = sk * x2 + ck * h2;
    z[at3] = sk * x3 + ck * h3;
    h0 = ck * x0 - sk * h0;
    h1 = ck * x1 - sk * h1;
    h2 = ck * x2 - sk * h2;
    h3 = ck * x3 - sk * h3;
  }
  z[at0] = h0;
  z[at1] = h1;
  z[at2] = h2;
  z[at3] = h3;
}

function sortDescending(values: Float64Array, rows: Float64Array, rowCount: number): TridiagonalEigen {
  const n = values.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => values[j]! - values[i]!);
  const sorted = Float64Array.from(order, (i) => values[i]!);
  const row = new Float64Array(n);
  for (let r = 0; r < rowCount; r++) {
    for (let k = 0; k < n; k++) row[k] = rows[r * n + order[k]!]!;
    rows.set(row, r * n);
  }
  return { values: sorted, rows, rowCount };
}
