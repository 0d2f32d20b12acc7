// Two by two, so that four sums run side by side: a sum waits four cycles for each of its terms. Where a number is odd its last
// one stands in for the missing one, and is written twice.

/**
 * @internal Each row times a block-diagonal matrix of symmetric blocks: `r ↦ (r₁Q₁, r₂Q₂, …)`.
 *
 * @param rows - `count × nC`, row-major.
 * @param blocks - n symmetric blocks of C × C, one after the other.
 * @param outputs - C.
 * @param product - Written over and returned; default a new array.
 * @returns `count × nC`. Cost `count·nC²` operations.
 */
export function timesBlocks(
  rows: Float64Array,
  blocks: Float64Array,
  count: number,
  outputs: number,
  product: Float64Array = new Float64Array(rows.length),
): Float64Array {
  const size = rows.length / count;
  if (outputs === 1) {
    for (let a = 0, o = 0; a < count; a++) for (let i = 0; i < size; i++, o++) product[o] = rows[o]! * blocks[i]!;
    return product;
  }
  for (let a = 0; a < count; a += 2) {
    const below = Math.min(a + 1, count - 1) * size;
    for (let i = 0; i < size; i += outputs) {
      const o = a * size + i;
      const p = below + i;
      for (let c = 0; c < outputs; c += 2) {
        const e = Math.min(c + 1, outputs - 1);
        const top = (i + c) * outputs;
        const bottom = (i + e) * outputs;
        let oc = 0;
        let oe = 0;
        let pc = 0;
        let pe = 0;
        for (let d = 0; d < outputs; d++) {
          const x = rows[o + d]!;
          const y = rows[p + d]!;
          const b = blocks[top + d]!;
          const f = blocks[bottom + d]!;
          oc += x * b;
          oe += x * f;
          pc += y * b;
          pe += y * f;
        }
        product[o + c] = oc;
        product[o + e] = oe;
        product[p + c] = pc;
        product[p + e] = pe;
      }
    }
  }
  return product;
}

/**
 * @internal The blocks `LᵢRᵢᵀ` of a product `L·Rᵀ`.
 *
 * @param left - `nC × inner`, row-major.
 * @param right - `nC × inner`, row-major.
 * @param outputs - C.
 * @returns n blocks of C × C, one after the other. Cost `nC²·inner` operations.
 */
export function blocksOfProduct(left: Float64Array, right: Float64Array, inner: number, outputs: number): Float64Array {
  const size = left.length / inner;
  const blocks = new Float64Array(size * outputs);
  for (let i = 0; i < size; i += outputs)
    for (let c = 0; c < outputs; c += 2) {
      const e = Math.min(c + 1, outputs - 1);
      const o = (i + c) * inner;
      const p = (i + e) * inner;
      const top = (i + c) * outputs;
      const bottom = (i + e) * outputs;
      for (let d = 0; d < outputs; d += 2) {
        const f = Math.min(d + 1, outputs - 1);
        const q = (i + d) * inner;
        const r = (i + f) * inner;
        let cd = 0;
        let cf = 0;
        let ed = 0;
        let ef = 0;
        for (let a = 0; a < inner; a++) {
          const x = left[o + a]!;
          const y = left[p + a]!;
          const z = right[q + a]!;
          const w = right[r + a]!;
          cd += x * z;
          cf += x * w;
          ed += y * z;
          ef += y * w;
        }
        blocks[top + d] = cd;
        blocks[top + f] = cf;
        blocks[bottom + d] = ed;
        blocks[bottom + f] = ef;
      }
    }
  return blocks;
}
