import type { TraceAndNorm } from "../exact.js";
import { checkInteger } from "../internal/arguments.js";
import { fromColumns, noColumns, takeColumn, unitVectors, type Columns } from "../internal/columns.js";
import { drive, type Counted } from "../internal/machine.js";
import { momentsOf } from "../internal/moments.js";
import { sizeOf } from "../internal/products.js";
import { LEAST_SAMPLES, nextLook } from "../internal/stopping.js";
import { precisionOf } from "../internal/symmetry.js";
import type { LinearOperator } from "../operator.js";
import { estimates, plan, satisfied, type DeflatedOptions, type Targets } from "./options.js";
import { noSplit, remainder, settleImages, takeImage, takeProbe, takeSketches, type Split } from "./split.js";

interface Deflation extends Counted {
  split: Split;
  phase: "sketch" | "image" | "probe" | "exact" | "done";
  /** Probes to have at the next check; the basis then has as many directions. */
  samples: number;
  /** Random vectors used so far. */
  draws: number;
  /** Sketches still missing in this round, and those taken. */
  missing: number;
  sketches: Float64Array[];
  /** The budget allows no further round. */
  last: boolean;
  exact: Columns | null;
}

/** @internal The split of `split.ts`, grown in rounds with `relativeError`, else made at once. */
export async function deflatedSampling(
  caller: string,
  operator: LinearOperator,
  options: DeflatedOptions<TraceAndNorm>,
  targets: Targets,
): Promise<TraceAndNorm> {
  const size = sizeOf(caller, operator);
  const { limit, adaptive, draw, settings } = plan(caller, size, options, targets, 6);
  const { maxRank = Math.max(8, Math.floor(2 ** 29 / (32 * size))) } = options;
  checkInteger(caller, "maxRank", maxRank, 1);
  const small = adaptive ? size <= Math.min(3 * LEAST_SAMPLES, limit) : size <= limit;

  const now = ({ split: { known, probes }, matvecs, symmetry }: Deflation): TraceAndNorm | undefined =>
    probes.length < 2
      ? undefined
      : estimates(
          known,
          momentsOf(probes.map((probe) => probe.trace)),
          momentsOf(probes.map((probe) => probe.square)),
          { matvecs, precision: precisionOf(symmetry) },
          targets,
        );

  /** Begins a round: sketches as far as the basis is behind the probes, then probes. */
  function open(state: Deflation): void {
    const { split, samples } = state;
    const left = limit - state.matvecs;
    state.last = !adaptive || left <= 3 * (samples - split.probes.length);
    const rank = Math.min(Math.min(samples, maxRank) - split.basis.length, Math.floor(left / 3));
    state.phase = !split.exhausted && rank > 0 ? "sketch" : "probe";
    state.missing = rank;
  }

  /** Moves to the next phase, or round, when this one is complete. */
  function settle(state: Deflation): void {
    const { split } = state;
    if (state.phase === "sketch" && state.missing === 0) {
      takeSketches(split, state.sketches);
      state.sketches = [];
      state.phase = "image";
    }
    if (state.phase === "image" && split.images.length === split.basis.length) {
      settleImages(split);
      state.phase = "probe";
    }
    const sampled = state.matvecs >= limit || (!state.last && split.probes.length >= state.samples);
    if (state.phase !== "probe" || !sampled) return;
    const next = nextLook(state.samples);
    if (state.matvecs >= limit || (adaptive && satisfied(now(state)!))) state.phase = "done";
    else if (state.matvecs + 3 * (next - state.samples) >= size && state.matvecs + size <= limit) toExact(state);
    else {
      state.samples = next;
      open(state);
    }
  }

  function toExact(state: Deflation): void {
    state.phase = "exact";
    state.exact = noColumns();
  }

  return drive<Deflation, TraceAndNorm, TraceAndNorm>(operator, options, {
    caller,
    settings: { ...settings, maxRank },
    limit,
    begin() {
      const third = Math.floor(limit / 3);
      const samples = adaptive ? Math.min(LEAST_SAMPLES, third) : third;
      const counters = { matvecs: 0, draws: 0, missing: 0, samples, last: false };
      const state: Deflation = { ...counters, split: noSplit(), phase: "probe", sketches: [], exact: null };
      if (small) toExact(state);
      else open(state);
      return state;
    },
    wants({ phase, split, draws, missing, samples, last, matvecs, exact }, most) {
      const drawn = (count: number): Float64Array[] =>
        Array.from({ length: Math.min(most, count) }, (_, i) => draw(draws + i));
      if (phase === "exact") return unitVectors(size, exact!.taken, most);
      if (phase === "sketch") return drawn(missing);
      if (phase === "image") return split.basis.slice(split.images.length, split.images.length + most);
      if (phase === "done") return [];
      const room = limit - matvecs;
      return drawn(last ? room : Math.min(room, samples - split.probes.length)).map((v) => remainder(split, v));
    },
    takes(state, vector, product) {
      const { split, phase } = state;
      if (phase === "exact") {
        takeColumn(state.exact!, product);
        return;
      }
      if (phase === "sketch") {
        state.draws++;
        state.missing--;
        state.sketches.push(product);
      } else if (phase === "image") takeImage(split, product);
      else {
        state.draws++;
        takeProbe(split, vector, product, !state.last && !split.exhausted && split.basis.length < maxRank);
      }
      settle(state);
    },
    partial: (state) => (state.exact ? undefined : now(state)),
    result: (state) => (state.exact ? fromColumns(state.exact, state.matvecs) : now(state)!),
  });
}
