import type { Precision } from "../minimum.js";

const bits = new DataView(new ArrayBuffer(8));

/** Significant bits of a finite number, 0 for zero; at most 53. */
function significantBits(value: number): number {
  if (value === 0) return 0;
  bits.setFloat64(0, value);
  const low = bits.getUint32(4);
  const high = bits.getUint32(0) & 0xfffff;
  if (low !== 0) return 53 - trailingZeros(low);
  return high === 0 ? 1 : 21 - trailingZeros(high);
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

/** The exponent of the lowest set bit of a number that is not zero. */
const lowestBit = (value: number, significant: number): number =>
  Math.floor(Math.log2(Math.abs(value))) - significant + 1;

/**
 * The precision in which numbers were computed, judged from the numbers: whether all of them equal their own rounding to
 * Float32 (24 significant bits), Float16 (11) or BFloat16 (8), whatever holds them now.
 *
 * Numbers on one grid, such as integers or multiples of 1/2, are exact however short they are: of those only what needs nearly
 * all 24 bits is taken as Float32.
 *
 * @param values - Finite.
 */
export function precisionOf(values: ArrayLike<number>): Precision {
  let most = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    const needed = significantBits(value);
    if (needed > 24) return "float64";
    if (needed === 0) continue;
    most = Math.max(most, needed);
    const low = lowestBit(value, needed);
    lowest = Math.min(lowest, low);
    highest = Math.max(highest, low + needed);
  }
  if (most > 20) return "float32";
  // The width of the grid that holds them all: floating numbers of few bits spread over exponents, a fixed grid does not.
  const grid = highest - lowest;
  if (most <= 1 || grid <= most + 3) return "float64";
  if (most <= 8) return "bfloat16";
  return most <= 11 ? "float16" : "float32";
}

const order: readonly Precision[] = ["float64", "float32", "float16", "bfloat16"];

/** @internal The coarser of two precisions. */
export const coarser = (a: Precision, b: Precision): Precision => (order.indexOf(a) > order.indexOf(b) ? a : b);
