/** Side of the blocks of the walk: a block and its mirror image stay in the first-level cache. */
const BLOCK = 32;

/** How far a square matrix is from being a Gram matrix, as far as pairs of rows can show. */
interface GramExtremes {
  /** False where an entry is not finite, or where entries are too far apart to be subtracted. */
  isFinite: boolean;
  /** Largest `|K_ab|`, if all are finite. */
  largest: number;
  /** Largest `|K_ab − K_ba|`. */
  asymmetry: number;
  /** Largest `|K_ab| − √K_aa·√K_bb` below the diagonal, or 0; NaN where a diagonal entry is negative. */
  excess: number;
}

/** @internal One sweep over a `size × size` matrix, in blocks: column by column every entry would come from main memory. */
export function gramExtremes(gram: Float64Array, size: number): GramExtremes {
  const roots = new Float64Array(size);
  let largest = 0;
  let asymmetry = 0;
  let excess = 0;
  let isFinite = true;
  for (let a = 0; a < size; a++) {
    const diagonal = gram[a * size + a]!;
    roots[a] = Math.sqrt(diagonal);
    excess += roots[a]! * 0;
    isFinite &&= Math.abs(diagonal) < Infinity;
    if (Math.abs(diagonal) > largest) largest = Math.abs(diagonal);
  }
  for (let top = 0; top < size; top += BLOCK)
    for (let left = 0; left <= top; left += BLOCK)
      for (let a = top; a < Math.min(size, top + BLOCK); a++) {
        const row = a * size;
        const root = roots[a]!;
        const right = Math.min(left + BLOCK, a);
        for (let b = left; b < right; b++) {
          const value = gram[row + b]!;
          const mirror = gram[b * size + a]!;
          const magnitude = Math.abs(value);
          const gap = Math.abs(value - mirror);
          const beyond = magnitude - root * roots[b]!;
          if (magnitude > largest) largest = magnitude;
          if (beyond > excess) excess = beyond;
          if (gap === 0) continue;
          // What is not finite makes the gap not finite, too.
          isFinite &&= gap < Infinity;
          if (gap > asymmetry) asymmetry = gap;
          if (Math.abs(mirror) > largest) largest = Math.abs(mirror);
        }
      }
  return { isFinite, largest, asymmetry, excess };
}
