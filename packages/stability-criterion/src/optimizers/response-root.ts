import { axpy, largestEigenpair, scale } from "@sgdscope/linear-algebra";
import { collect, spread, type PreparedMinimum } from "../minimum.js";
import { identityBlocks, type SecularRoot } from "../secular.js";

/** `M = R(x)∘weight·Σᵢ Xᵢᵀ(XᵢMXᵢᵀ)Xᵢ` for the x at which it has a solution. */
export interface ResponseProblem {
  minimum: PreparedMinimum;
  weight: number;
  /** `R(x)`, `rank × rank`, positive above `lower`; its operator falls as x grows. */
  response: (x: number) => Float64Array;
  /** Below the root: the pole of the response. */
  lower: number;
  /** Where the search begins, above `lower`. */
  start: number;
}

/** Relative residual of eigenvectors far from the root, and at it. */
const COARSE = 1e-4;
const FINE = 1e-9;

/**
 * @internal As `secularRoot`, for responses that are not affine in x: the root of `φ(x) = 1/λ_max(T(x)) = 1`,
 * `T(x) = weight·collect∘R(x)∘spread`, by Newton's method inside a bracket. φ' comes from the eigenvector and a difference of R,
 * which is exact enough, since the bracket and the last step are judged by φ alone.
 */
export function responseRoot(
  { minimum, weight, response, lower, start }: ResponseProblem,
  { tolerance = 1e-12, maxProducts = 400 }: { tolerance?: number; maxProducts?: number } = {},
): SecularRoot {
  const { rank, examples, outputs } = minimum;
  let [low, high] = [lower, Infinity];
  let x = start;
  let vector: Float64Array = identityBlocks(examples, outputs);
  const identity = vector;
  let products = 0;
  let accuracy = COARSE;
  let verified = false;
  for (let newtonSteps = 1; ; newtonSteps++) {
    const matrix = response(x);
    const pair = largestEigenpair(
      (q) => scale(weight, collect(minimum, times(spread(minimum, q), matrix))),
      // Another group of examples may have overtaken on the way; the Perron vector is never orthogonal to the identity.
      accuracy === FINE && !verified ? axpy(0.03, identity, vector.slice()) : vector,
      { tolerance: accuracy, maxProducts: Math.max(1, maxProducts - products) },
    );
    verified ||= accuracy === FINE;
    products += pair.products;
    vector = pair.vector;
    const source = spread(minimum, vector);
    const h = 1e-5 * Math.min(x - lower, x);
    const [before, after] = [response(x - h), response(x + h)];
    let value = 0;
    let change = 0;
    for (let k = 0; k < source.length; k++) {
      const square = source[k]! * source[k]!;
      value += square * matrix[k]!;
      change += (square * (after[k]! - before[k]!)) / (2 * h);
    }
    // φ = 1/(weight·value), φ' = −change/(weight·value²).
    const gap = 1 - weight * value;
    if (gap > 0) high = Math.min(high, x);
    else low = Math.max(low, x);
    const step = (value * gap) / change;
    let next = x + step;
    if (!(next > low && next < high)) next = Number.isFinite(high) ? (low + high) / 2 : 2 * x;
    const relativeStep = Math.abs(next - x) / x;
    const settled = accuracy === FINE && (relativeStep <= tolerance || high - low <= tolerance * x);
    if (settled || products >= maxProducts || newtonSteps === 100) {
      const moment = times(source, matrix);
      let trace = 0;
      for (let a = 0; a < rank; a++) trace += moment[a * rank + a]!;
      for (let k = 0; k < moment.length; k++) moment[k]! /= trace;
      return {
        x,
        moment,
        blocks: vector,
        relativeStep: Math.abs(step) / x,
        residual: pair.residual,
        products,
        newtonSteps,
        converged: settled && pair.converged,
      };
    }
    const wanted = relativeStep <= 1e-3 ? FINE : COARSE;
    // Next to the root a coarse eigenvalue may stand on the wrong side of it: the bracket begins anew.
    if (wanted === FINE && accuracy === COARSE) [low, high] = [lower, Infinity];
    accuracy = wanted;
    x = next;
  }
}

function times(matrix: Float64Array, factors: Float64Array): Float64Array {
  for (let k = 0; k < matrix.length; k++) matrix[k]! *= factors[k]!;
  return matrix;
}
