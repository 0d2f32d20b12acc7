/** The middle value, or the mean of the two in the middle; undefined for none, NaN where one is. */
export function median(values: readonly number[]): number | undefined {
  return quantile(values, 0.5);
}

/** Linear between order statistics; undefined for no values, NaN where one is: what was not measured has no place in an order. */
export function quantile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  if (values.some(Number.isNaN)) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  if (low === high) return sorted[low]; // also where it is infinite
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!);
}

/** Middle, smallest and largest. */
export interface Spread {
  middle: number;
  low: number;
  high: number;
  count: number;
}

export function spread(values: readonly number[]): Spread | undefined {
  const middle = median(values);
  if (middle === undefined) return undefined;
  return { middle, low: Math.min(...values), high: Math.max(...values), count: values.length };
}

/** Items by a key, in the order of their first appearance. */
export function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const own = groups.get(key(item));
    if (own === undefined) groups.set(key(item), [item]);
    else own.push(item);
  }
  return groups;
}

/** Slope of the least-squares line of y on x; undefined for less than two different x. */
export function slope(points: readonly { x: number; y: number }[]): number | undefined {
  const n = points.length;
  const centreX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const centreY = points.reduce((sum, { y }) => sum + y, 0) / n;
  let [xx, xy] = [0, 0];
  for (const { x, y } of points) {
    xx += (x - centreX) ** 2;
    xy += (x - centreX) * (y - centreY);
  }
  return xx > 0 ? xy / xx : undefined;
}
