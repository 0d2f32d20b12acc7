import type { LanczosQuadrature, QuadratureRun } from "../density/ghorbani2019slq.js";
import { integrate, shorterRules } from "../density/rule.js";
import { LEAST_FOR_SKEWNESS, unreliable } from "../internal/coverage.js";
import { momentsOf, skewness, standardError } from "../internal/moments.js";
import type { SampledEstimate } from "../operator.js";

/** Fewest probes whose quadrature shows the shape of the spectrum well enough for an interval. */
const LEAST_FOR_SPECTRUM = 8;

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
 * From few probes the skewness is that of vᵀf(A)v for an isotropic v of fixed length, 8·Σ (fₖ − f̄)³ over (2·Σ (fₖ − f̄)²)^{3/2}, which
 * the quadrature itself gives; from more it is that of the samples.
 *
 * @param error - The standard error that bias is compared with, where it is not that of the mean.
 */
export function sampledBy(
  { size, runs, shorter }: Rules,
  f: (node: number) => number,
  error?: number,
): Pick<SampledEstimate, "value" | "standardError" | "samples"> & Shape {
  const values = runs.map((run) => run.nodes.map((node, k) => (run.weights[k] === 0 ? 0 : f(node))));
  const samples = runs.map((run, i) => size * dotOf(run.weights, values[i]!));
  const moments = momentsOf(samples);
  const { count, mean } = moments;
  const spread = error ?? standardError(moments);
  const bias = truncation(samples, shorter, (run) => size * integrate(run, f));
  const estimate = {
    value: mean,
    standardError: standardError(moments),
    samples: count,
    skewness: count >= LEAST_FOR_SKEWNESS ? skewness(moments) : spectralSkewness(size, runs, values),
    ...(bias > 0 && { bias }),
  };
  if (bias > spread && bias > 1e-12 * Math.abs(mean)) return { ...estimate, ...unreliable(SHORT) };
  if (count < LEAST_FOR_SPECTRUM && spread > 0) return { ...estimate, ...unreliable(fewProbes(count)) };
  return estimate;
}

const SHORT =
  "the Lanczos quadrature has too few steps: its last two still changed the value by as much as the probes scatter";
const fewProbes = (count: number): string =>
  `${count} probes do not show how skewed their samples are; ${LEAST_FOR_SPECTRUM} or more are needed`;

const dotOf = (weights: Float64Array, values: Float64Array): number => {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k]! * values[k]!;
  return sum;
};

function spectralSkewness(size: number, runs: readonly QuadratureRun[], values: readonly Float64Array[]): number {
  const mean = (power: number, center: number): number =>
    runs.reduce(
      (sum, { weights }, i) =>
        sum +
        dotOf(
          weights,
          values[i]!.map((x) => (x - center) ** power),
        ),
      0,
    ) / runs.length;
  const center = mean(1, 0);
  const second = 2 * size * mean(2, center);
  return second > 0 ? (8 * size * mean(3, center)) / second ** 1.5 : 0;
}

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
