export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

/** ‖a − b‖/‖b‖ of vectors of one length; `from`, where given, is taken off both: the error of what was travelled from there. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>, from?: ArrayLike<number>): number {
  if (a.length !== b.length)
    throw new RangeError(`relativeDistance: expected equal lengths, got ${a.length} and ${b.length}.`);
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += (b[i]! - (from?.[i] ?? 0)) ** 2;
  }
  return Math.sqrt(difference / size);
}
