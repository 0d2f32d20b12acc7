import {
  axpy,
  dot,
  gramOfRows,
  multiply,
  multiplyTransposed,
  multiplyVector,
  norm,
  scale,
  symmetricEigen,
} from "@sgdscope/linear-algebra";
import { projectOut } from "../internal/project-out.js";
import { squaredNorm } from "../internal/vectors.js";
import type { Krylov } from "../spectrum/krylov.js";

/** A vector and its image, in the coordinates of the axes. */
export interface Pair {
  vector: Float64Array;
  image: Float64Array;
}

/** Several Krylov bases in common orthonormal axes, where A acts on them as it was measured. */
export interface Coordinates {
  axes: Float64Array[];
  /** For each run its basis vectors; the first is the probe, normalised. */
  runs: Pair[][];
}

/**
 * The coordinates of all vectors held and of their images. A run's images lie in the span of its basis and its pending vector, so the
 * axes are few: one for each product and one for each run.
 */
export function coordinatesOf(runs: readonly Krylov[]): Coordinates {
  const axes: Float64Array[] = [];
  const coordinates = runs.map(({ basis, pending }) =>
    [...basis, ...pending].map((vector) => {
      const v = vector.slice();
      const along = projectOut(axes, v);
      const rest = norm(v);
      if (rest <= 1e-10) return along;
      axes.push(scale(1 / rest, v));
      return Float64Array.of(...along, rest);
    }),
  );
  const padded = (short: Float64Array): Float64Array => {
    const full = new Float64Array(axes.length);
    full.set(short);
    return full;
  };
  return {
    axes,
    runs: runs.map(({ columns }, i) => {
      const vectors = coordinates[i]!.map(padded);
      return columns.map((column, j) => {
        const image = new Float64Array(axes.length);
        column.forEach((c, k) => axpy(c, vectors[k]!, image));
        return { vector: vectors[j]!, image };
      });
    }),
  };
}

/** An orthonormal basis of a subspace, with the images of it; both `rank × dimension`, row-major, in the coordinates of the axes. */
export interface Span {
  rank: number;
  dimension: number;
  vectors: Float64Array;
  images: Float64Array;
}

/**
 * An orthonormal basis of the span of the vectors, from the eigenvectors of their Gram matrix, twice.
 *
 * Directions with a singular value below `least` are left out; what a span lacks is sampled instead of known.
 */
export function spanOf(pairs: readonly Pair[], least: number): Span {
  const dimension = pairs[0]!.vector.length;
  const stacked = (of: (pair: Pair) => Float64Array): Float64Array => {
    const matrix = new Float64Array(pairs.length * dimension);
    pairs.forEach((pair, k) => matrix.set(of(pair), k * dimension));
    return matrix;
  };
  const given = { rank: pairs.length, dimension, vectors: stacked((p) => p.vector), images: stacked((p) => p.image) };
  return orthonormalised(orthonormalised(given, least), 0.5);
}

function orthonormalised({ rank: count, dimension, vectors, images }: Span, least: number): Span {
  const { values, vectors: eigenvectors } = symmetricEigen(gramOfRows(vectors, count, dimension), count);
  const rank = values.filter((value) => value >= least ** 2).length;
  const mix = eigenvectors.slice(0, rank * count);
  for (let k = 0; k < rank; k++) scale(1 / Math.sqrt(values[k]!), mix.subarray(k * count, (k + 1) * count));
  const mixed = (matrix: Float64Array): Float64Array => multiply(mix, matrix, rank, count, dimension);
  return { rank, dimension, vectors: mixed(vectors), images: mixed(images) };
}

/** The error of a direction's image, relative to the largest, that leaving out what is smaller keeps. */
const IMAGE_ERROR = 1e-4;

/**
 * The singular value below which a direction is noise: normalising it multiplies the noise of the products by its inverse. That noise
 * shows in uᵀ(Av) − vᵀ(Au) between vectors of different runs, which would vanish for exact products. At least 1e-6, where the Gram
 * matrix of the vectors loses its digits.
 */
export function leastSingular({ runs }: Coordinates): number {
  const firsts = runs.flatMap((run) => run.slice(0, 2));
  let largest = 0;
  let noise = 0;
  for (const u of firsts) {
    largest = Math.max(largest, norm(u.image));
    for (const v of firsts) noise = Math.max(noise, Math.abs(dot(u.vector, v.image) - dot(v.vector, u.image)));
  }
  return Math.min(0.1, Math.max(1e-6, noise / (IMAGE_ERROR * (largest || 1))));
}

/** Trace and squared norm: what a subspace knows, and what a probe says of the rest. */
export interface Terms {
  trace: number;
  square: number;
}

/** QᵀAQ, row-major. */
export const projectedBy = ({ rank, dimension, vectors, images }: Span): Float64Array =>
  multiplyTransposed(vectors, images, rank, dimension, rank);

/** Tr QᵀAQ and ‖QᵀAQ‖_F² + 2‖(I − P)AQ‖_F² = 2‖AQ‖_F² − ‖QᵀAQ‖_F². */
export const knownTerms = (span: Span): Terms => ({
  trace: dot(span.vectors, span.images),
  square: 2 * squaredNorm(span.images) - squaredNorm(projectedBy(span)),
});

/**
 * wᵀAw and ‖(I − P)Aw‖² of w = (I − P)v rescaled to ‖w‖² = size − rank, because its length says nothing of A; and (I − P)Aw itself,
 * not rescaled.
 */
export function probeTerms(span: Span, { vector, image }: Pair, size: number): Terms & { outside: Float64Array } {
  const { rank, dimension, vectors, images } = span;
  const along = multiplyVector(vectors, vector, rank, dimension);
  const w = minus(vector, along, vectors);
  const product = minus(image, along, images);
  const outside = minus(product, multiplyVector(vectors, product, rank, dimension), vectors);
  const rescale = (size - rank) / (squaredNorm(w) || 1);
  return { trace: rescale * dot(w, product), square: rescale * squaredNorm(outside), outside };
}

/** x − Σ coefficients[k]·(row k). */
function minus(x: Float64Array, coefficients: Float64Array, rows: Float64Array): Float64Array {
  const difference = x.slice();
  coefficients.forEach((c, k) => axpy(-c, rows.subarray(k * x.length, (k + 1) * x.length), difference));
  return difference;
}
