import { gaussian } from "@sgdscope/random";
import { norm, scale, symmetricEigen } from "@sgdscope/linear-algebra";
import type { Products } from "../internal/products.js";
import { combine, projectOut } from "../internal/vectors.js";

/**
 * An orthonormal basis Q of m vectors with what A does to it: A·Q = [Q next]·H + (unit vectors not held)·dropped + defects.
 *
 * H is kept as it was measured, (m + 1) × m and not made symmetric, so residuals computed from it are those of the products
 * that were really made, with their noise.
 */
export interface Krylov {
  basis: Float64Array[];
  /** Column j of H; entries beyond its length are 0. Entry m belongs to `next`. */
  columns: Float64Array[];
  /** For each direction that a restart gave up, its coefficient in every column; entries beyond the length are 0. */
  dropped: Float64Array[];
  /** For each column, the norm of whatever else it lacks: asymmetry and rounding. */
  defects: number[];
  /** The unit vector that extends the basis; undefined when the basis is the whole space. */
  next: Float64Array | undefined;
  /** The largest ‖A·q‖ seen: the scale of rounding. */
  scale: number;
}

/** Ritz values, largest first, and the coefficients of their vectors in the basis (row k, length m). */
export interface Ritz {
  values: Float64Array;
  vectors: Float64Array[];
}

/** The rounding level of one product: below it a residual says nothing. */
export const roundingLevel = ({ scale }: Krylov, size: number): number => 10 * Number.EPSILON * Math.sqrt(size) * scale;

/** A random unit vector orthogonal to the basis. */
export function freshDirection(basis: readonly Float64Array[], size: number, random: () => number): Float64Array {
  while (true) {
    const v = gaussian(size, random);
    const before = norm(v);
    projectOut(basis, v);
    const after = norm(v);
    if (!(after > 1e-8 * before)) continue;
    scale(1 / after, v);
    return v;
  }
}

/**
 * Takes `next` into the basis: one product, orthogonalised twice against every basis vector.
 *
 * @returns Whether the basis turned out invariant under A, so that it goes on in a random direction.
 */
export async function extend(krylov: Krylov, run: Products, random: () => number): Promise<boolean> {
  const { basis, columns, defects } = krylov;
  basis.push(krylov.next!);
  const w = await run.apply(krylov.next!);
  krylov.scale = Math.max(krylov.scale, norm(w));
  const coefficients = projectOut(basis, w);
  const rest = norm(w);
  const invariant = rest <= roundingLevel(krylov, run.size);
  columns.push(Float64Array.of(...coefficients, invariant ? 0 : rest));
  defects.push(invariant ? rest : 0);
  if (basis.length === run.size) krylov.next = undefined;
  else if (invariant) krylov.next = freshDirection(basis, run.size, random);
  else {
    scale(1 / rest, w);
    krylov.next = w;
  }
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

/** H·s, length m + 1. */
function image({ basis, columns }: Krylov, s: Float64Array): Float64Array {
  const product = new Float64Array(basis.length + 1);
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
  /** With what restarts gave up: an upper bound, and exact before the first of them. */
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
 * The basis shrunk to the given Ritz vectors. With `fresh` it goes on in that direction, else in the one it would have taken
 * (thick restart, Wu and Simon 2000), which loses nothing but the vectors left out.
 */
export function restart(
  krylov: Krylov,
  kept: readonly Float64Array[],
  fresh?: (basis: Float64Array[]) => Float64Array,
): Krylov {
  const basis = kept.map((s) => combine(s, krylov.basis));
  const m = krylov.basis.length;
  const images = kept.map((s) => image(krylov, s));
  const outside = Float64Array.from(images, (g) => g[m]!);
  const dropped = krylov.dropped.map((row) => Float64Array.from(kept, (s) => coefficientOf(row, s)));
  if (fresh) dropped.push(outside);
  const columns: Float64Array[] = [];
  const defects: number[] = [];
  images.forEach((g, k) => {
    const within = g.subarray(0, m);
    columns.push(Float64Array.of(...projectOut(kept, within), fresh ? 0 : outside[k]!));
    defects.push(defectOf(krylov, kept[k]!) + norm(within));
  });
  return { basis, columns, dropped, defects, next: fresh ? fresh(basis) : krylov.next, scale: krylov.scale };
}
