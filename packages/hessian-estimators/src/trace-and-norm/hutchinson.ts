import { dot } from "@sgdscope/linear-algebra";
import type { TraceAndNorm } from "../exact.js";
import { fromColumns, noColumns, takeColumn, unitVectors, type Columns } from "../internal/columns.js";
import { drive, type Counted } from "../internal/machine.js";
import { add, noMoments, type Moments } from "../internal/moments.js";
import { sizeOf } from "../internal/products.js";
import { LEAST_SAMPLES, nextLook } from "../internal/stopping.js";
import { precisionOf } from "../internal/symmetry.js";
import { squaredNorm } from "../internal/vectors.js";
import type { LinearOperator } from "../operator.js";
import { estimates, plan, satisfied, type ProbeOptions, type Targets } from "./options.js";

interface Sampling extends Counted {
  trace: Moments;
  square: Moments;
  /** The number of samples at which to check next. */
  look: number;
  done: boolean;
  /** The exact value, if that turned out cheaper. */
  exact: Columns | null;
}

/** @internal vᵀAv and ‖Av‖² over independent probes v: one product serves both. */
export async function plainSampling(
  caller: string,
  operator: LinearOperator,
  options: ProbeOptions<TraceAndNorm>,
  targets: Targets,
): Promise<TraceAndNorm> {
  const size = sizeOf(caller, operator);
  const { limit, adaptive, draw, settings } = plan(caller, size, options, targets, 2);
  const small = adaptive ? size <= LEAST_SAMPLES && size <= limit : size <= limit;
  const known = { trace: 0, square: 0 };
  const now = ({ trace, square, matvecs, symmetry }: Sampling): TraceAndNorm =>
    estimates(known, trace, square, { matvecs, precision: precisionOf(symmetry) }, targets);

  return drive<Sampling, TraceAndNorm, TraceAndNorm>(operator, options, {
    caller,
    settings,
    limit,
    begin: () => ({
      matvecs: 0,
      trace: noMoments(),
      square: noMoments(),
      look: LEAST_SAMPLES,
      done: false,
      exact: small ? noColumns() : null,
    }),
    wants({ matvecs, exact, done, trace, look }, most) {
      if (exact) return unitVectors(size, exact.taken, most);
      // A check in the middle of a block would come too late.
      const room = Math.min(most, limit - matvecs, adaptive ? look - trace.count : Infinity);
      return done ? [] : Array.from({ length: room }, (_, i) => draw(trace.count + i));
    },
    takes(state, v, product) {
      if (state.exact) {
        takeColumn(state.exact, product);
        return;
      }
      add(state.trace, dot(v, product));
      add(state.square, squaredNorm(product));
      state.done = state.matvecs >= limit;
      if (!adaptive || state.trace.count !== state.look || state.done) return;
      state.look = nextLook(state.look);
      const estimate = now(state);
      state.done = satisfied(estimate);
      if (!state.done && state.matvecs + size <= limit && missing(estimate, targets) >= size) state.exact = noColumns();
    },
    partial: (state) => (state.exact || state.trace.count < 2 ? undefined : now(state)),
    result: (state) => (state.exact ? fromColumns(state.exact, state.matvecs) : now(state)),
  });
}

/** How many more samples the hardest of the unmet targets would take, by the standard error so far. */
function missing({ trace, norm }: TraceAndNorm, targets: Targets): number {
  const needed = [
    { ...trace, target: targets.trace },
    { ...norm, target: targets.norm },
  ].map(({ value, standardError, samples, target }) =>
    target === undefined || standardError === 0
      ? 0
      : samples * (standardError / (target * Math.abs(value))) ** 2 - samples,
  );
  return Math.max(...needed);
}
