import { axpy, largestEigenpair, scale, type Precision } from "@sgdscope/linear-algebra";
import { collect, roomFor, spread, type PreparedMinimum } from "../minimum.js";
import { identityBlocks, isRoughFirst, type SecularRoot } from "../secular.js";

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

/** How eigenvectors are found on the way to the root. */
interface Stage {
  precision: Precision;
  /** Relative residual. */
  residual: number;
  /** How much of the identity is mixed into the first start: another group of examples may have overtaken on the way, and the Perron vector is never orthogonal to the identity. */
  mixed: number;
  /** The relative step from which on the next stage follows. */
  until: number;
  mostProducts: number;
}

const COARSE = { residual: 1e-4, mixed: 0, until: 1e-3, mostProducts: Infinity };
const STAGES: Stage[] = [
  { ...COARSE, precision: "double" },
  { precision: "double", residual: 1e-9, mixed: 0.03, until: 0, mostProducts: Infinity },
];
/** Of a large rank; products in single precision cost half, and know nothing below 1e-6. */
const STAGES_OF_LARGE_RANK: Stage[] = [
  { ...COARSE, precision: "single" },
  { precision: "single", residual: 1e-6, mixed: 0.3, until: 1e-6, mostProducts: 40 },
  { precision: "double", residual: 1e-8, mixed: 0, until: 0, mostProducts: Infinity },
];

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
  const [first, ...later] = isRoughFirst(minimum) ? STAGES_OF_LARGE_RANK : STAGES;
  const identity = identityBlocks(examples, outputs);
  const room = roomFor(minimum);
  let [low, high] = [lower, Infinity];
  let x = start;
  let vector: Float64Array = identity;
  let products = 0;
  let stage = first!;
  let mixed = 0;
  for (let newtonSteps = 1; ; newtonSteps++) {
    const how = { precision: stage.precision, room };
    const matrix = response(x);
    const pair = largestEigenpair(
      (q) => scale(weight, collect(minimum, times(spread(minimum, q, how), matrix), how)),
      mixed > 0 ? axpy(mixed, identity, vector.slice()) : vector,
      {
        tolerance: stage.residual,
        maxProducts: Math.max(1, Math.min(stage.mostProducts, maxProducts - products)),
      },
    );
    mixed = 0;
    products += pair.products;
    vector = pair.vector;
    const source = spread(minimum, vector, how);
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
    const isLast = later.length === 0;
    const settled = isLast && (relativeStep <= tolerance || high - low <= tolerance * x);
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
    if (!isLast && (relativeStep <= stage.until || high - low <= stage.until * x)) {
      stage = later.shift()!;
      mixed = stage.mixed;
      // Next to the root a rough eigenvalue may stand on the wrong side of it: the bracket begins anew.
      [low, high] = [lower, Infinity];
    }
    x = next;
  }
}

function times(matrix: Float64Array, factors: Float64Array): Float64Array {
  for (let k = 0; k < matrix.length; k++) matrix[k]! *= factors[k]!;
  return matrix;
}
