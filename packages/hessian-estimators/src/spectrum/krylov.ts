import { norm, scale, symmetricEigen } from "@sgdscope/linear-algebra";
import { projectOut } from "../internal/project-out.js";
import { combine } from "../internal/vectors.js";

/**
 * An orthonormal basis Q of m vectors with what A does to it: A·Q = [Q pending]·H + (unit vectors not held)·dropped + defects.
 *
 * H is kept as it was measured and not made symmetric, so residuals computed from it are those of the actual products,
 * with their noise. With one pending vector this is Lanczos' method; with b of them it is its band form (Ruhe 1979), which
 * spans the same space as block Lanczos and finds up to b directions of a repeated eigenvalue.
 */
export interface Krylov {
  basis: Float64Array[];
  /** Column j of H; entries beyond its length are 0. Entries from m on belong to `pending`, which joins the basis in order. */
  columns: Float64Array[];
  /** For each direction that a restart dropped, its coefficient in every column; entries beyond the length are 0. */
  dropped: Float64Array[];
  /** For each column, the norm of whatever else it lacks: asymmetry and rounding. */
  defects: number[];
  /** The unit vectors that extend the basis next, orthogonal to it and each other; none when it is the whole space. */
  pending: Float64Array[];
  /** The largest ‖A·q‖ seen: the scale of rounding. */
  scale: number;
}

/** A Krylov basis that will start with the given orthonormal vectors. */
export const startFrom = (pending: Float64Array[]): Krylov => ({
  basis: [],
  columns: [],
  dropped: [],
  defects: [],
  pending,
  scale: 0,
});

/** Ritz values, largest first, and the coefficients of their vectors in the basis (row k, length m). */
export interface Ritz {
  values: Float64Array;
  vectors: Float64Array[];
}

/** The rounding level of one product; a residual below it is meaningless. */
export const roundingLevel = ({ scale }: Krylov, size: number): number => 10 * Number.EPSILON * Math.sqrt(size) * scale;

/** A random unit vector orthogonal to the basis, from the first of the draws that has one. */
export function freshDirection(basis: readonly Float64Array[], draw: () => Float64Array): Float64Array {
  while (true) {
    const v = draw();
    const before = norm(v);
    projectOut(basis, v);
    const after = norm(v);
    if (after > 1e-8 * before) return scale(1 / after, v);
  }
}

/**
 * Takes the first pending vector into the basis with its product, which is orthogonalised twice against everything held.
 *
 * @param product - Becomes part of the basis.
 * @param fresh - Gives a unit vector orthogonal to the basis, to continue with where the basis is invariant under A.
 * @returns Whether it was.
 */
export function extend(krylov: Krylov, product: Float64Array, fresh: (basis: Float64Array[]) => Float64Array): boolean {
  const { basis, columns, defects } = krylov;
  const size = product.length;
  basis.push(krylov.pending.shift()!);
  krylov.scale = Math.max(krylov.scale, norm(product));
  const coefficients = projectOut([...basis, ...krylov.pending], product);
  const rest = norm(product);
  const closed = rest <= roundingLevel(krylov, size);
  const full = basis.length + krylov.pending.length === size;
  columns.push(closed ? coefficients : Float64Array.of(...coefficients, rest));
  defects.push(closed ? rest : 0);
  if (full) return closed;
  if (!closed) krylov.pending.push(scale(1 / rest, product));
  const invariant = krylov.pending.length === 0;
  if (invariant) krylov.pending.push(fresh(basis));
  return invariant;
}

/** Rayleigh and Ritz: the eigenpairs of QᵀAQ, made symmetric. */
export function ritz({ basis, columns }: Krylov): Ritz {
  const m = basis.length;
  const projected = new Float64Array(m * m);
  columns.forEach((column, j) => {
    for (let i = 0; i < Math.min(m, column.length); i++) {
      projected[i * m + j]! += column[i]! / 2;
      projected[j * m + i]! += column[i]! / 2;
    }
  });
  const { values, vectors } = symmetricEigen(projected, m);
  return { values, vectors: Array.from(values, (_, k) => vectors.slice(k * m, (k + 1) * m)) };
}

/** H·s, of as many entries as the longest column, at least m. */
function image({ basis, columns }: Krylov, s: Float64Array): Float64Array {
  const rows = columns.reduce((longest, column) => Math.max(longest, column.length), basis.length);
  const product = new Float64Array(rows);
  columns.forEach((column, j) => {
    for (let i = 0; i < column.length; i++) product[i]! += s[j]! * column[i]!;
  });
  return product;
}

const coefficientOf = (row: Float64Array, s: Float64Array): number =>
  row.reduce((sum, coefficient, j) => sum + coefficient * s[j]!, 0);

const defectOf = ({ defects }: Krylov, s: Float64Array): number =>
  defects.reduce((sum, defect, j) => sum + defect * Math.abs(s[j]!), 0);

/** ‖A·y − θ·y‖ of the Ritz vector y = Q·s, without a product. */
export interface Residual {
  /** The part that further steps make smaller. */
  open: number;
  /** Including what restarts dropped: an upper bound, and exact before the first of them. */
  total: number;
}

/** The residual of the Ritz pair (θ, Q·s). */
export function residual(krylov: Krylov, theta: number, s: Float64Array): Residual {
  const difference = image(krylov, s);
  for (let i = 0; i < s.length; i++) difference[i]! -= theta * s[i]!;
  const open = norm(difference);
  const givenUp = krylov.dropped.reduce((sum, row) => sum + Math.abs(coefficientOf(row, s)), 0);
  return { open, total: open + givenUp + defectOf(krylov, s) };
}

/**
 * The basis shrunk to the given Ritz vectors. With `fresh` it continues in those directions, else in the ones it would have taken
 * (thick restart, Wu and Simon 2000), which loses only the vectors left out.
 */
export function restart(
  krylov: Krylov,
  kept: readonly Float64Array[],
  fresh?: (basis: Float64Array[]) => Float64Array[],
): Krylov {
  const basis = kept.map((s) => combine(s, krylov.basis));
  const m = krylov.basis.length;
  const images = kept.map((s) => image(krylov, s));
  const dropped = krylov.dropped.map((row) => Float64Array.from(kept, (s) => coefficientOf(row, s)));
  if (fresh) krylov.pending.forEach((_, b) => dropped.push(Float64Array.from(images, (g) => g[m + b] ?? 0)));
  const columns: Float64Array[] = [];
  const defects: number[] = [];
  images.forEach((g, k) => {
    const within = g.slice(0, m);
    const inside = projectOut(kept, within);
    columns.push(fresh ? inside : Float64Array.of(...inside, ...g.subarray(m)));
    defects.push(defectOf(krylov, kept[k]!) + norm(within));
  });
  const pending = fresh ? fresh(basis) : krylov.pending;
  return { basis, columns, dropped, defects, pending, scale: krylov.scale };
}
