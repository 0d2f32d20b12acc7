import { norm } from "@sgdscope/linear-algebra";
import { checkInteger, checkPositive } from "../internal/arguments.js";
import { unitVectors } from "../internal/columns.js";
import { drawsOf } from "../internal/draws.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { goodEnough, isLook } from "../internal/stopping.js";
import type { LinearOperator, LongOptions, Randomness, ResumableOptions } from "../operator.js";

/** The diagonal of an operator, entry by entry. */
export interface DiagonalEstimate {
  values: Float64Array;
  /** One standard error of each entry. */
  standardErrors: Float64Array;
  matvecs: number;
  /** Independent terms behind the standard errors; 0 where the entries are exact. */
  samples: number;
  /** Whether `relativeError` was met; true if none was requested. */
  converged: boolean;
}

/** What `hutchinsonDiagonal` accepts. */
export interface DiagonalOptions extends LongOptions<DiagonalEstimate>, Randomness, ResumableOptions {
  /**
   * Products to spend; 99 by default, or 1000 with `relativeError`. Where it is at least `operator.size` and no `relativeError` is
   * given, the diagonal is computed exactly instead.
   */
  maxMatvecs?: number | undefined;
  /** Stop when √Σ standardErrorᵢ² is at most this fraction of √Σ valueᵢ², by the same rule as the trace. */
  relativeError?: number | undefined;
}

interface Diagonal extends Counted {
  exact: boolean;
  done: boolean;
  /** Products behind the means. */
  samples: number;
  mean: Float64Array;
  deviations: Float64Array;
}

/**
 * diag A of a symmetric operator: the mean of v∘(Av) over Rademacher probes v.
 *
 * Unbiased, entry i with variance Σ_{j≠i} aᵢⱼ² per probe: a small entry beside large ones in its row is inaccurate.
 * `xDiagonal` first removes the large part of a decaying spectrum.
 *
 * Cost: `maxMatvecs` products, O(size) memory. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Bekas, Kokiopoulou and Saad, "An estimator for the diagonal of a matrix" (2007), which divides by Σ v∘v; for Rademacher
 * probes that is their number.
 */
export async function hutchinsonDiagonal(
  operator: LinearOperator,
  options: DiagonalOptions,
): Promise<DiagonalEstimate> {
  const caller = "hutchinsonDiagonal";
  const size = sizeOf(caller, operator);
  const draws = drawsOf(caller, size, options);
  const { relativeError, maxMatvecs: limit = relativeError === undefined ? 99 : 1000 } = options;
  if (relativeError !== undefined) checkPositive(caller, "relativeError", relativeError);
  checkInteger(caller, "maxMatvecs", limit, Math.min(2, size));

  function now({ exact, samples, mean, deviations, matvecs }: Diagonal): DiagonalEstimate {
    const standardErrors = deviations.map((sum) =>
      exact ? 0 : samples < 2 ? Infinity : Math.sqrt(sum / (samples - 1) / samples),
    );
    const converged = relativeError === undefined || exact || closeEnough(mean, standardErrors, samples, relativeError);
    return { values: mean.slice(), standardErrors, matvecs, samples: exact ? 0 : samples, converged };
  }

  return drive<Diagonal, DiagonalEstimate, DiagonalEstimate>(operator, options, {
    caller,
    settings: { seed: draws.seed, limit, relativeError },
    limit,
    begin: () => ({
      matvecs: 0,
      exact: limit >= size && relativeError === undefined,
      done: false,
      samples: 0,
      mean: new Float64Array(size),
      deviations: new Float64Array(size),
    }),
    wants({ exact, done, samples, matvecs }, most) {
      if (done) return [];
      if (exact) return unitVectors(size, samples, most);
      const room = Math.min(most, limit - matvecs);
      const drawn: Float64Array[] = [];
      while (drawn.length < room) {
        drawn.push(draws.rademacher(samples + drawn.length));
        // A check in the middle of a block would come too late.
        if (relativeError !== undefined && isLook(samples + drawn.length)) break;
      }
      return drawn;
    },
    takes(state, v, product) {
      if (state.exact) {
        state.mean = state.mean.with(state.samples, product[state.samples]!);
        state.samples++;
      } else sample(state, v, product);
      state.done = state.exact ? state.samples === size : state.matvecs >= limit;
      if (state.exact || state.done || relativeError === undefined || !isLook(state.samples)) return;
      state.done = now(state).converged;
      if (state.done || state.samples < size || state.matvecs + size > limit) return;
      // More products than the exact diagonal takes were not enough.
      Object.assign(state, { exact: true, samples: 0, mean: new Float64Array(size) });
    },
    partial: (state) => (state.exact && !state.done ? undefined : now(state)),
    result: now,
  });
}

function sample(state: Diagonal, v: Float64Array, product: Float64Array): void {
  const mean = state.mean.slice();
  const deviations = state.deviations.slice();
  state.samples++;
  for (let i = 0; i < v.length; i++) {
    const before = v[i]! * product[i]! - mean[i]!;
    mean[i]! += before / state.samples;
    deviations[i]! += before * (v[i]! * product[i]! - mean[i]!);
  }
  Object.assign(state, { mean, deviations });
}

/** @internal The stopping rule for a vector: its norm, and that of its standard errors. */
const closeEnough = (
  values: Float64Array,
  standardErrors: Float64Array,
  samples: number,
  relativeError: number,
): boolean => goodEnough({ value: norm(values), standardError: norm(standardErrors), samples }, relativeError);
