import { axpy, largestEigenpair, norm, scale } from "@sgdscope/linear-algebra";
import { collect, spread, type PreparedMinimum } from "./minimum.js";

/** Relative residuals of eigenvectors, far from the root and at it; eigenvalues are known to about their squares. */
const COARSE = 3e-4;
const FINE = 1e-8;
/** Relative distance in x within which the order of eigenvalues is taken as known. */
const NEAR = 1e-6;

/** Coefficients of `Δ_ab = c₀ + c₁(u_a + u_b) + c₂(u_aw_b + u_bw_a)/2 + c₃(u_a² + u_b²)`; c₃ is 0 where it is left out. */
type Coefficients = readonly [number, number, number, number?];

/** A generalised eigenproblem `Δ(x)∘M = weight·Σᵢ Xᵢᵀ(XᵢMXᵢᵀ)Xᵢ` for the largest x. */
export interface SecularProblem {
  minimum: PreparedMinimum;
  /** u: the eigenvalues, or their distances from one of them, so that nothing cancels in Δ near its pole. */
  coordinates: Float64Array;
  /** w, where Δ has another factor beside u: its distances from the pole. Default u. */
  partners?: Float64Array;
  weight: number;
  /** `Δ(x)`, affine in x and positive for x above the poles. */
  delta(x: number): Coefficients;
  /** `dΔ/dx`. */
  slope: Coefficients;
  /** A lower bound of the root, above the poles: any Rayleigh quotient. */
  start: number;
  /** Added to x before its accuracy is judged: the root is wanted relative to `shift + x`. */
  shift: number;
}

/** The largest root, and how well it is known. */
export interface SecularRoot {
  x: number;
  /** The solution M, positive semidefinite, `rank × rank`, trace 1. */
  moment: Float64Array;
  /** The blocks `XᵢMXᵢᵀ` up to scale: how much of the loss sits in each example. */
  blocks: Float64Array;
  /** Size of the last Newton step relative to `shift + x`. */
  relativeStep: number;
  /** `‖Tv − v‖` for the unit eigenvector v of the reduced operator at the root. */
  residual: number;
  /** Applications of the reduced operator, `3·rank²·nC` operations each. */
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
  const { minimum, coordinates: u, partners: w = u, weight, slope } = problem;
  const { tolerance = 1e-12, maxProducts = 400 } = options;
  const { rank, examples, outputs } = minimum;
  let x = problem.start;
  const identity = identityBlocks(examples, outputs);
  let vector: Float64Array = identity;
  let products = 0;
  // Eigenvectors are found as well as the size of the Newton steps deserves. Near the root, and once more at the end if x
  // has moved since, the identity is mixed into the start: where examples form nearly separate groups, another group may
  // have overtaken on the way, and the Perron vector is never orthogonal to the identity.
  let accuracy = COARSE;
  let near = false;
  let settling = false;
  let verifiedAt = NaN;
  for (let newtonSteps = 1; ; newtonSteps++) {
    const delta = problem.delta(x);
    const verifying = settling ? !(Math.abs(x - verifiedAt) <= NEAR * x) : near && Number.isNaN(verifiedAt);
    if (verifying) verifiedAt = x;
    const pair = largestEigenpair(
      (q) => {
        const image = collect(minimum, divide(spread(minimum, q), delta, u, w));
        for (let k = 0; k < image.length; k++) image[k]! *= weight;
        return image;
      },
      verifying ? axpy(0.03, identity, vector.slice()) : vector,
      { tolerance: verifying || settling ? FINE : accuracy, maxProducts: Math.max(1, maxProducts - products) },
    );
    products += pair.products;
    vector = pair.vector;
    const source = spread(minimum, vector);
    let value = 0;
    let change = 0;
    for (let a = 0, o = 0; a < rank; a++)
      for (let b = 0; b < rank; b++, o++) {
        const gap = at(delta, u, w, a, b);
        const square = source[o]! * source[o]!;
        value += square / gap;
        change += (square * at(slope, u, w, a, b)) / (gap * gap);
      }
    // φ = 1/(weight·value) and φ' = change/(weight·value²).
    const step = (value * (weight * value - 1)) / change;
    const relativeStep = Math.abs(step / (problem.shift + x));
    // A small step alone may only mean that φ is steep here, next to its pole, before it bends.
    const settled =
      Math.abs(x - verifiedAt) <= NEAR * x && relativeStep <= tolerance && Math.abs(weight * value - 1) <= 1e-10;
    if (settled || products >= maxProducts || newtonSteps === 60) {
      const moment = divide(source, delta, u, w);
      let trace = 0;
      for (let a = 0; a < rank; a++) trace += moment[a * rank + a]!;
      for (let k = 0; k < moment.length; k++) moment[k]! /= trace;
      const converged = settled && pair.converged;
      return { x, moment, blocks: vector, relativeStep, residual: pair.residual, products, newtonSteps, converged };
    }
    // Rounding in a start at the root itself may ask for a step down: never below the start, which is above the poles.
    x = Math.max(x + step, problem.start);
    near ||= Math.abs(step) <= 1e-2 * x;
    settling = Math.abs(step) <= NEAR * x;
    accuracy = Math.min(COARSE, Math.max(FINE, Math.abs(step / x) / 10));
  }
}

const at = ([c0, c1, c2, c3 = 0]: Coefficients, u: Float64Array, w: Float64Array, a: number, b: number): number =>
  c0 + c1 * (u[a]! + u[b]!) + 0.5 * c2 * (u[a]! * w[b]! + u[b]! * w[a]!) + c3 * (u[a]! * u[a]! + u[b]! * u[b]!);

/** Divides a symmetric matrix by Δ entry by entry, in place. */
function divide(
  matrix: Float64Array,
  [c0, c1, c2, c3 = 0]: Coefficients,
  u: Float64Array,
  w: Float64Array,
): Float64Array {
  const rank = u.length;
  for (let a = 0, o = 0; a < rank; a++) {
    const constant = c0 + (c1 + c3 * u[a]!) * u[a]!;
    const linear = c1 + 0.5 * c2 * w[a]!;
    const crossed = 0.5 * c2 * u[a]!;
    for (let b = 0; b < rank; b++, o++) matrix[o]! /= constant + (linear + c3 * u[b]!) * u[b]! + crossed * w[b]!;
  }
  return matrix;
}

/** @internal The identity as blocks, of unit length. */
export function identityBlocks(examples: number, outputs: number): Float64Array {
  const blocks = new Float64Array(examples * outputs * outputs);
  for (let i = 0; i < examples; i++) for (let c = 0; c < outputs; c++) blocks[(i * outputs + c) * outputs + c] = 1;
  return scale(1 / norm(blocks), blocks);
}
