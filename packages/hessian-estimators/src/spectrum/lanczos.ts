import { scale } from "@sgdscope/linear-algebra";
import { drawsOf } from "../internal/draws.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { combine } from "../internal/vectors.js";
import type { LinearOperator } from "../operator.js";
import { extend, freshDirection, residual, restart, ritz, roundingLevel, startFrom, type Krylov } from "./krylov.js";
import { eigenpairsPlan, type Eigenpairs, type EigenpairsOptions, type RitzProgress } from "./options.js";
import { choose } from "./wanted.js";

/** Fewest products of a confirming search. */
const LEAST_FRESH = 8;

interface Search extends Counted {
  krylov: Krylov;
  /** Pending vectors of this round that have no product yet; the state is judged when there are none. */
  round: number;
  /** Random vectors used so far. */
  draws: number;
  /** The basis size at which to judge next. */
  check: number;
  invariant: boolean;
  /** The values a confirming search set out to beat, and when it began; null before the first. */
  search: { values: Float64Array; from: number } | null;
  progress: RitzProgress | null;
  /** What is known only at the end of the search. */
  found: { vectors: Float64Array[]; converged: boolean[]; confirmed: boolean } | null;
}

/**
 * Eigenpairs at the ends of the spectrum of a symmetric operator by Lanczos' method, reorthogonalised against the whole basis;
 * with `block` > 1 or several starting vectors by its band form, which spans what block Lanczos does.
 *
 * It continues until every pair has converged or `maxMatvecs` is spent, and says for each pair whether it converged. Residuals come from the actual
 * products, without the assumption that the operator is exactly symmetric or linear: noise of Float32 products shows in them.
 *
 * A Krylov space of b starts holds b directions of each eigenspace, so eigenvalues repeated more often would count b times. Therefore,
 * with `confirm`, the search resumes from random directions orthogonal to the pairs found, and adds what it finds, until it finds
 * nothing more. The confirming search ends when its best value is converged, or provably (given its residual) nearer to itself than
 * to the wanted ones.
 *
 * Cost: one product and 8·m·size operations per step at basis size m; m ≤ `maxBasis` vectors of memory (twice that for a short
 * time at a restart). Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Lanczos (1950); Parlett, The symmetric eigenvalue problem (1980), on reorthogonalisation and residuals; Ruhe (1979) for
 * the band form; Wu and Simon (2000) for the thick restart. The confirming search and its end are derived here.
 */
export async function topEigenpairs(operator: LinearOperator, options: EigenpairsOptions): Promise<Eigenpairs> {
  const caller = "topEigenpairs";
  const size = sizeOf(caller, operator);
  const draws = drawsOf(caller, size, options);
  const plan = eigenpairsPlan(caller, size, options);
  const { count, which, tolerance, maxMatvecs, maxBasis, block, confirm, start } = plan;
  const { start: _, ...settings } = plan;
  const leastFresh = Math.max(LEAST_FRESH, 4 * block);

  const fresh =
    (state: Search) =>
    (basis: readonly Float64Array[]): Float64Array =>
      freshDirection(basis, () => draws.gaussian(state.draws++));
  const freshBlock = (state: Search, basis: Float64Array[], length: number): Float64Array[] => {
    const directions: Float64Array[] = [];
    const room = Math.min(length, size - basis.length);
    while (directions.length < room) directions.push(fresh(state)([...basis, ...directions]));
    return directions;
  };
  const nextRound = (state: Search): void => {
    state.round = Math.min(state.krylov.pending.length, maxMatvecs - state.matvecs);
  };

  function judge(state: Search): void {
    const { krylov, matvecs, search } = state;
    const m = krylov.basis.length;
    const full = m + krylov.pending.length > maxBasis;
    const spent = matvecs === maxMatvecs;
    const due = m >= state.check || state.invariant || full || m === size || spent;
    if (!due || m < count) return;
    state.check = m + Math.max(1, Math.floor(m / 8));
    state.invariant = false;

    const pairs = ritz(krylov);
    const { wanted, rivals } = choose(pairs.values, which, count);
    const residuals = new Map(
      [...wanted, ...rivals.map(({ index }) => index)].map((index) => [
        index,
        residual(krylov, pairs.values[index]!, pairs.vectors[index]!),
      ]),
    );
    const floor = roundingLevel(krylov, size);
    const allowed = (index: number): number => Math.max(tolerance * Math.abs(pairs.values[index]!), floor);
    const excess = (index: number): number => residuals.get(index)!.total - allowed(index);
    const values = Float64Array.from(wanted, (index) => pairs.values[index]!);
    state.progress = { values, residuals: Float64Array.from(wanted, (index) => residuals.get(index)!.total) };

    // A restart drops the open directions, so their coefficients must be below the tolerance before one.
    const closed = wanted.every(
      (index) => residuals.get(index)!.open <= (confirm ? allowed(index) / 4 : allowed(index)),
    );
    const settled = closed && wanted.every((index) => excess(index) <= 0);
    const searched =
      search !== null &&
      matvecs - search.from >= leastFresh &&
      rivals.length > 0 &&
      rivals.every(({ index, distance }) => residuals.get(index)!.total <= distance / 2 || excess(index) <= 0);
    const unchanged =
      searched &&
      values.every((value, i) => Math.abs(value - search.values[i]!) <= tolerance * Math.abs(value) + floor);
    const confirmed = settled && (m === size || unchanged);
    if (spent || (settled && (!confirm || confirmed))) {
      const converged = wanted.map((index) => excess(index) <= 0);
      const vectors = wanted.map((index) => upright(combine(pairs.vectors[index]!, krylov.basis)));
      state.found = { vectors, converged, confirmed };
      return;
    }
    const vectorOf = (index: number): Float64Array => pairs.vectors[index]!;
    if (settled && (search === null || searched)) {
      state.krylov = restart(krylov, wanted.map(vectorOf), (basis) => freshBlock(state, basis, block));
    } else if (m === size || (closed && !settled)) {
      // Only products can recover what restarts dropped: the worst pair starts the next search.
      const worst = wanted.reduce((a, b) => (excess(b) > excess(a) ? b : a));
      const others = wanted.filter((index) => index !== worst);
      state.krylov = restart(krylov, others.map(vectorOf), () => [combine(vectorOf(worst), krylov.basis)]);
    } else {
      if (!full) return;
      const kept = Math.min(maxBasis - krylov.pending.length, Math.floor((maxBasis + count) / 2));
      state.krylov = restart(krylov, choose(pairs.values, which, kept).wanted.map(vectorOf));
      state.check = m;
      return;
    }
    state.search = { values, from: matvecs };
    state.check = state.krylov.basis.length + 1;
  }

  return drive<Search, Eigenpairs, RitzProgress>(operator, options, {
    caller,
    settings: { seed: draws.seed, ...settings },
    limit: maxMatvecs,
    begin() {
      const counters = { matvecs: 0, draws: 0, round: 0, check: count, invariant: false };
      const krylov = startFrom([...start]);
      const state: Search = { ...counters, krylov, search: null, progress: null, found: null };
      krylov.pending.push(...freshBlock(state, krylov.pending, block - start.length));
      nextRound(state);
      return state;
    },
    wants: ({ found, krylov, round }, most) => (found ? [] : krylov.pending.slice(0, Math.min(most, round))),
    takes(state, _vector, product) {
      state.round--;
      if (extend(state.krylov, product, fresh(state))) state.invariant = true;
      if (state.round > 0) return;
      judge(state);
      nextRound(state);
    },
    partial: ({ progress }) => progress ?? undefined,
    result: ({ progress, found, matvecs }) => ({ ...progress!, ...found!, matvecs }),
  });
}

/** v with the sign that makes its entry of largest magnitude positive. */
function upright(v: Float64Array): Float64Array {
  let most = 0;
  for (const x of v) if (Math.abs(x) > Math.abs(most)) most = x;
  return most < 0 ? scale(-1, v) : v;
}
