import type { Estimate } from "@sgdscope/linear-algebra";

export type { Estimate };

/** @internal */
export function estimate(value: number, standardError: number): Estimate {
  return { value, standardError, matvecs: 0 };
}

/** @internal The mean of independent numbers with its standard error, which needs at least two. */
export function meanOf(values: ArrayLike<number>): Estimate {
  const count = values.length;
  let mean = 0;
  for (let k = 0; k < count; k++) mean += values[k]! / count;
  let squares = 0;
  for (let k = 0; k < count; k++) squares += (values[k]! - mean) ** 2;
  return estimate(mean, Math.sqrt(squares / (count - 1) / count));
}

/** @internal The ratio of two means of paired numbers with its standard error to first order; undefined unless the lower is positive. */
export function ratioOfMeans(top: Float64Array, bottom: Float64Array): Estimate | undefined {
  const lower = meanOf(bottom).value;
  if (!(lower > 0)) return undefined;
  const ratio = meanOf(top).value / lower;
  return estimate(ratio, meanOf(top.map((value, k) => (value - ratio * bottom[k]!) / lower)).standardError);
}
