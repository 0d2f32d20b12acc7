import { axpy, largestEigenpair, norm, scale, type Precision } from "@sgdscope/linear-algebra";
import { collect, roomFor, spread, type PreparedMinimum } from "./minimum.js";
import { at, leading, outside, type Coefficients, type SecularProblem } from "./secular-problem.js";

/** Relative distance in x within which the order of eigenvalues is taken as known; of a large rank, where the next one is far away, the largest. */
const NEAR = 1e-6;
const FAR = 1e-3;
/** The gap below the largest eigenvalue from which on the leading modes decide which group of examples leads. */
const CLEAR = 0.03;

/** How a root is approached. */
interface Approach {
  precision: Precision;
  /** Relative residuals of eigenvectors far from the root, and at it. */
  coarse: number;
  fine: number;
  /** The relative step from which on x counts as near the root. */
  near: number;
  /** How much of the identity is mixed into the start where the order of eigenvalues is looked at. */
  mixed: number;
  /** Most products for one eigenvector. */
  mostProducts: number;
  mostSteps: number;
  /** What a last step that is taken at its word may leave, in tolerances. */
  trusted?: number;
}
const EXACTLY: Approach = {
  precision: "double",
  coarse: 3e-4,
  fine: 1e-8,
  near: 1e-2,
  mixed: 0.03,
  mostProducts: Infinity,
  mostSteps: 60,
};
/** From where `ROUGHLY` came to, a product or two are enough: the eigenvalue is known to the square of the residual. */
const FINISHING: Approach = { ...EXACTLY, fine: 3e-8, trusted: 0.1 };
/** Products cost half, and know nothing below 1e-6: more of the identity makes up for it. */
const ROUGHLY: Approach = {
  precision: "single",
  coarse: 1e-2,
  fine: 1e-6,
  near: 5e-2,
  mixed: 0.3,
  trusted: 4e-3,
  mostProducts: 40,
  mostSteps: 8,
};
/** From this rank on a root is approached roughly first, of the leading modes before all of them. */
const LARGE_RANK = 256;
/** Largest eigenvalues, either way, whose products with residual blocks stay in the range of Float32. */
const LARGEST_CURVATURE = 1e12;

/** Where Newton's method is. */
interface State {
  x: number;
  vector: Float64Array;
  products: number;
  newtonSteps: number;
  /** The x at which no other group of examples was found to lead; NaN before. */
  verifiedAt: number;
  /** The relative distance of the next eigenvalue there, 0 where it was not seen. */
  gap: number;
  /** The relative change of x up to which no other can have overtaken. */
  lead: number;
  /** Relative change of x, in units of `shift + x`, per relative change of the eigenvalue; undefined before it is known. */
  response?: number;
}

/** The largest root, and how well it is known. */
export interface SecularRoot {
  x: number;
  /** The solution M, positive semidefinite, `rank × rank`, trace 1. */
  moment: Float64Array;
  /** The blocks `XᵢMXᵢᵀ` up to scale: how much of the loss sits in each example. */
  blocks: Float64Array;
  /**
   * Size of the last Newton step relative to `shift + x`; of a large rank, what a step as small as the last one, and a residual as
   * small as the last one, leave.
   */
  relativeStep: number;
  /** `‖Tv − v‖` for the unit eigenvector v of the reduced operator at the root. */
  residual: number;
  /** Applications of the reduced operator, `2·rank²·nC` operations each; of a large rank most are in single precision. */
  products: number;
  newtonSteps: number;
  converged: boolean;
}

/**
 * @internal Solves a second-moment eigenproblem in the space of residual blocks instead of the space of matrices.
 *
 * In the eigenbasis of H everything but the noise is diagonal, and the noise has rank n (n·C(C+1)/2 for C outputs). So
 * with `q = blocks of XMXᵀ` the matrix problem becomes `T(x)q = q`, `T(x) = weight·collect∘Δ(x)⁻¹∘spread`, which is
 * symmetric, positive semidefinite and, for one output, has non-negative entries. Hence `x` is the root of
 * `φ(x) = 1/λ_max(T(x)) = 1`. φ is concave and increasing (a minimum of harmonic means of affine functions), nearly
 * linear at the pole and at infinity, so Newton's method from a lower bound rises monotonically to the root in a few steps;
 * the derivative costs half a product by Hellmann–Feynman. Derived here; checked against dense Kronecker operators.
 */
export function secularRoot(
  problem: SecularProblem,
  options: { tolerance?: number; maxProducts?: number } = {},
): SecularRoot {
  const { tolerance = 1e-12, maxProducts = 400 } = options;
  const { rank, examples, outputs } = problem.minimum;
  const { guess } = problem;
  const vector = guess?.blocks ?? identityBlocks(examples, outputs);
  let state: State = { x: problem.start, vector, products: 0, newtonSteps: 0, verifiedAt: NaN, gap: 0, lead: 0 };
  if (isRoughFirst(problem.minimum)) {
    const most = Math.floor(maxProducts / 2);
    const modes = Math.ceil(rank / 4);
    state = newton(leading(problem, modes), state, ROUGHLY, { tolerance: NEAR, maxProducts: most });
    // Further modes add no more than this to any eigenvalue: where it closes no gap, the order stays what it is for every larger x.
    const gap = Number.isNaN(state.verifiedAt) ? 0 : state.gap - outside(problem, modes, state.x);
    state = gap > CLEAR ? { ...state, gap, lead: Infinity } : { ...state, gap: 0, lead: 0, verifiedAt: NaN };
    if (guess !== undefined) state = { ...state, vector: guess.blocks, x: Math.max(state.x, guess.start) };
    state = newton(problem, state, ROUGHLY, { tolerance: NEAR / 4, wanted: tolerance, maxProducts: most });
    if (!Number.isNaN(state.verifiedAt)) {
      // Where x has moved since, the order of eigenvalues is looked at again at once, not once more after a first solution.
      const hasMoved = !isOrdered(state, state.x);
      return newton(problem, hasMoved ? { ...state, verifiedAt: NaN } : state, FINISHING, { tolerance, maxProducts });
    }
  }
  return newton(problem, state, EXACTLY, { tolerance, maxProducts });
}

/** @internal Whether a root is approached in single precision first: from this rank on, where products fit its range. */
export const isRoughFirst = ({ rank, eigenvalues }: PreparedMinimum): boolean =>
  rank >= LARGE_RANK && eigenvalues[0]! < LARGEST_CURVATURE && eigenvalues[0]! > 1 / LARGEST_CURVATURE;

/** Newton's method for `φ(x) = 1` until a step is below the tolerance, relative to `shift + x`, and nothing else has to be looked at. */
function newton(
  problem: SecularProblem,
  from: State,
  { precision, coarse, fine, near: nearStep, mixed, mostProducts, mostSteps, trusted }: Approach,
  { tolerance, wanted = tolerance, maxProducts }: { tolerance: number; wanted?: number; maxProducts: number },
): SecularRoot & State {
  const { minimum, coordinates: u, partners: w = u, weight, slope } = problem;
  const { rank, examples, outputs } = minimum;
  const identity = identityBlocks(examples, outputs);
  const how = { precision, room: roomFor(minimum) };
  let { x, vector, products, verifiedAt, gap, lead, response } = from;
  // Eigenvectors are found as well as the size of the Newton steps deserves. Near the root, and once more at the end if x
  // has moved since, the identity is mixed into the start: where examples form nearly separate groups, another group may
  // have overtaken on the way, and the Perron vector is never orthogonal to the identity.
  const finishing = trusted !== undefined && precision === "double";
  let near = finishing || !Number.isNaN(verifiedAt);
  let settling = false;
  let change = finishing ? 0 : Infinity;
  for (let steps = 1; ; steps++) {
    const delta = problem.delta(x);
    const verifying = settling ? !isOrdered({ verifiedAt, lead }, x) : near && Number.isNaN(verifiedAt);
    if (verifying) verifiedAt = x;
    // The eigenvalue is known to `residual²/gap`, and x moves by `response` times that.
    const enough = gap > 0 && response !== undefined ? Math.sqrt((0.3 * wanted * gap) / response) : fine;
    const finest = Math.min(1e-5, Math.max(enough, precision === "single" ? fine : 1e-10));
    const closing = verifying || settling || (trusted !== undefined && near && change < Infinity);
    const accuracy = closing ? finest : Math.min(coarse, Math.max(finest, change / 10));
    const pair = largestEigenpair(
      (q) => {
        const image = collect(minimum, divide(spread(minimum, q, how), delta, u, w, "lower"), how);
        for (let k = 0; k < image.length; k++) image[k]! *= weight;
        return image;
      },
      verifying ? axpy(mixed, identity, vector.slice()) : vector,
      {
        tolerance: accuracy,
        maxProducts: Math.max(1, Math.min(mostProducts, maxProducts - products)),
      },
    );
    products += pair.products;
    vector = pair.vector;
    if (verifying) gap = precision === "single" && pair.next !== undefined ? 1 - pair.next / pair.value : 0;
    const source = spread(minimum, vector, how);
    let value = 0;
    let slopes = 0;
    let steepest = 1 / x;
    for (let a = 0; a < rank; a++)
      for (let b = 0, o = a * rank; b <= a; b++, o++) {
        const distance = at(delta, u, w, a, b);
        const square = (a === b ? 1 : 2) * source[o]! * source[o]!;
        const relative = at(slope, u, w, a, b) / distance;
        value += square / distance;
        slopes += (square / distance) * relative;
        steepest = Math.max(steepest, relative);
      }
    // No eigenvalue of T falls faster than Δ grows: their ratios change by `steepest·δx` at most.
    if (verifying) lead = Math.min(gap / (4 * steepest * x), FAR);
    // φ = 1/(weight·value) and φ' = slopes/(weight·value²).
    const step = (value * (weight * value - 1)) / slopes;
    const relativeStep = Math.abs(step / (problem.shift + x));
    response = Math.abs(value / (slopes * (problem.shift + x)));
    // A small step alone may only mean that φ is steep here, next to its pole, before it bends.
    const settled =
      isOrdered({ verifiedAt, lead }, x) &&
      relativeStep <= tolerance &&
      Math.abs(weight * value - 1) <= (precision === "single" ? 1e-4 : 1e-10);
    // Rounding in a start at the root itself may ask for a step down: never below the start, which is above the poles.
    const next = Math.max(x + step, problem.start);
    const stuck = precision === "single" && next === x;
    // `|φ''| ≤ 2φ'/x` along a fixed eigenvector, since x counts from the pole or further: a step leaves step²/x.
    const left = step ** 2 / (x * Math.abs(problem.shift + x));
    const foreseen =
      trusted !== undefined && pair.converged && isOrdered({ verifiedAt, lead }, next) && left <= trusted * tolerance;
    if (settled || foreseen || stuck || products >= maxProducts || steps === mostSteps) {
      const newtonSteps = from.newtonSteps + steps;
      const converged = (settled || foreseen) && pair.converged;
      const order = { verifiedAt, gap, lead, response };
      const known = { x, blocks: vector, vector, relativeStep, residual: pair.residual, products, newtonSteps };
      // Of a rough root only the way to the exact one is wanted; the last step still leads there.
      if (precision === "single") return { ...known, x: next, moment: source, converged, ...order };
      if (foreseen && !settled) {
        const unseen = gap > 0 ? (response * (pair.residual / pair.value) ** 2) / gap : 0;
        Object.assign(known, { x: next, relativeStep: left + unseen });
      }
      const moment = divide(source, problem.delta(known.x), u, w);
      let trace = 0;
      for (let a = 0; a < rank; a++) trace += moment[a * rank + a]!;
      for (let k = 0; k < moment.length; k++) moment[k]! /= trace;
      return { ...known, moment, converged, ...order };
    }
    x = next;
    change = Math.abs(step / x);
    near ||= change <= nearStep;
    settling = change <= NEAR;
  }
}

/** Whether the eigenvalue that was the largest where it was verified is so at x. */
const isOrdered = ({ verifiedAt, lead }: Pick<State, "verifiedAt" | "lead">, x: number): boolean =>
  Math.abs(x - verifiedAt) <= Math.max(NEAR, lead) * x;

/** Divides a symmetric matrix by Δ entry by entry, in place; its lower triangle alone, where the rest is not looked at. */
function divide(
  matrix: Float64Array,
  [c0, c1, c2, c3 = 0]: Coefficients,
  u: Float64Array,
  w: Float64Array,
  part: "lower" | "whole" = "whole",
): Float64Array {
  const rank = u.length;
  for (let a = 0; a < rank; a++) {
    const constant = c0 + (c1 + c3 * u[a]!) * u[a]!;
    const linear = c1 + 0.5 * c2 * w[a]!;
    const crossed = 0.5 * c2 * u[a]!;
    const end = part === "lower" ? a + 1 : rank;
    for (let b = 0, o = a * rank; b < end; b++, o++)
      matrix[o]! /= constant + (linear + c3 * u[b]!) * u[b]! + crossed * w[b]!;
  }
  return matrix;
}

/** @internal The identity as blocks, of unit length. */
export function identityBlocks(examples: number, outputs: number): Float64Array {
  const blocks = new Float64Array(examples * outputs * outputs);
  for (let i = 0; i < examples; i++) for (let c = 0; c < outputs; c++) blocks[(i * outputs + c) * outputs + c] = 1;
  return scale(1 / norm(blocks), blocks);
}
