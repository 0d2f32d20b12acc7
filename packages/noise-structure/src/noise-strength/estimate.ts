import type { Estimate } from "@sgdscope/linear-algebra";

export type { Estimate };

/** @internal */
export function estimate(value: number, standardError: number): Estimate {
  return { value, standardError, matvecs: 0 };
}

/** @internal The mean of independent numbers; at least two. */
export function meanOf(values: ArrayLike<number>): Estimate {
  const count = values.length;
  let mean = 0;
  for (let k = 0; k < count; k++) mean += values[k]! / count;
  let squares = 0;
  for (let k = 0; k < count; k++) squares += (values[k]! - mean) ** 2;
  return estimate(mean, Math.sqrt(squares / (count - 1) / count));
}
