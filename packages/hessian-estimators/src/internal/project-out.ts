/** Entries treated at a time: those of `v` stay in the first-level cache while all columns pass. */
const BLOCK = 2048;

/**
 * v ← (I − QQᵀ)v for the orthonormal columns Q; returns the coefficients Qᵀv that were taken out.
 *
 * Gram and Schmidt, all of it twice: then v is orthogonal to Q to rounding (Giraud, Langou and Rozložník 2005). Reads Q three times.
 */
export function projectOut(columns: readonly Float64Array[], v: Float64Array): Float64Array {
  const count = columns.length;
  const first = new Float64Array(count);
  const second = new Float64Array(count);
  for (let from = 0; from < v.length; from += BLOCK) addProducts(columns, v, from, first);
  for (let from = 0; from < v.length; from += BLOCK) {
    subtract(columns, first, v, from);
    addProducts(columns, v, from, second);
  }
  for (let from = 0; from < v.length; from += BLOCK) subtract(columns, second, v, from);
  return first.map((coefficient, k) => coefficient + second[k]!);
}

/** products[k] += Σᵢ columns[k][i]·v[i] over one block, four columns at a time. */
function addProducts(columns: readonly Float64Array[], v: Float64Array, from: number, products: Float64Array): void {
  const until = Math.min(from + BLOCK, v.length);
  let k = 0;
  for (; k + 4 <= columns.length; k += 4) {
    const [a, b, c, d] = [columns[k]!, columns[k + 1]!, columns[k + 2]!, columns[k + 3]!];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = from; i < until; i++) {
      const x = v[i]!;
      s0 += a[i]! * x;
      s1 += b[i]! * x;
      s2 += c[i]! * x;
      s3 += d[i]! * x;
    }
    products[k]! += s0;
    products[k + 1]! += s1;
    products[k + 2]! += s2;
    products[k + 3]! += s3;
  }
  for (; k < columns.length; k++) {
    const a = columns[k]!;
    let [s0, s1] = [0, 0];
    let i = from;
    for (; i + 2 <= until; i += 2) {
      s0 += a[i]! * v[i]!;
      s1 += a[i + 1]! * v[i + 1]!;
    }
    if (i < until) s0 += a[i]! * v[i]!;
    products[k]! += s0 + s1;
  }
}

/** v −= Σₖ coefficients[k]·columns[k] over one block, four columns at a time. */
function subtract(columns: readonly Float64Array[], coefficients: Float64Array, v: Float64Array, from: number): void {
  const until = Math.min(from + BLOCK, v.length);
  let k = 0;
  for (; k + 4 <= columns.length; k += 4) {
    const [a, b, c, d] = [columns[k]!, columns[k + 1]!, columns[k + 2]!, columns[k + 3]!];
    const [x, y, z, w] = [coefficients[k]!, coefficients[k + 1]!, coefficients[k + 2]!, coefficients[k + 3]!];
    for (let i = from; i < until; i++) v[i]! -= x * a[i]! + y * b[i]! + (z * c[i]! + w * d[i]!);
  }
  for (; k < columns.length; k++) {
    const a = columns[k]!;
    const x = coefficients[k]!;
    for (let i = from; i < until; i++) v[i]! -= x * a[i]!;
  }
}
