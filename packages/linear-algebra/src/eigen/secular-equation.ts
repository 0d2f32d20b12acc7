/** Most corrections of one root: bisections alone need fewer than this from any bracket that is no subnormal. */
const MOST_STEPS = 200;

/**
 * The eigenvalues of `diag(d) + ρzzᵀ` for `d` rising, `ρ > 0` and z without zeros, as differences from the poles.
 *
 * Each root of `1/ρ + Σ zᵢ²/(dᵢ − λ)` lies between two poles. It is found as the distance from the nearer one, by rational interpolation
 * that takes both poles beside it as they are, within a bracket.
 *
 * @param differences - k × k; row j is set to `dᵢ − λⱼ`, each difference to full relative accuracy.
 * @returns The eigenvalues, rising.
 * @see Li (1993), LAPACK Working Note 89, the middle way; Gu & Eisenstat (1995), SIAM J. Matrix Anal. Appl. 16.
 */
export function secularRoots(d: Float64Array, z: Float64Array, rho: number, differences: Float64Array): Float64Array {
  const k = d.length;
  const roots = new Float64Array(k);
  const squares = z.map((value) => value * value);
  for (let j = 0; j < k; j++) roots[j] = root(d, squares, 1 / rho, j, differences.subarray(j * k, (j + 1) * k));
  return roots;
}

/** Root j; `delta` becomes `dᵢ − λⱼ`. */
function root(d: Float64Array, squares: Float64Array, inverse: number, j: number, delta: Float64Array): number {
  const k = d.length;
  const last = j === k - 1;
  let total = 0;
  if (last) for (const square of squares) total += square;
  const gap = last ? total / inverse : d[j + 1]! - d[j]!;

  // The sign at the middle says which pole is nearer.
  let rest = inverse;
  for (let i = 0; i < k; i++) if (i !== j && i !== j + 1) rest += squares[i]! / (d[i]! - d[j]! - gap / 2);
  const own = squares[j]!;
  const next = last ? 0 : squares[j + 1]!;
  const middle = rest + (next - own) / (gap / 2);
  const fromNext = !last && middle < 0;
  const origin = fromNext ? j + 1 : j;
  let [low, high] = last ? [0, gap] : fromNext ? [-gap / 2, 0] : [0, gap / 2];
  if (last && middle < 0) low = gap / 2;
  let x = last ? (low + high) / 2 : firstGuess(rest, own, next, gap, fromNext);
  if (!(x > low && x < high)) x = (low + high) / 2;

  // The poles that the interpolation keeps: those beside the root; of the last root the two below it.
  const left = last ? Math.max(0, k - 2) : j;
  const right = left + 1;
  const pole = d[origin]!;
  for (let i = 0; i < k; i++) delta[i] = d[i]! - pole;
  const [toLeft, toRight] = [delta[left]!, right < k ? delta[right]! : 0];
  for (let step = 0; step < MOST_STEPS; step++) {
    let below = 0;
    let belowSlope = 0;
    for (let i = 0; i <= left; i++) {
      const t = 1 / (delta[i]! - x);
      const value = squares[i]! * t;
      below += value;
      belowSlope += value * t;
    }
    let above = 0;
    let aboveSlope = 0;
    for (let i = right; i < k; i++) {
      const t = 1 / (delta[i]! - x);
      const value = squares[i]! * t;
      above += value;
      aboveSlope += value * t;
    }
    const f = inverse + below + above;
    const slope = belowSlope + aboveSlope;
    const rounding = 8 * (Math.abs(below) + Math.abs(above) + inverse) + Math.abs(x) * slope;
    if (Math.abs(f) <= Number.EPSILON * rounding) break;
    if (f < 0) low = x;
    else high = x;
    let next = x + correction(f, belowSlope, aboveSlope, toLeft - x, toRight - x, k);
    if (!(next > low && next < high)) {
      next = x - f / slope;
      if (!(next > low && next < high)) next = (low + high) / 2;
    }
    if (next === x || !(next > low && next < high)) break;
    x = next;
  }
  for (let i = 0; i < k; i++) delta[i]! -= x;
  return pole + x;
}

/** The root where all but the two nearest terms are as they are in the middle. */
function firstGuess(rest: number, own: number, next: number, gap: number, fromNext: boolean): number {
  const a = (fromNext ? -rest * gap : rest * gap) + own + next;
  const b = fromNext ? next * gap : own * gap;
  const root = Math.sqrt(Math.abs(fromNext ? a * a + 4 * b * rest : a * a - 4 * b * rest));
  if (fromNext) return a < 0 ? (2 * b) / (a - root) : -(a + root) / (2 * rest);
  return a > 0 ? (2 * b) / (a + root) : (a - root) / (2 * rest);
}

/** The step to the root of `c + s/(Δₗ − η) + S/(Δᵣ − η)` that has the value and the slopes of both parts of f. */
function correction(f: number, below: number, above: number, toLeft: number, toRight: number, k: number): number {
  if (k === 1) return f / -below;
  const c = f - toLeft * below - toRight * above;
  const a = (toLeft + toRight) * f - toLeft * toRight * (below + above);
  const b = toLeft * toRight * f;
  if (c === 0) return b / a;
  const root = Math.sqrt(Math.abs(a * a - 4 * b * c));
  // Of the two roots the one between the poles; beyond both of them for the last eigenvalue, where toRight is negative.
  return toRight < 0
    ? a >= 0
      ? (a + root) / (2 * c)
      : (2 * b) / (a - root)
    : a <= 0
      ? (a - root) / (2 * c)
      : (2 * b) / (a + root);
}
