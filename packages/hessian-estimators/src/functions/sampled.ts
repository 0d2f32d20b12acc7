import type { LanczosQuadrature, QuadratureRun } from "../density/ghorbani2019slq.js";
import { integrate, shorterRules } from "../density/rule.js";
import { judgedBySamples, unreliable } from "../internal/coverage.js";
import { momentsOf, skewness, standardError } from "../internal/moments.js";
import type { SampledEstimate } from "../operator.js";

type Shape = Pick<SampledEstimate, "skewness" | "bias" | "coverage" | "reason">;

/** Rules, and those of the same probes after one and two steps less; made once for many functions. */
export interface Rules {
  size: number;
  runs: readonly QuadratureRun[];
  shorter: readonly (readonly QuadratureRun[])[];
}

export const rulesOf = ({ size, runs }: Pick<LanczosQuadrature, "size" | "runs">): Rules => ({
  size,
  runs,
  shorter: runs.map(shorterRules),
});

/**
 * Tr f(A) from rules: value and standard error over the probes, skewness of the samples, and a bound of what the rules lack.
 *
 * @param error - The standard error that bias is compared with, where it is not that of the mean.
 */
export function sampledBy(
  { size, runs, shorter }: Rules,
  f: (node: number) => number,
  error?: number,
): Pick<SampledEstimate, "value" | "standardError" | "samples"> & Shape {
  const samples = runs.map((run) => size * integrate(run, f));
  const moments = momentsOf(samples);
  const { count, mean } = moments;
  const spread = error ?? standardError(moments);
  const bias = truncation(samples, shorter, (run) => size * integrate(run, f));
  const estimate = {
    value: mean,
    standardError: standardError(moments),
    samples: count,
    skewness: skewness(moments),
    ...(bias > 0 && { bias }),
  };
  const untold = runs.some(({ residual = 0 }, i) => residual > 0 && shorter[i]!.length === 0);
  if (untold || (bias > spread && bias > 1e-12 * Math.abs(mean))) return { ...estimate, ...unreliable(SHORT) };
  return { ...estimate, ...(spread > 0 && judgedBySamples(count)) };
}

const SHORT =
  "the Lanczos quadrature has too few steps: what more would change is not small beside the scatter of the probes";

/**
 * What further Lanczos steps would change, from what the last two changed: a geometric series with their ratio, taken as at least a
 * half and at most nine tenths.
 */
function truncation(samples: readonly number[], shorter: Rules["shorter"], by: (run: QuadratureRun) => number): number {
  let [last, before] = [0, 0];
  samples.forEach((whole, i) => {
    const [one, two] = shorter[i]!;
    if (!one || !two) return;
    const [less, least] = [by(one), by(two)];
    last += (whole - less) / samples.length;
    before += (less - least) / samples.length;
  });
  const step = Math.abs(last);
  const ratio = Math.min(0.9, Math.max(0.5, step / (Math.abs(before) || Infinity)));
  return (step * ratio) / (1 - ratio);
}
