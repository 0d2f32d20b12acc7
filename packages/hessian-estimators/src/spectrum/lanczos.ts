import { norm, scale } from "@sgdscope/linear-algebra";
import { HessianEstimatorsError } from "../errors.js";
import { checkInteger, checkLength, checkOneOf, checkPositive, checkRandom } from "../internal/arguments.js";
import { products } from "../internal/products.js";
import { combine } from "../internal/vectors.js";
import type { LinearOperator, LongOptions } from "../operator.js";
import { extend, freshDirection, residual, restart, ritz, roundingLevel, type Krylov, type Ritz } from "./krylov.js";
import { choose, WHICH, type Which } from "./wanted.js";

/** Eigenvalues on the way, and how far they are from converged. */
export interface RitzProgress {
  values: Float64Array;
  residuals: Float64Array;
}

/** What `topEigenpairs` accepts. */
export interface EigenpairsOptions extends LongOptions<RitzProgress> {
  /** Uniform generator on [0, 1), for the starting vector. */
  random: () => number;
  /** How many eigenpairs, with multiplicity; 1 by default. */
  count?: number | undefined;
  /** Which ones; `"largest-magnitude"` by default. */
  which?: Which | undefined;
  /** A pair has converged when ‖Av − λv‖ ≤ tolerance·|λ| for its unit vector, or at the rounding level; 1e-5 by default. */
  tolerance?: number | undefined;
  /** Most products to spend; by default 300, or 20 a pair if that is more. */
  maxMatvecs?: number | undefined;
  /** Most vectors to hold, each `size` numbers; the search restarts when it has them. By default as many as fit 512 MB. */
  maxBasis?: number | undefined;
  /**
   * Search once more, from a random start orthogonal to the pairs found, until it finds nothing better. Without it a repeated
   * eigenvalue counts once. True by default where `count` > 1 or `start` is given.
   */
  confirm?: boolean | undefined;
  /** Where to start, for example an eigenvector of an earlier checkpoint; a random vector by default. Length `size`. */
  start?: Float64Array | undefined;
}

/** Eigenpairs with what is known of their accuracy. */
export interface Eigenpairs {
  /** Eigenvalues: for `"both-ends"` largest first, else most wanted first. */
  values: Float64Array;
  /** Unit eigenvectors in the same order, orthogonal to each other; the entry of largest magnitude is positive. */
  vectors: Float64Array[];
  /** ‖Av − λv‖ of each pair; some eigenvalue of a symmetric A lies at most this far from λ. */
  residuals: Float64Array;
  /** Whether each residual is within the tolerance. */
  converged: boolean[];
  /** Whether nothing better was found by a search from another start, orthogonal to these (or the whole space was searched). */
  confirmed: boolean;
  matvecs: number;
}

/** Fewest products of a confirming search. */
const LEAST_FRESH = 8;

/**
 * Eigenpairs at the ends of the spectrum of a symmetric operator by Lanczos' method, reorthogonalised against the whole basis.
 *
 * It goes on until every pair has converged or `maxMatvecs` is spent, and says of each pair which. Residuals come from the products
 * made, without the assumption that the operator is exactly symmetric or linear: noise of Float32 products shows in them.
 *
 * A Krylov space of one start holds one direction of each eigenspace, so repeated eigenvalues would count once. Therefore, with
 * `confirm`, the search is taken up from a random direction orthogonal to the pairs found; what turns up there joins them, until
 * nothing does. The confirming search ends when its best value is converged, or provably (given its residual) nearer to itself than
 * to the wanted ones.
 *
 * Cost: one product and 8·m·size operations a step at basis size m; m ≤ `maxBasis` vectors of memory (twice that for a moment
 * at a restart). Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Lanczos (1950); Parlett, The symmetric eigenvalue problem (1980), on reorthogonalisation and residuals;
 * Wu and Simon (2000) for the thick restart. The confirming search and its end are ours.
 */
export async function topEigenpairs(operator: LinearOperator, options: EigenpairsOptions): Promise<Eigenpairs> {
  const run = products("topEigenpairs", operator, options.signal);
  const { size } = run;
  const { random, count = 1, which = "largest-magnitude", tolerance = 1e-5, start } = options;
  checkRandom("topEigenpairs", random);
  checkInteger("topEigenpairs", "count", count, 1, size);
  checkOneOf("topEigenpairs", "which", which, WHICH);
  checkPositive("topEigenpairs", "tolerance", tolerance);
  const { maxMatvecs = Math.max(300, 20 * count), confirm = count > 1 || start !== undefined } = options;
  checkInteger("topEigenpairs", "maxMatvecs", maxMatvecs, count);
  const leastBasis = Math.min(size, count + 2);
  const { maxBasis = Math.max(2 * count + 20, Math.floor(2 ** 29 / (8 * size))) } = options;
  checkInteger("topEigenpairs", "maxBasis", maxBasis, leastBasis);

  const first = start ? unit(start, size) : freshDirection([], size, random);
  let krylov: Krylov = { basis: [], columns: [], dropped: [], defects: [], next: first, scale: 0 };
  /** The values a confirming search set out to beat, and when it began; undefined before the first. */
  let search: { values: Float64Array; from: number } | undefined;
  let progress: RitzProgress | undefined;
  let check = count;
  while (true) {
    const invariant = await extend(krylov, run, random);
    const m = krylov.basis.length;
    const spent = run.count() === maxMatvecs;
    const due = m >= check || invariant || m === maxBasis || m === size || spent;
    if (!due || m < count) {
      options.onProgress?.({ matvecs: run.count(), maxMatvecs, estimate: progress });
      continue;
    }
    check = m + Math.max(1, Math.floor(m / 8));

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
    progress = { values, residuals: Float64Array.from(wanted, (index) => residuals.get(index)!.total) };
    options.onProgress?.({ matvecs: run.count(), maxMatvecs, estimate: progress });

    // A restart gives up what is still open, so before one there is to be less of it than the tolerance.
    const closed = wanted.every(
      (index) => residuals.get(index)!.open <= (confirm ? allowed(index) / 4 : allowed(index)),
    );
    const settled = closed && wanted.every((index) => excess(index) <= 0);
    const searched =
      search !== undefined &&
      run.count() - search.from >= LEAST_FRESH &&
      rivals.length > 0 &&
      rivals.every(({ index, distance }) => residuals.get(index)!.total <= distance / 2 || excess(index) <= 0);
    const unchanged =
      searched &&
      values.every((value, i) => Math.abs(value - search!.values[i]!) <= tolerance * Math.abs(value) + floor);
    const confirmed = settled && (m === size || unchanged);
    if (spent || (settled && (!confirm || confirmed))) {
      const converged = wanted.map((index) => excess(index) <= 0);
      const vectors = wanted.map((index) => upright(combine(pairs.vectors[index]!, krylov.basis)));
      return { ...progress, vectors, converged, confirmed, matvecs: run.count() };
    }
    const vectorOf = (index: number): Float64Array => pairs.vectors[index]!;
    if (settled && (search === undefined || searched)) {
      krylov = restart(krylov, wanted.map(vectorOf), (basis) => freshDirection(basis, size, random));
    } else if (m === size || (closed && !settled)) {
      // Only products can close what restarts gave up: the worst pair starts the next search.
      const worst = wanted.reduce((a, b) => (excess(b) > excess(a) ? b : a));
      const others = wanted.filter((index) => index !== worst);
      const { basis } = krylov;
      krylov = restart(krylov, others.map(vectorOf), () => combine(vectorOf(worst), basis));
    } else {
      if (m === maxBasis) {
        krylov = restart(krylov, worthKeeping(pairs, which, count, maxBasis));
        check = m;
      }
      continue;
    }
    search = { values, from: run.count() };
    check = krylov.basis.length + 1;
  }
}

/** The wanted Ritz vectors and as many of the next best that half of the room they leave is free again. */
function worthKeeping({ values, vectors }: Ritz, which: Which, count: number, maxBasis: number): Float64Array[] {
  const kept = Math.min(maxBasis - 1, Math.floor((maxBasis + count) / 2));
  return choose(values, which, kept).wanted.map((index) => vectors[index]!);
}

function unit(start: Float64Array, size: number): Float64Array {
  checkLength("topEigenpairs", "start", start, size);
  const length = norm(start);
  if (!(length > 0) || length === Infinity)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `topEigenpairs: expected start to have a finite, positive norm, got ${length}`,
    );
  return start.map((x) => x / length);
}

/** v with the sign that makes its entry of largest magnitude positive. */
function upright(v: Float64Array): Float64Array {
  let most = 0;
  for (const x of v) if (Math.abs(x) > Math.abs(most)) most = x;
  return most < 0 ? scale(-1, v) : v;
}
