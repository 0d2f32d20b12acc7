import { noQuadratures, takesOf, wantsOf, type Quadratures } from "../density/ghorbani2019slq.js";
import { checkInteger, checkPositive } from "../internal/arguments.js";
import { drawsOf } from "../internal/draws.js";
import { drive } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { goodEnough, LEAST_SAMPLES, nextLook } from "../internal/stopping.js";
import type { LinearOperator, LongOptions, Randomness, ResumableOptions, SampledEstimate } from "../operator.js";
import { traceOfFunction } from "./trace-of-function.js";

/** What `estimateTraceOfFunction` accepts. */
export interface TraceOfFunctionOptions extends LongOptions<SampledEstimate>, Randomness, ResumableOptions {
  /** Stop when the standard error is at most this fraction of the value; 0.01 by default, by the same rule as the trace. */
  relativeError?: number | undefined;
  /** Lanczos steps per probe; 32 by default, at most `size`. */
  steps?: number | undefined;
  /** Most products to spend; 1000 by default, at least enough for 8 probes. */
  maxMatvecs?: number | undefined;
  /** Names f in saved states: a state can be resumed only under the same name. Needed with `onCheckpoint` or `resume`. */
  name?: string | undefined;
}

/**
 * Tr f(A) of a symmetric operator to a requested accuracy: probes are added to a stochastic Lanczos quadrature until the standard
 * error is small enough.
 *
 * For several functions of one operator make the `lanczosQuadrature` once and use `traceOfFunction`.
 *
 * Cost: `steps` products per probe, `steps`·size numbers. Float64.
 *
 * @param f - Of an eigenvalue; evaluated at Ritz values, which lie between the smallest and the largest eigenvalue.
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Ubaru, Chen and Saad (2017); the stopping rule is derived here.
 */
export async function estimateTraceOfFunction(
  operator: LinearOperator,
  f: (eigenvalue: number) => number,
  options: TraceOfFunctionOptions,
): Promise<SampledEstimate> {
  const caller = "estimateTraceOfFunction";
  const size = sizeOf(caller, operator);
  const draws = drawsOf(caller, size, options);
  const { relativeError = 0.01, steps = Math.min(32, size), name = "" } = options;
  checkPositive(caller, "relativeError", relativeError);
  checkInteger(caller, "steps", steps, 1, size);
  const { maxMatvecs: limit = Math.max(1000, LEAST_SAMPLES * steps) } = options;
  checkInteger(caller, "maxMatvecs", limit, LEAST_SAMPLES * steps);
  const most = Math.floor(limit / steps);
  const now = ({ runs, matvecs }: Looking): SampledEstimate => {
    const estimate = traceOfFunction({ size, runs, matvecs }, f);
    return { ...estimate, converged: goodEnough(estimate, relativeError) };
  };
  return drive<Looking, SampledEstimate, SampledEstimate>(operator, options, {
    caller,
    settings: { seed: draws.seed, relativeError, steps, limit, name },
    limit,
    begin: () => ({ ...noQuadratures(), look: LEAST_SAMPLES, done: false }),
    wants: (state, room) =>
      state.done ? [] : wantsOf(state, room, state.look - state.runs.length, (index) => draws.rademacher(index)),
    takes(state, _vector, product) {
      takesOf(state, product, steps);
      if (state.open.length > 0 || state.runs.length < state.look) return;
      state.done = state.look === most || now(state).converged;
      state.look = Math.min(most, nextLook(state.look));
    },
    partial: (state) => (state.runs.length < 2 ? undefined : now(state)),
    result: now,
  });
}

interface Looking extends Quadratures {
  look: number;
  done: boolean;
}
