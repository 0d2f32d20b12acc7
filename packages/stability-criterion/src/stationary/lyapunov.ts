import { norm } from "@sgdscope/linear-algebra";
import { add, product, transposeOf } from "./dense.js";

/**
 * @internal `Σ = Σ_t AᵗQ(Aᵗ)ᵀ`, the solution of `Σ = AΣAᵀ + Q`, by doubling: `Σ ← Σ + AΣAᵀ, A ← A²`. The spectral radius
 * of A must be below 1. Each pass doubles the number of terms, so their number hardly depends on how slow A is.
 */
export function solveByDoubling(map: Float64Array, drive: Float64Array, size: number): Float64Array {
  let sum = drive;
  let power = map;
  for (let pass = 0; pass < 100; pass++) {
    const more = product(product(power, sum, size), transposeOf(power, size), size);
    sum = add(sum, more);
    if (norm(more) <= 1e-17 * norm(sum)) break;
    power = product(power, power, size);
  }
  return sum;
}

/**
 * @internal The same by one dense linear system for the `size(size + 1)/2` entries on and below the diagonal, with
 * partial pivoting. An independent check for small sizes: `size⁶/12` operations, `2·size⁴` bytes.
 */
export function solveByKronecker(map: Float64Array, drive: Float64Array, size: number): Float64Array {
  const index = (a: number, b: number): number => (a >= b ? (a * (a + 1)) / 2 + b : (b * (b + 1)) / 2 + a);
  const count = (size * (size + 1)) / 2;
  const rows = Array.from({ length: count }, () => new Float64Array(count + 1));
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++) {
      const row = rows[index(a, b)]!;
      row[count] = drive[a * size + b]!;
      row[index(a, b)]! += 1;
      for (let c = 0; c < size; c++)
        for (let d = 0; d < size; d++) row[index(c, d)]! -= map[a * size + c]! * map[b * size + d]!;
    }
  for (let k = 0; k < count; k++) {
    let best = k;
    for (let i = k + 1; i < count; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    const pivot = rows[k]!;
    for (let i = k + 1; i < count; i++) {
      const row = rows[i]!;
      const factor = row[k]! / pivot[k]!;
      if (factor !== 0) for (let j = k; j <= count; j++) row[j]! -= factor * pivot[j]!;
    }
  }
  const solution = new Float64Array(count);
  for (let k = count - 1; k >= 0; k--) {
    let rest = rows[k]![count]!;
    for (let j = k + 1; j < count; j++) rest -= rows[k]![j]! * solution[j]!;
    solution[k] = rest / rows[k]![k]!;
  }
  return Float64Array.from({ length: size * size }, (_, k) => solution[index(Math.floor(k / size), k % size)]!);
}
