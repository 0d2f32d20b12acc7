import { norm } from "@sgdscope/linear-algebra";

/** The maximum of bᵀx + ½ Σ θₖxₖ² over ‖x‖ ≤ radius. */
export interface DiagonalTrustRegion {
  x: Float64Array;
  /** ν with (ν − θₖ)xₖ = bₖ; 0 inside the ball. */
  multiplier: number;
  value: number;
}

/**
 * Solves the trust-region problem of a diagonal matrix: the multiplier by bisection on ‖(ν − Θ)⁻¹b‖ = radius, which falls in ν.
 *
 * In the hard case, b without a part along the largest θ, ν is that θ and the rest of the radius goes along its eigenvector.
 *
 * @param theta - Largest first.
 *
 * Source: Moré and Sorensen (1983).
 */
export function diagonalTrustRegion(theta: Float64Array, b: Float64Array, radius: number): DiagonalTrustRegion {
  const solve = (nu: number): Float64Array => b.map((x, k) => (x === 0 ? 0 : x / (nu - theta[k]!)));
  const valueOf = (x: Float64Array): number =>
    x.reduce((sum, xk, k) => sum + b[k]! * xk + 0.5 * theta[k]! * xk * xk, 0);
  const top = theta[0]!;
  if (top < 0) {
    const x = solve(0);
    if (norm(x) <= radius) return { x, multiplier: 0, value: valueOf(x) };
  }
  let below = Math.max(top, 0);
  const size = norm(b);
  let above = below + size / radius;
  for (let step = 0; step < 200 && above > below; step++) {
    const middle = (below + above) / 2;
    if (middle <= below || middle >= above) break;
    if (norm(solve(middle)) > radius) below = middle;
    else above = middle;
  }
  const x = above > top ? solve(above) : b.map(() => 0);
  const rest = radius ** 2 - norm(x) ** 2;
  if (top > 0 && rest > 1e-12 * radius ** 2)
    x[0]! += (x[0]! < 0 ? -1 : 1) * (Math.sqrt(rest + x[0]! ** 2) - Math.abs(x[0]!));
  return { x, multiplier: above, value: valueOf(x) };
}
