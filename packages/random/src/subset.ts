/**
 * `size` different numbers of `0 … count − 1`, every subset equally likely; O(size) memory and time (Floyd, in Bentley and Floyd 1987).
 *
 * The order of the result is not uniform; shuffle it where order matters.
 *
 * @throws RangeError if `size` is not in `0 … count`.
 */
export function subset(size: number, count: number, random: () => number): Int32Array {
  if (!Number.isInteger(size) || size < 0 || size > count)
    throw new RangeError(`subset: expected a size between 0 and ${count}, got ${size}`);
  const chosen = new Set<number>();
  for (let top = count - size; top < count; top++) {
    const candidate = Math.floor(random() * (top + 1));
    chosen.add(chosen.has(candidate) ? top : candidate);
  }
  return Int32Array.from(chosen);
}
