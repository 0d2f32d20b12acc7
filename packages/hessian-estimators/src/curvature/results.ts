import { axpy, multiply, norm, symmetricEigen, transpose } from "@sgdscope/linear-algebra";
import { checkMoments } from "../density/moments.js";
import { ruleOf, type LanczosQuadrature } from "../density/ghorbani2019slq.js";
import type { DiagonalEstimate } from "../diagonal/bekas2007.js";
import { CURVED } from "../functions/effective-rank.js";
import { judgedBySamples, unreliable } from "../internal/coverage.js";
import type { LeftOutMean } from "../internal/leave-two-out.js";
import { combine } from "../internal/vectors.js";
import type { SampledEstimate } from "../operator.js";
import type { Krylov } from "../spectrum/krylov.js";
import { choose, type Which } from "../spectrum/wanted.js";
import { functionOfTerms, leaveRunsOut, type LeftOut } from "./leave-out.js";
import { coordinatesOf, leastSingular, projectedBy, spanOf, type Coordinates, type Span } from "./subspace.js";
import type { Curvature, RitzPairs } from "./types.js";

interface Wanted {
  size: number;
  count: number;
  which: Which;
  diagonal: boolean;
  matvecs: number;
  /** Relative error of the products. */
  precision: number;
}

/** All quantities from the products of several Krylov runs. */
export function fromRuns(runs: readonly Krylov[], wanted: Wanted): Curvature {
  const { size, count, which, matvecs, precision } = wanted;
  const coordinates = coordinatesOf(runs);
  const least = leastSingular(coordinates);
  const left = leaveRunsOut(coordinates, size, least);
  const sampled = (estimate: LeftOutMean): SampledEstimate => ({
    ...estimate,
    ...judgedBySamples(runs.length),
    matvecs,
    samples: runs.length,
    converged: true,
  });
  const ritz = rayleighRitz(spanOf(coordinates.runs.flat(), least));
  const largest = Math.max(Math.abs(ritz.values[0]!), Math.abs(ritz.values.at(-1)!));
  const trace = sampled(
    functionOfTerms(
      left,
      (t) => t,
      () => ({ trace: 1, square: 0 }),
      precision,
    ),
  );
  const root = (square: number): number => Math.sqrt(Math.max(square, Number.MIN_VALUE));
  const norm = sampled(
    functionOfTerms(
      left,
      (_, s) => root(s),
      (_, s) => ({ trace: 0, square: 0.5 / root(s) }),
      precision,
    ),
  );
  const ratio = functionOfTerms(
    left,
    (t, s) => t ** 2 / s,
    (t, s) => ({ trace: (2 * t) / s, square: -(t ** 2) / s ** 2 }),
    precision,
  );
  const stable = functionOfTerms(
    left,
    (_, s) => s / largest ** 2,
    () => ({ trace: 0, square: 1 / largest ** 2 }),
    precision,
  );
  const quadrature: LanczosQuadrature = { size, runs: runs.map(ruleOf), matvecs };
  return {
    method: "estimated",
    matvecs,
    trace,
    norm,
    participationRatio: { ...sampled(ratio), ...curved(trace, norm) },
    stableRank: { ...sampled(stable), ...curved(undefined, norm) },
    eigenpairs: pairsOf(ritz, coordinates, which, Math.min(count, ritz.values.length)),
    quadrature,
    diagonal: wanted.diagonal ? diagonalOf(coordinates, left, size, matvecs) : undefined,
    moments: checkMoments(quadrature, { trace, norm }),
  };
}

/** Where the trace is uncertain by half or the square of the norm by a quarter, the bias of a ratio is a quarter of its standard error. */
function curved(trace: SampledEstimate | undefined, norm: SampledEstimate): Partial<SampledEstimate> {
  const uncertain =
    (trace && trace.standardError > 0.5 * Math.abs(trace.value)) || norm.standardError > 0.125 * norm.value;
  return uncertain ? unreliable(CURVED) : {};
}

interface Ritz {
  span: Span;
  values: Float64Array;
  /** Row k: coefficients of Ritz vector k in the span. */
  rows: Float64Array;
}

function rayleighRitz(span: Span): Ritz {
  const { rank } = span;
  const projected = projectedBy(span);
  const mirrored = transpose(projected, rank, rank);
  const { values, vectors } = symmetricEigen(
    projected.map((x, at) => (x + mirrored[at]!) / 2),
    rank,
  );
  return { span, values, rows: vectors };
}

function pairsOf({ span, values, rows }: Ritz, { axes }: Coordinates, which: Which, count: number): RitzPairs {
  const { rank, dimension } = span;
  const { wanted } = choose(values, which, count);
  const inAxes = wanted.map((k) => {
    const row = rows.subarray(k * rank, (k + 1) * rank);
    const vector = multiply(row, span.vectors, 1, rank, dimension);
    return { vector, image: multiply(row, span.images, 1, rank, dimension), value: values[k]! };
  });
  return {
    values: Float64Array.from(inAxes, ({ value }) => value),
    vectors: inAxes.map(({ vector }) => combine(vector, axes)),
    residuals: Float64Array.from(inAxes, ({ vector, image, value }) => norm(axpy(-value, vector, image))),
  };
}

/** For each run diag(PA + AP − PAP) of the others' span and its probe times what A leaves of it outside; their mean and scatter. */
function diagonalOf({ axes, runs }: Coordinates, { spans }: LeftOut, size: number, matvecs: number): DiagonalEstimate {
  const mean = new Float64Array(size);
  const deviations = new Float64Array(size);
  spans.forEach(({ span, outside }, i) => {
    const probe = combine(runs[i]![0]!.vector, axes);
    const rest = combine(outside, axes);
    const values = probe.map((x, j) => x * Math.sqrt(size) * rest[j]!);
    const form = knownForm(span);
    axes.forEach((axis, a) => {
      const row = combine(form.subarray(a * axes.length, (a + 1) * axes.length), axes);
      for (let j = 0; j < size; j++) values[j]! += axis[j]! * row[j]!;
    });
    values.forEach((x, j) => {
      const before = x - mean[j]!;
      mean[j]! += before / (i + 1);
      deviations[j]! += before * (x - mean[j]!);
    });
  });
  const count = spans.length;
  return {
    values: mean,
    standardErrors: deviations.map((sum) => Math.sqrt(sum / (count - 1) / count)),
    matvecs,
    samples: count,
    converged: true,
  };
}

/** PA + AP − PAP, row-major in the axes: Σ q gᵀ + g qᵀ with g = A·q less half of what lies in the span. */
function knownForm(span: Span): Float64Array {
  const { rank, dimension, vectors, images } = span;
  const inside = multiply(projectedBy(span), vectors, rank, rank, dimension);
  const half = images.map((x, at) => x - inside[at]! / 2);
  const form = multiply(transpose(vectors, rank, dimension), half, dimension, rank, dimension);
  const mirrored = transpose(form, dimension, dimension);
  return form.map((x, at) => x + mirrored[at]!);
}
