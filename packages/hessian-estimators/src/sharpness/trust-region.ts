import { axpy, norm } from "@sgdscope/linear-algebra";
import { checkInteger, checkLength, checkPositive } from "../internal/arguments.js";
import { drawsOf } from "../internal/draws.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { combine } from "../internal/vectors.js";
import type { LinearOperator, LongOptions, Randomness, ResumableOptions } from "../operator.js";
import { extend, freshDirection, residual, ritz, startFrom, type Krylov, type Ritz } from "../spectrum/krylov.js";
import { diagonalTrustRegion, type DiagonalTrustRegion } from "./secular.js";

/** What `worstCaseQuadratic` accepts. */
export interface WorstCaseOptions extends LongOptions<undefined>, Randomness, ResumableOptions {
  /** Radius ρ of the ball, in the norm of the parameters; positive. */
  radius: number;
  /** The gradient g at the point; 0 by default, as at a minimum. */
  gradient?: Float64Array | undefined;
  /** Converged when the conditions of optimality hold to this relative accuracy; 1e-6 by default. */
  tolerance?: number | undefined;
  /** Most products to spend; 300 by default. */
  maxMatvecs?: number | undefined;
}

/** The worst step within a ball, by the quadratic model. */
export interface WorstCaseStep {
  /** max gᵀδ + ½δᵀHδ over ‖δ‖ ≤ ρ: the rise of the loss there, to second order. Not below 0. */
  value: number;
  step: Float64Array;
  /** ν ≥ 0 with Hδ + g = νδ, at least λ₁ on the sphere; 0 where the maximum lies inside. */
  multiplier: number;
  /** ‖Hδ + g − νδ‖, from the products computed. */
  residual: number;
  /** Whether the residual and that of the largest Ritz value, which ν must not be below, are within the tolerance. */
  converged: boolean;
  matvecs: number;
}

interface Search extends Counted {
  krylov: Krylov;
  draws: number;
  check: number;
  round: number;
  found: Omit<WorstCaseStep, "matvecs"> | null;
}

/**
 * The worst case of the quadratic model within a ball, max gᵀδ + ½δᵀHδ over ‖δ‖ ≤ ρ, solved exactly on a growing Krylov space.
 *
 * At a minimum it is ½ρ²λ₁ along the top eigenvector (0 if λ₁ ≤ 0); with a gradient, the trust-region problem. The Krylov space starts
 * from g and a random vector, so that the hard case (g without a part along the top eigenvector) is no special case.
 *
 * Cost: at most `maxMatvecs` products, one vector held for each. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Gould, Lucidi, Roma and Toint (1999), trust regions by Lanczos' method; Foret et al. (2021, arXiv 2010.01412) and Keskar et al.
 * (2017, arXiv 1609.04836) for sharpness as the worst case in a neighbourhood.
 */
export async function worstCaseQuadratic(operator: LinearOperator, options: WorstCaseOptions): Promise<WorstCaseStep> {
  const caller = "worstCaseQuadratic";
  const size = sizeOf(caller, operator);
  const draws = drawsOf(caller, size, options);
  const { radius, gradient = new Float64Array(size), tolerance = 1e-6, maxMatvecs: limit = 300 } = options;
  checkPositive(caller, "radius", radius);
  checkPositive(caller, "tolerance", tolerance);
  checkLength(caller, "gradient", gradient, size);
  checkInteger(caller, "maxMatvecs", limit, 2);
  const slope = norm(gradient);
  const fresh =
    (state: Search) =>
    (basis: readonly Float64Array[]): Float64Array =>
      freshDirection(basis, () => draws.gaussian(state.draws++));

  function judge(state: Search): void {
    const { krylov } = state;
    const m = krylov.basis.length;
    const last = state.matvecs >= limit || m === size;
    if (m < state.check && !last) return;
    state.check = m + Math.max(2, Math.floor(m / 8));
    const pairs = ritz(krylov);
    // The basis starts with g, so Qᵀg = ‖g‖e₁.
    const b = Float64Array.from(pairs.vectors, (s) => slope * s[0]!);
    const solution = diagonalTrustRegion(pairs.values, b, radius);
    const error = optimality(krylov, pairs, solution, slope);
    const top = residual(krylov, pairs.values[0]!, pairs.vectors[0]!).total;
    const scale = slope + Math.max(Math.abs(pairs.values[0]!), solution.multiplier) * radius;
    const above = solution.multiplier - pairs.values[0]! >= top || top * radius <= tolerance * scale || m === size;
    const converged = error <= tolerance * scale && above && m >= Math.min(size, 8);
    if (!converged && !last) return;
    const step = combine(inBasis(pairs, solution.x), krylov.basis);
    state.found = {
      value: Math.max(0, solution.value),
      step,
      multiplier: solution.multiplier,
      residual: error,
      converged,
    };
  }

  return drive<Search, WorstCaseStep, undefined>(operator, options, {
    caller,
    settings: { seed: draws.seed, radius, tolerance, limit, slope },
    limit,
    begin() {
      const state: Search = { matvecs: 0, krylov: startFrom([]), draws: 0, check: 2, round: 0, found: null };
      const { pending } = state.krylov;
      if (slope > 0) pending.push(gradient.map((x) => x / slope));
      if (pending.length < size) pending.push(fresh(state)(pending));
      state.round = pending.length;
      return state;
    },
    wants: ({ krylov, round, found, matvecs }, most) =>
      found ? [] : krylov.pending.slice(0, Math.min(most, round, limit - matvecs)),
    takes(state, _vector, product) {
      state.round--;
      extend(state.krylov, product, fresh(state));
      if (state.round > 0 && state.matvecs < limit) return;
      judge(state);
      state.round = state.krylov.pending.length;
    },
    partial: () => undefined,
    result: ({ found, matvecs }) => ({ ...found!, matvecs }),
  });
}

const inBasis = ({ vectors }: Ritz, x: Float64Array): Float64Array => combine(x, vectors);

/** ‖Hδ + g − νδ‖ in the coordinates of the basis and what is pending. */
function optimality(krylov: Krylov, pairs: Ritz, { x, multiplier }: DiagonalTrustRegion, slope: number): number {
  const s = inBasis(pairs, x);
  const rest = new Float64Array(krylov.columns.reduce((most, column) => Math.max(most, column.length), s.length));
  krylov.columns.forEach((column, j) => axpy(s[j]!, column, rest.subarray(0, column.length)));
  s.forEach((c, j) => (rest[j]! -= multiplier * c));
  rest[0]! += slope;
  return norm(rest);
}
