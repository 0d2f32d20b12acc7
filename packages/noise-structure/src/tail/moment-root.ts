/** @internal Where `E M^τ = 1` for a positive random variable M. */
export interface MomentRoot {
  /** τ; 0 when `E log M ≥ 0`, Infinity when M never exceeds 1. */
  root: number;
  /** `E log M`. */
  drift: number;
}

/**
 * @internal The positive root τ of `E M^τ = 1` for M with values `exp(logs[k])` and weights `exp(logWeights[k])`.
 *
 * `log E M^τ` is convex in τ, 0 at τ = 0 and has the slope `E log M` there: with a negative slope and values above 1 there
 * is exactly one positive root, found by doubling a bracket and bisection. Everything is in logarithms.
 */
export function momentRoot(logs: Float64Array, logWeights: Float64Array): MomentRoot {
  let largest = -Infinity;
  for (const value of logWeights) largest = Math.max(largest, value);
  let total = 0;
  let drift = 0;
  let highest = -Infinity;
  for (let k = 0; k < logs.length; k++) {
    const weight = Math.exp(logWeights[k]! - largest);
    total += weight;
    if (weight > 0) drift += weight * logs[k]!;
    if (logWeights[k]! > -Infinity) highest = Math.max(highest, logs[k]!);
  }
  drift /= total;
  if (!(drift < 0)) return { root: 0, drift };
  if (highest <= 0) return { root: Infinity, drift };
  const logTotal = largest + Math.log(total);

  /** Has the sign of `E M^τ − 1`; close to 0 by a sum of differences, which a logarithm of a sum near 1 would lose. */
  const excess = (beta: number): number => {
    let sum = 0;
    if (beta <= 1) {
      for (let k = 0; k < logs.length; k++) sum += Math.exp(logWeights[k]! - largest) * Math.expm1(beta * logs[k]!);
      return sum;
    }
    let top = -Infinity;
    for (let k = 0; k < logs.length; k++) top = Math.max(top, beta * logs[k]! + logWeights[k]!);
    for (let k = 0; k < logs.length; k++) sum += Math.exp(beta * logs[k]! + logWeights[k]! - top);
    return top + Math.log(sum) - logTotal;
  };
  let high = 1;
  while (excess(high) <= 0) high *= 2;
  let low = high / 2;
  while (low > 0 && excess(low) > 0) {
    high = low;
    low /= 2;
  }
  while (high - low > 4e-16 * high) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (excess(middle) > 0) high = middle;
    else low = middle;
  }
  return { root: low + (high - low) / 2, drift };
}
