import { secularRoots } from "./secular-equation.js";

/** Eigenvalues rising, with eigenvectors as rows. */
export interface RisingEigen {
  values: Float64Array;
  /** Row k is the eigenvector of `values[k]`; n × n, row-major. */
  rows: Float64Array;
}

type Multiply = (a: Float64Array, b: Float64Array, rows: number, inner: number, columns: number) => Float64Array;

/** Where an eigenvector of the two halves is not zero. */
const [FIRST, BOTH, SECOND] = [1, 2, 3] as const;

/**
 * The eigendecomposition of `[T₁ 0; 0 T₂] + |e|vvᵀ` with `v = (0 … 1, ±1 … 0)`, the sign that of e, from those of the halves.
 *
 * In the eigenvectors of the halves it is `diag(d) + ρzzᵀ`. Components of z that rounding does not see, and one of two eigenvalues that it
 * does not tell apart, are left as they are; the rest is a secular equation.
 */
export function mergeHalves(
  first: RisingEigen,
  second: RisingEigen,
  coupling: number,
  multiply: Multiply,
): RisingEigen {
  const m = first.values.length;
  const n = m + second.values.length;
  // One row per eigenvector of a half, in rising order: of the first half in columns [0, m), of the second in [m, n).
  const order = rising(n, (i) => (i < m ? first.values[i]! : second.values[i - m]!));
  const d = Float64Array.from(order, (i) => (i < m ? first.values[i]! : second.values[i - m]!));
  const z = Float64Array.from(order, (i) => {
    if (i < m) return first.rows[i * m + m - 1]! * Math.SQRT1_2;
    return Math.sign(coupling) * second.rows[(i - m) * (n - m)]! * Math.SQRT1_2;
  });
  const rho = 2 * Math.abs(coupling);
  const rows = new Float64Array(n * n);
  const kinds = new Uint8Array(n);
  order.forEach((i, k) => {
    kinds[k] = i < m ? FIRST : SECOND;
    if (i < m) rows.set(first.rows.subarray(i * m, (i + 1) * m), k * n);
    else rows.set(second.rows.subarray((i - m) * (n - m), (i - m + 1) * (n - m)), k * n + m);
  });

  const { kept, deflated } = deflate(d, z, rho, kinds, rows);
  const count = kept.length;
  const values = new Float64Array(n);
  const sources = new Float64Array(count * n);
  if (count > 0) {
    const poles = Float64Array.from(kept, (i) => d[i]!);
    const weights = Float64Array.from(kept, (i) => z[i]!);
    const vectors = new Float64Array(count * count);
    const roots = secularRoots(poles, weights, rho, vectors);
    vectorsOfUpdate(poles, weights, vectors);
    values.set(roots);
    for (const [from, to, without] of [
      [0, m, SECOND],
      [m, n, FIRST],
    ] as const)
      combine(vectors, rows, kept, kinds, sources, { from, to, without, n }, multiply);
  }
  deflated.forEach((i, k) => (values[count + k] = d[i]!));
  const sorted = rising(n, (k) => values[k]!);
  const result = new Float64Array(n * n);
  sorted.forEach((k, to) => {
    const row =
      k < count
        ? sources.subarray(k * n, (k + 1) * n)
        : rows.subarray(deflated[k - count]! * n, (deflated[k - count]! + 1) * n);
    result.set(row, to * n);
  });
  return { values: Float64Array.from(sorted, (k) => values[k]!), rows: result };
}

function rising(n: number, value: (k: number) => number): number[] {
  return Array.from({ length: n }, (_, k) => k).sort((j, k) => value(j) - value(k));
}

/** Which rows take part in the update. Rotates rows of nearly equal d, so that one of two drops out; changes d, z, kinds and rows. */
function deflate(
  d: Float64Array,
  z: Float64Array,
  rho: number,
  kinds: Uint8Array,
  rows: Float64Array,
): { kept: number[]; deflated: number[] } {
  const n = d.length;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i]!), Math.abs(z[i]!));
  const tolerance = 8 * Number.EPSILON * largest;
  const kept: number[] = [];
  const deflated: number[] = [];
  for (let j = 0; j < n; j++) {
    if (rho * Math.abs(z[j]!) <= tolerance) {
      deflated.push(j);
      continue;
    }
    const i = kept.at(-1);
    if (i !== undefined) {
      const radius = Math.hypot(z[i]!, z[j]!);
      const cosine = z[j]! / radius;
      const sine = -z[i]! / radius;
      const gap = d[j]! - d[i]!;
      if (Math.abs(gap * cosine * sine) <= tolerance) {
        z[j] = radius;
        z[i] = 0;
        [d[i], d[j]] = [d[i]! * cosine * cosine + d[j]! * sine * sine, d[i]! * sine * sine + d[j]! * cosine * cosine];
        for (let p = i * n, q = j * n; p < (i + 1) * n; p++, q++) {
          const [x, y] = [rows[p]!, rows[q]!];
          rows[p] = cosine * x + sine * y;
          rows[q] = cosine * y - sine * x;
        }
        if (kinds[i] !== kinds[j]) kinds[i] = kinds[j] = BOTH;
        kept.pop();
        deflated.push(i);
      }
    }
    kept.push(j);
  }
  return { kept, deflated };
}

/**
 * From the differences `dᵢ − λⱼ` (row j) the unit eigenvectors of the update (row j), in place. The vector of the update is computed
 * anew, so that the λ are its exact eigenvalues: then the eigenvectors are orthogonal.
 */
function vectorsOfUpdate(d: Float64Array, z: Float64Array, differences: Float64Array): void {
  const k = d.length;
  if (k === 1) {
    differences[0] = 1;
    return;
  }
  const exact = new Float64Array(k).fill(-1);
  for (let j = 0; j < k; j++) {
    const row = j * k;
    const own = d[j]!;
    for (let i = 0; i < j; i++) exact[i]! *= differences[row + i]! / (d[i]! - own);
    exact[j]! *= differences[row + j]!;
    for (let i = j + 1; i < k; i++) exact[i]! *= differences[row + i]! / (d[i]! - own);
  }
  for (let i = 0; i < k; i++) exact[i] = Math.sign(z[i]!) * Math.sqrt(Math.max(0, exact[i]!));
  for (let j = 0; j < k; j++) {
    let square = 0;
    const row = j * k;
    for (let i = 0; i < k; i++) {
      const value = exact[i]! / differences[row + i]!;
      differences[row + i] = value;
      square += value * value;
    }
    const inverse = 1 / Math.sqrt(square);
    for (let i = 0; i < k; i++) differences[row + i]! *= inverse;
  }
}

/** The combinations of the rows that the vectors say, in columns [from, to), where rows of one kind are zero. */
function combine(
  vectors: Float64Array,
  rows: Float64Array,
  kept: readonly number[],
  kinds: Uint8Array,
  out: Float64Array,
  { from, to, without, n }: { from: number; to: number; without: number; n: number },
  multiply: Multiply,
): void {
  const count = kept.length;
  const used = kept.map((_, i) => i).filter((i) => kinds[kept[i]!] !== without);
  const width = to - from;
  const weights = new Float64Array(count * used.length);
  for (let j = 0, o = 0; j < count; j++) for (const i of used) weights[o++] = vectors[j * count + i]!;
  const parts = new Float64Array(used.length * width);
  used.forEach((i, k) => parts.set(rows.subarray(kept[i]! * n + from, kept[i]! * n + to), k * width));
  const product = multiply(weights, parts, count, used.length, width);
  for (let j = 0; j < count; j++) out.set(product.subarray(j * width, (j + 1) * width), j * n + from);
}
