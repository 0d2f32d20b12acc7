/** Which end of the spectrum: the largest |λ|, the largest λ, the smallest λ, or half from each end (the odd one from the top). */
export type Which = "largest-magnitude" | "largest" | "smallest" | "both-ends";

export const WHICH: readonly Which[] = ["largest-magnitude", "largest", "smallest", "both-ends"];

/** The requested Ritz values, best first, and those just behind them. */
export interface Choice {
  /** Indices into the values, most wanted first. */
  wanted: number[];
  /** The best one left out, and how far it is behind the last one taken; for `"both-ends"` one at each end. */
  rivals: { index: number; distance: number }[];
}

/** Picks `count` of `values`, which are sorted, largest first. */
export function choose(values: Float64Array, which: Which, count: number): Choice {
  if (which === "both-ends") {
    const above = choose(values, "largest", Math.ceil(count / 2));
    const below = choose(values, "smallest", Math.floor(count / 2));
    return {
      wanted: [...above.wanted, ...below.wanted.reverse()],
      rivals: [...above.rivals, ...(count > 1 ? below.rivals : [])],
    };
  }
  const merit = (index: number): number =>
    which === "largest" ? values[index]! : which === "smallest" ? -values[index]! : Math.abs(values[index]!);
  const order = Array.from(values.keys());
  if (which === "smallest") order.reverse();
  if (which === "largest-magnitude") order.sort((i, j) => merit(j) - merit(i));
  const last = order[count - 1];
  const rival = order[count];
  return {
    wanted: order.slice(0, count),
    rivals: last === undefined || rival === undefined ? [] : [{ index: rival, distance: merit(last) - merit(rival) }],
  };
}
