import { HessianEstimatorsError } from "../errors.js";
import type { TraceAndNorm } from "../exact.js";
import { checkInteger, checkOneOf, checkPositive } from "../internal/arguments.js";
import { drawsOf } from "../internal/draws.js";
import { judgedBySamples } from "../internal/coverage.js";
import { skewness, standardError, type Moments } from "../internal/moments.js";
import { goodEnough } from "../internal/stopping.js";
import type { LongOptions, Randomness, ResumableOptions, SampledEstimate } from "../operator.js";

/** Options of the estimators that draw random probes. */
export interface ProbeOptions<Result> extends LongOptions<Result>, Randomness, ResumableOptions {
  /**
   * Products A·v to spend; all of them, unless `relativeError` ends it sooner. By default 99, or 1000 with `relativeError`.
   * Where it is at least `operator.size` and no `relativeError` is given, the exact value is computed instead.
   */
  maxMatvecs?: number | undefined;
  /**
   * Stop as soon as the standard error is at most this fraction of the value: 0.01 is 1 %.
   * The rule checks at 8, 12, 18, … samples only and inflates the standard error at small counts, because a rule that checks always
   * stops where the standard error happens to be too small. It switches to the exact value where that is cheaper.
   */
  relativeError?: number | undefined;
  /** Entries of a probe: ±1 (`"rademacher"`, the default, least variance) or standard normal. */
  probes?: "rademacher" | "gaussian" | undefined;
}

/** Further options of the deflated estimators. */
export interface DeflatedOptions<Result> extends ProbeOptions<Result> {
  /**
   * Most directions to treat exactly; 2·maxRank·size numbers are held, with `relativeError` 4·maxRank·size.
   * By default as many as fit 512 MB, at least 8; a third of the products is spent on them where they fit.
   */
  maxRank?: number | undefined;
}

/** @internal The requested relative error of each quantity; undefined if there is none. */
export interface Targets {
  trace: number | undefined;
  norm: number | undefined;
}

/** @internal Options checked and completed. */
export interface Plan {
  limit: number;
  targets: Targets;
  adaptive: boolean;
  /** Probe number `index`. */
  draw: (index: number) => Float64Array;
  /** What the computation depends on, for the states. */
  settings: Record<string, unknown>;
}

/** @internal */
export function plan<Result>(
  caller: string,
  size: number,
  options: ProbeOptions<Result>,
  targets: Targets,
  least: number,
): Plan {
  const { probes = "rademacher" } = options;
  const draws = drawsOf(caller, size, options);
  checkOneOf(caller, "probes", probes, ["rademacher", "gaussian"]);
  const asked = [targets.trace, targets.norm].filter((target) => target !== undefined);
  for (const target of asked) checkPositive(caller, "relativeError", target);
  const adaptive = asked.length > 0;
  const limit = options.maxMatvecs ?? (adaptive ? 1000 : 99);
  checkInteger(caller, "maxMatvecs", limit, 1);
  if (limit < Math.min(least, size))
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected maxMatvecs of at least ${Math.min(least, size)}, because a standard error needs two samples, got ${limit}`,
    );
  return { limit, targets, adaptive, draw: draws[probes], settings: { seed: draws.seed, limit, targets, probes } };
}

/**
 * @internal Both estimates from the parts known exactly and the moments of the rest.
 *
 * The standard error of the norm is that of its square over twice the norm (delta method). Neither is below the rounding of the
 * products, of relative size `precision`.
 */
export function estimates(
  known: { trace: number; square: number },
  trace: Moments,
  square: Moments,
  { matvecs, precision }: { matvecs: number; precision: number },
  targets: Targets,
): TraceAndNorm {
  const norm = Math.sqrt(known.square + square.mean);
  const errorOfSquare = standardError(square);
  const rounding = precision * norm;
  const judged = (value: number, error: number, of: Moments, target: number | undefined): SampledEstimate => {
    const sampled = { value, standardError: Math.hypot(error, rounding), matvecs, samples: of.count };
    const converged = target === undefined || goodEnough(sampled, target);
    return { ...sampled, skewness: skewness(of), ...judgedBySamples(of.count), converged };
  };
  return {
    trace: judged(known.trace + trace.mean, standardError(trace), trace, targets.trace),
    norm: {
      ...judged(norm, errorOfSquare === 0 ? 0 : errorOfSquare / (2 * norm), square, targets.norm),
      known: known.square,
    },
  };
}

/** @internal Whether everything requested was met. */
export const satisfied = ({ trace, norm }: TraceAndNorm): boolean => trace.converged && norm.converged;

/** @internal The same options, with the progress of both quantities turned into that of one. */
export function reporting<Options extends ProbeOptions<SampledEstimate>>(
  key: keyof TraceAndNorm,
  options: Options,
): Omit<Options, "onProgress"> & LongOptions<TraceAndNorm> {
  const { onProgress, ...rest } = options;
  return {
    ...rest,
    onProgress: onProgress && ((progress) => onProgress({ ...progress, estimate: progress.estimate?.[key] })),
  };
}
