import type { Estimate } from "../noise-strength/estimate.js";

/** The power of a tail, `P(|θ| > x) ∝ x^−τ`. */
export interface TailIndex extends Estimate {
  /** τ; moments below it are finite. 0 without a stationary law, Infinity where every step contracts. */
  value: number;
  /** `E log|M|` per step, negative when there is a stationary law. */
  logGrowth: number;
  regime: "power law" | "no stationary law" | "every step contracts";
}

/** @internal */
export function tailIndex(value: number, logGrowth: number, standardError: number): TailIndex {
  const regime = value === 0 ? "no stationary law" : value === Infinity ? "every step contracts" : "power law";
  return { value, standardError, matvecs: 0, logGrowth, regime };
}
