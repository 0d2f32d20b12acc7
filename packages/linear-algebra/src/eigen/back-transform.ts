import type { Kernels } from "../kernels/kernels.js";
import { tileCalls } from "../kernels/product.js";
import type { Tridiagonalization } from "./tridiagonalize.js";

/** Reflectors that are multiplied out before they are applied. */
const BLOCK = 64;

/**
 * Rows S of eigenvectors of T to those of A, `S·Qᵀ`, by products of matrices: with reflectors in the rows of V, a block of them is
 * `I − Vᵀ·F·V` with a triangular F.
 *
 * @param rows - n × n, row-major; **overwritten**.
 * @returns False, with the rows as they were, where the kernels lack memory: `n² + 260n` doubles. Cost `2n³` operations.
 * @see Schreiber & Van Loan (1989), SIAM J. Sci. Stat. Comput. 10.
 */
export function backTransform(
  rows: Float64Array,
  { reflectors, tau }: Tridiagonalization,
  size: number,
  kernels: Kernels,
): boolean {
  const row = size + (size & 1);
  const place = kernels.reserve(row * size + BLOCK * row + 2 * BLOCK * size + BLOCK * BLOCK);
  if (place === undefined) return false;
  const { memory, first: s } = place;
  kernels.gatherThreads();
  const v = s + row * size;
  const inner = v + BLOCK * row;
  const turned = inner + BLOCK * size;
  const factor = turned + BLOCK * size;
  for (let i = 0; i < size; i++) memory.set(rows.subarray(i * size, (i + 1) * size), s + i * row);
  for (let begin = 1; begin < size; begin += BLOCK) {
    const count = Math.min(BLOCK, size - begin);
    const length = begin + count - 1;
    for (let k = 0; k < count; k++) {
      const reflector = (begin + k) * size;
      memory.fill(0, v + k * row, v + (k + 1) * row);
      memory.set(reflectors.subarray(reflector, reflector + begin + k), v + k * row);
    }
    memory.set(triangularFactor(memory, v, row, length, tau.subarray(begin, begin + count)), factor);
    const across = { at: v, row: 1, column: row };
    const product = (
      a: { at: number; row: number; column: number },
      b: { at: number; row: number; column: number },
      out: { at: number; row: number },
      [columns, depth]: [number, number],
      mode: 0 | -1,
    ): void =>
      kernels.run("multiplyTile", tileCalls({ a, b, out, rows: size, columns, inner: depth, lower: false, mode }));
    const left = { at: s, row, column: 1 };
    product(left, { at: v, row, column: 1 }, { at: inner, row: count }, [count, length], 0);
    product(
      { at: inner, row: count, column: 1 },
      { at: factor, row: 1, column: count },
      { at: turned, row: count },
      [count, count],
      0,
    );
    product({ at: turned, row: count, column: 1 }, across, { at: s, row }, [length, count], -1);
  }
  for (let i = 0; i < size; i++) rows.set(memory.subarray(s + i * row, s + i * row + size), i * size);
  return true;
}

/** F, count × count, upper triangular, of the product of reflectors in their order. */
function triangularFactor(
  memory: Float64Array,
  v: number,
  row: number,
  length: number,
  tau: Float64Array,
): Float64Array {
  const count = tau.length;
  const factor = new Float64Array(count * count);
  const overlaps = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const t = tau[k]!;
    const own = v + k * row;
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let p = v + i * row, q = own, end = own + length; q < end; p++, q++) sum += memory[p]! * memory[q]!;
      overlaps[i] = sum;
    }
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = i; j < k; j++) sum += factor[i * count + j]! * overlaps[j]!;
      factor[i * count + k] = -t * sum;
    }
    factor[k * count + k] = t;
  }
  return factor;
}
