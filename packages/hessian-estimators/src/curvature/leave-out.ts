import { leaveTwoOut, type LeftOutMean } from "../internal/leave-two-out.js";
import { knownTerms, probeTerms, spanOf, type Coordinates, type Span, type Terms } from "./subspace.js";

/** The leave-one-out terms of several runs. */
export interface LeftOut {
  terms: Terms[];
  /** tᵢ − tᵢⱼ of both quantities. */
  change: (i: number, j: number) => Terms;
  /** For each run the span of the others, and what its probe leaves outside of it. */
  spans: { span: Span; outside: Float64Array }[];
}

/**
 * For each run, Tr A and ‖A‖_F² from the span of the other runs and the probe that this one started with.
 *
 * The probe is independent of that span, so given it each term is unbiased, by the split of the deflated estimators; and because the
 * span is that of several Krylov spaces, it contains what dominates A. Derived here, after XTrace (Epperly, Tropp and Webber 2024).
 */
export function leaveRunsOut({ runs }: Coordinates, size: number, least: number): LeftOut {
  const probes = runs.map(([first]) => ({
    vector: first!.vector.map((x) => x * Math.sqrt(size)),
    image: first!.image.map((x) => x * Math.sqrt(size)),
  }));
  const spanWithout = (...gone: number[]): Span => spanOf(runs.filter((_, i) => !gone.includes(i)).flat(), least);
  const spans: LeftOut["spans"] = [];
  const terms = probes.map((probe, i) => {
    const span = spanWithout(i);
    const { outside, ...sampled } = probeTerms(span, probe, size);
    spans.push({ span, outside });
    return sum(knownTerms(span), sampled);
  });
  const changes = probes.map(() => [] as Terms[]);
  for (let i = 0; i < runs.length; i++)
    for (let j = 0; j < i; j++) {
      const span = spanWithout(i, j);
      const known = knownTerms(span);
      for (const [one, other] of [
        [i, j],
        [j, i],
      ] as const) {
        const without = sum(known, probeTerms(span, probes[one]!, size));
        const { trace, square } = terms[one]!;
        changes[one]![other] = { trace: trace - without.trace, square: square - without.square };
      }
    }
  return { terms, spans, change: (i, j) => changes[i]![j]! };
}

const sum = (a: Terms, b: Terms): Terms => ({ trace: a.trace + b.trace, square: a.square + b.square });

/**
 * Value and standard error of f(Tr A, ‖A‖_F²), by the delta method with the gradient of f there; not below the rounding of the products,
 * of relative size `precision`, which moves trace and norm by as much of the norm.
 */
export function functionOfTerms(
  { terms, change }: LeftOut,
  f: (trace: number, square: number) => number,
  gradient: (trace: number, square: number) => Terms,
  precision: number,
): LeftOutMean {
  const mean = (of: (term: Terms) => number): number =>
    terms.reduce((total, term) => total + of(term), 0) / terms.length;
  const [trace, square] = [mean((term) => term.trace), mean((term) => term.square)];
  const slope = gradient(trace, square);
  const along = (term: Terms): number => slope.trace * term.trace + slope.square * term.square;
  const { standardError, skewness } = leaveTwoOut(terms.map(along), (i, j) => along(change(i, j)));
  const norm = Math.sqrt(Math.max(0, square));
  const rounding = precision * norm * Math.hypot(slope.trace, 2 * norm * slope.square);
  return { value: f(trace, square), standardError: Math.hypot(standardError, rounding), skewness };
}
