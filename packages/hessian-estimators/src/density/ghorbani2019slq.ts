import { norm, scale, tridiagonalEigen } from "@sgdscope/linear-algebra";
import { checkInteger } from "../internal/arguments.js";
import { drawsOf } from "../internal/draws.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import type { LinearOperator, LongOptions, Randomness, ResumableOptions } from "../operator.js";
import { extend, startFrom, type Krylov } from "../spectrum/krylov.js";

/** A discrete measure that stands for the spectrum as one random probe sees it. */
export interface QuadratureRun {
  /** Ritz values, largest first. */
  nodes: Float64Array;
  /** Their weights, which sum to 1. */
  weights: Float64Array;
  /** What the last Lanczos step left outside of its basis; 0 where the rule is exact for its probe, undefined where that is not known. */
  residual?: number;
}

/** Gauss quadrature of the spectrum from independent probes. */
export interface LanczosQuadrature {
  size: number;
  runs: QuadratureRun[];
  matvecs: number;
}

/** What `lanczosQuadrature` accepts. */
export interface LanczosQuadratureOptions extends LongOptions<LanczosQuadrature>, Randomness, ResumableOptions {
  /** Independent probes, Rademacher; 10 by default, the fewest from which intervals are reliable. What is far from an eigenvalue's own resolution averages over them. */
  probes?: number | undefined;
  /**
   * Lanczos steps per probe, and so products per probe; 32 by default, at most `size`. `steps` vectors are held, and as many times that as
   * `operator.applyBlock` takes at once.
   */
  steps?: number | undefined;
}

/**
 * The spectrum of a symmetric operator as quadrature rules, by stochastic Lanczos quadrature.
 *
 * From a probe v, m Lanczos steps with full reorthogonalisation give a tridiagonal T; its eigenvalues are nodes and the squared
 * first entries of its eigenvectors are weights of a rule that is exact for polynomials of degree 2m − 1 under the measure
 * vᵀδ(λ − A)v/‖v‖². Over Rademacher probes its mean is the eigenvalue density. A run ends early when its basis is invariant.
 *
 * Pass the result to `spectralDensity`, `traceOfFunction` and the functions built on it. Cost: probes·steps products, steps·size numbers.
 * Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Ghorbani, Krishnan and Xiao (2019, arXiv 1901.10159); Golub and Welsch (1969) for nodes and weights.
 */
export async function lanczosQuadrature(
  operator: LinearOperator,
  options: LanczosQuadratureOptions,
): Promise<LanczosQuadrature> {
  const caller = "lanczosQuadrature";
  const size = sizeOf(caller, operator);
  const draws = drawsOf(caller, size, options);
  const { probes = 10, steps = Math.min(32, size) } = options;
  checkInteger(caller, "probes", probes, 2);
  checkInteger(caller, "steps", steps, 1, size);
  const collected = ({ runs, matvecs }: Quadratures): LanczosQuadrature => ({ size, runs: [...runs], matvecs });
  return drive<Quadratures, LanczosQuadrature, LanczosQuadrature>(operator, options, {
    caller,
    settings: { seed: draws.seed, probes, steps },
    limit: probes * steps,
    begin: noQuadratures,
    wants(state, most) {
      const missing = probes - state.runs.length;
      return wantsOf(state, most, missing, (index) => draws.rademacher(index));
    },
    takes: (state, _vector, product) => takesOf(state, product, steps),
    partial: (state) => (state.runs.length > 0 ? collected(state) : undefined),
    result: collected,
  });
}

/** @internal Lanczos runs from independent probes, as many at a time as the operator takes vectors. */
export interface Quadratures extends Counted {
  runs: QuadratureRun[];
  /** The open runs, side by side, and which of them has its product next. */
  open: Krylov[];
  turn: number;
  /** Results of the open runs that are complete; emptied when all of them are. */
  complete: (QuadratureRun | null)[];
}

/** @internal */
export const noQuadratures = (): Quadratures => ({ matvecs: 0, runs: [], open: [], turn: 0, complete: [] });

/** @internal The next vectors of the open runs; opens up to `missing` runs if there are none. */
export function wantsOf(
  state: Quadratures,
  most: number,
  missing: number,
  probe: (index: number) => Float64Array,
): Float64Array[] {
  if (state.open.length === 0) {
    const begun = state.runs.length;
    const count = Math.min(most, missing);
    state.open = Array.from({ length: count }, (_, i) => startFrom([unit(probe(begun + i))]));
    state.complete = state.open.map(() => null);
    state.turn = 0;
  }
  const { open, complete, turn } = state;
  return open.flatMap((run, i) => (i >= turn && complete[i] === null ? [run.pending[0]!] : [])).slice(0, most);
}

/** @internal */
export function takesOf(state: Quadratures, product: Float64Array, steps: number): void {
  const { open, complete } = state;
  while (complete[state.turn] !== null) state.turn++;
  const run = open[state.turn]!;
  const invariant = extend(run, product, (basis) => basis[0]!);
  if (invariant || run.basis.length === steps) {
    complete[state.turn] = ruleOf(run);
    open[state.turn] = startFrom([]);
  }
  state.turn++;
  if (open.slice(state.turn).every((_, i) => complete[state.turn + i] !== null)) state.turn = 0;
  if (complete.some((rule) => rule === null)) return;
  state.runs.push(...(complete as QuadratureRun[]));
  state.open = [];
}

/** @internal Gauss' rule of one run: eigenvalues of the tridiagonal matrix, squared first entries of its eigenvectors. */
export function ruleOf({ columns }: Krylov): QuadratureRun {
  const { values, rows } = tridiagonalEigen(
    Float64Array.from(columns, (column, j) => column[j]!),
    Float64Array.from(columns.slice(0, -1), (column, j) => column[j + 1]!),
    "first-components",
  );
  const last = columns.at(-1)!;
  return { nodes: values, weights: rows.map((first) => first * first), residual: last[columns.length] ?? 0 };
}

/** @internal */
export const unit = (v: Float64Array): Float64Array => scale(1 / norm(v), v.slice());
