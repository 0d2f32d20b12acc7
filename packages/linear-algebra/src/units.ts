import type { GramSystem } from "./gram-system.js";

/** Binary orders of magnitude within which no power that the theory takes of a number leaves the range of Float64. */
const SAFE_EXPONENT = 100;

/**
 * The power of two in which the Gram matrix of a system is measured so that fourth powers of its eigenvalues neither overflow nor
 * underflow: that of its largest diagonal entry, and 0 as long as this lies within 2^±100.
 *
 * G, its eigenvalues and every inverse learning rate scale with K; spectral radii and alignment factors do not.
 *
 * @returns An even integer, so that square roots of the unit are powers of two, too. Cost O(nC).
 */
export function gramExponent({ examples, outputs, gram }: Pick<GramSystem, "examples" | "outputs" | "gram">): number {
  const size = examples * outputs;
  let largest = 0;
  for (let a = 0; a < size; a++) largest = Math.max(largest, Math.abs(gram[a * size + a]!));
  return unitExponent(largest);
}

/** {@link gramExponent} for numbers whose largest magnitude is known. */
export function unitExponent(largest: number): number {
  if (!(largest > 0 && largest < Infinity)) return 0;
  const exponent = Math.floor(Math.log2(largest));
  return Math.abs(exponent) <= SAFE_EXPONENT ? 0 : 2 * Math.round(exponent / 2);
}

/** `value·2^exponent` for any exponent, also where the power itself is no Float64; exact unless the result underflows. */
export function timesPowerOfTwo(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

/** A system with its Gram matrix in units of `2^exponent`: `K·2^−exponent`; the system itself for 0. */
export const inGramUnits = (system: GramSystem, exponent: number): GramSystem =>
  exponent === 0 ? system : { ...system, gram: system.gram.map((value) => timesPowerOfTwo(value, -exponent)) };
