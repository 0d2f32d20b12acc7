/**
 * @internal The digamma function ψ(x) for x > 0: recurrence up to x ≥ 16, then the asymptotic series.
 *
 * Relative accuracy about 1e-15 away from the zero at 1.4616.
 */
export function digamma(x: number): number {
  let shift = 0;
  while (x < 16) shift -= 1 / x++;
  const f = 1 / (x * x);
  const series = f * (1 / 12 - f * (1 / 120 - f * (1 / 252 - f * (1 / 240 - f * (1 / 132)))));
  return shift + Math.log(x) - 0.5 / x - series;
}

/** @internal The trigamma function ψ′(x) for x > 0, the same way. */
export function trigamma(x: number): number {
  let shift = 0;
  while (x < 16) shift += 1 / (x++) ** 2;
  const f = 1 / (x * x);
  const series = f * (1 / 6 - f * (1 / 30 - f * (1 / 42 - f * (1 / 30 - f * (5 / 66)))));
  return shift + (1 + 0.5 / x + series) / x;
}
