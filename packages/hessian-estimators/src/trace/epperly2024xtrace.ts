import { dot, norm } from "@sgdscope/linear-algebra";
import { judgedBySamples } from "../internal/coverage.js";
import { fromColumns, noColumns, takeColumn as takeExact, unitVectors, type Columns } from "../internal/columns.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { noSketch, takeColumn, type Sketch } from "../internal/sketch.js";
import type { LeftOutMean } from "../internal/leave-two-out.js";
import { precisionOf } from "../internal/symmetry.js";
import { goodEnough, LEAST_SAMPLES, nextLook } from "../internal/stopping.js";
import type { LinearOperator, SampledEstimate } from "../operator.js";
import { plan, type ProbeOptions } from "../trace-and-norm/options.js";
import { leaveOneOutTrace } from "./leave-out.js";

interface XTrace extends Counted {
  phase: "sketch" | "image" | "exact" | "done";
  samples: number;
  probes: Float64Array[];
  sketch: Sketch;
  /** Column j of QᵀAQ as far as its rows were known when A·qⱼ came: rows 0 … at least j. */
  projected: Float64Array[];
  estimate: LeftOutMean | null;
  exact: Columns | null;
}

/** Options of `xTrace`. Its probes are normal. */
export type XTraceOptions = Omit<ProbeOptions<SampledEstimate>, "probes">;

/**
 * Tr A of a symmetric operator by XTrace: every probe serves both as sketch and as sample.
 *
 * With m products, m/2 give Y = AΩ for normal probes ωᵢ and m/2 the image of Q = orth Y. For each i, the sketch without column i
 * splits A into a part known exactly and a remainder that ωᵢ samples, as Hutch++ does with fresh probes; the mean over i is the
 * estimate. Given the others each term is unbiased. The remainder's sample is rescaled to a sphere, whose radius carries no
 * information. The standard error accounts for the correlation of the terms.
 *
 * On decaying spectra it is the most accurate estimate of the trace per product here; on flat ones plain `hutchinsonTrace` is.
 *
 * Cost: `maxMatvecs` products (one less if odd), 2·size numbers for each of `maxMatvecs`/2 probes, (maxMatvecs/2)³ operations. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Epperly, Tropp and Webber, "XTrace: making the most of every sample in stochastic trace estimation", SIAM J. Matrix Anal.
 * Appl. 45 (2024), arXiv 2301.07825.
 */
export async function xTrace(operator: LinearOperator, options: XTraceOptions): Promise<SampledEstimate> {
  const caller = "xTrace";
  const size = sizeOf(caller, operator);
  const targets = { trace: options.relativeError, norm: undefined };
  const { limit, adaptive, draw, settings } = plan(caller, size, { ...options, probes: "gaussian" }, targets, 4);
  const pairs = Math.floor(limit / 2);
  const { relativeError } = options;

  const judged = ({ estimate, probes, matvecs, symmetry, sketch }: XTrace): SampledEstimate => {
    const { value, standardError: error, skewness } = estimate!;
    const rounding = (precisionOf(symmetry) * norm(Float64Array.from(sketch.columns, norm))) / Math.sqrt(probes.length);
    const sampled = { value, standardError: Math.hypot(error, rounding), matvecs, samples: probes.length };
    const converged = relativeError === undefined || goodEnough(sampled, relativeError);
    return { ...sampled, skewness, ...judgedBySamples(probes.length), converged };
  };

  function settle(state: XTrace): void {
    const { sketch, projected, probes } = state;
    if (state.phase === "sketch" && probes.length === state.samples) state.phase = "image";
    if (state.phase !== "image" || projected.length < sketch.basis.length) return;
    state.estimate = leaveOneOutTrace({ size, probes, sketch, inside: symmetric(projected) });
    const next = Math.min(nextLook(state.samples), pairs);
    if (state.samples === pairs || !adaptive || judged(state).converged) state.phase = "done";
    else if (state.matvecs + 2 * (next - state.samples) >= size && state.matvecs + size <= limit) {
      state.phase = "exact";
      state.exact = noColumns();
    } else Object.assign(state, { phase: "sketch", samples: next });
  }

  return drive<XTrace, SampledEstimate, SampledEstimate>(operator, options, {
    caller,
    settings,
    limit,
    begin() {
      const small = adaptive ? size <= Math.min(2 * LEAST_SAMPLES, limit) : size <= limit;
      return {
        matvecs: 0,
        phase: small ? "exact" : "sketch",
        samples: adaptive ? Math.min(LEAST_SAMPLES, pairs) : pairs,
        probes: [],
        sketch: noSketch(),
        projected: [],
        estimate: null,
        exact: small ? noColumns() : null,
      };
    },
    wants({ phase, samples, probes, projected, sketch, exact }, most) {
      if (phase === "done") return [];
      if (phase === "exact") return unitVectors(size, exact!.taken, most);
      if (phase === "image") return sketch.basis.slice(projected.length, projected.length + most);
      const room = Math.min(most, samples - probes.length);
      return Array.from({ length: room }, (_, i) => draw(probes.length + i));
    },
    takes(state, vector, product) {
      if (state.phase === "exact") {
        takeExact(state.exact!, product);
        return;
      }
      if (state.phase === "sketch") {
        state.probes.push(vector);
        takeColumn(state.sketch, product);
      } else state.projected.push(Float64Array.from(state.sketch.basis, (q) => dot(q, product)));
      settle(state);
    },
    partial: (state) => (state.estimate && !state.exact ? judged(state) : undefined),
    result: (state) => (state.exact ? fromColumns(state.exact, state.matvecs).trace : judged(state)),
  });
}

/** QᵀAQ by rows, from the columns and their mirror. */
function symmetric(projected: readonly Float64Array[]): Float64Array[] {
  return projected.map((_, i) =>
    Float64Array.from(projected, (column, j) => {
      const [here, there] = [column[i], projected[i]![j]];
      return here === undefined ? there! : there === undefined ? here : (here + there) / 2;
    }),
  );
}
