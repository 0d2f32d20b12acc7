import type { PreparedMinimum } from "./minimum.js";

/** Coefficients of `Δ_ab = c₀ + c₁(u_a + u_b) + c₂(u_aw_b + u_bw_a)/2 + c₃(u_a² + u_b²)`; c₃ is 0 where it is left out. */
export type Coefficients = readonly [number, number, number, number?];

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
  /** Blocks near those of the root, if any are known, with a lower bound of the root that may be nearer. */
  guess?: { blocks: Float64Array; start: number };
  /** Added to x before its accuracy is judged: the root is wanted relative to `shift + x`. */
  shift: number;
}

/** `Δ_ab`. */
export const at = (
  [c0, c1, c2, c3 = 0]: Coefficients,
  u: Float64Array,
  w: Float64Array,
  a: number,
  b: number,
): number =>
  c0 + c1 * (u[a]! + u[b]!) + 0.5 * c2 * (u[a]! * w[b]! + u[b]! * w[a]!) + c3 * (u[a]! * u[a]! + u[b]! * u[b]!);

/** The problem in the first modes alone: second moments that live there are a subspace, so that its root is no larger. */
export function leading(problem: SecularProblem, rank: number): SecularProblem {
  const { minimum, coordinates, partners = coordinates } = problem;
  const { examples, outputs, features, transposedFeatures, rank: all } = minimum;
  const size = examples * outputs;
  const part = new Float64Array(size * rank);
  for (let i = 0; i < size; i++) part.set(features.subarray(i * all, i * all + rank), i * rank);
  return {
    ...problem,
    minimum: { ...minimum, rank, features: part, transposedFeatures: transposedFeatures.subarray(0, rank * size) },
    coordinates: coordinates.subarray(0, rank),
    partners: partners.subarray(0, rank),
  };
}

/**
 * The most that modes beyond the first can add to an eigenvalue of T: `weight·max n²λ_aλ_b/Δ_ab` over pairs with one of them. For
 * `q'Tq = weight·Σ_ab (XᵀQX)²_ab/Δ_ab` with `X = U√(nλ)`, and `Σ_ab (UᵀQU)²_ab ≤ ‖Q‖²`.
 */
export function outside(problem: SecularProblem, modes: number, x: number): number {
  const { coordinates: u, partners: w = u, weight } = problem;
  const { examples, rank, eigenvalues } = problem.minimum;
  const delta = problem.delta(x);
  let largest = 0;
  for (let a = modes; a < rank; a++)
    for (let b = 0; b <= a; b++)
      largest = Math.max(largest, (eigenvalues[a]! * eigenvalues[b]!) / at(delta, u, w, a, b));
  return weight * examples ** 2 * largest;
}
