import { axpy, dot } from "@sgdscope/linear-algebra";
import { HessianEstimatorsError } from "../errors.js";
import { checkPositive } from "./arguments.js";
import { squaredNorm } from "./vectors.js";

/** What the products so far say of uᵀ(Av) − vᵀ(Au), which vanishes for exact products of a symmetric operator. */
export interface Symmetry {
  /** The sum of the vectors so far, and of their products. */
  vectors: Float64Array | null;
  images: Float64Array | null;
  /** Σ (uᵀAv − vᵀAu)² with v the next vector and u the sum of those before, and what a relative error of 1 would make it. */
  squares: number;
  scale: number;
  count: number;
}

export const noSymmetry = (): Symmetry => ({ vectors: null, images: null, squares: 0, scale: 0, count: 0 });

/** Asymmetry that is refused by default: Float32 products stay below a tenth of it, TF32 and Float16 do not. */
const ASYMMETRY = 1e-4;

/** Fewest comparisons that may refuse an operator, or stand for the precision of its products. */
const LEAST = 3;

/** The `asymmetry` of the options, checked. */
export function asymmetryOf(caller: string, asymmetry = ASYMMETRY): number {
  checkPositive(caller, "asymmetry", asymmetry);
  return asymmetry;
}

/**
 * Takes the next vector and its product, and compares them with all before: two inner products and no product with A.
 *
 * With independent rounding of relative size ε in every product the difference is about ε·√(‖u‖²‖Av‖² + ‖v‖²‖Au‖²)/√n, and with an
 * antisymmetric part of relative size ε as much; the sum over many vectors cannot vanish by chance. Derived here.
 *
 * @throws HessianEstimatorsError `NOT_SYMMETRIC` where it is above `asymmetry` after 4 products.
 */
export function takePair(
  caller: string,
  symmetry: Symmetry,
  vector: Float64Array,
  product: Float64Array,
  asymmetry: number,
): void {
  const { vectors, images } = symmetry;
  if (!vectors || !images) {
    Object.assign(symmetry, { vectors: vector.slice(), images: product.slice() });
    return;
  }
  const size = vector.length;
  symmetry.squares += (dot(vectors, product) - dot(vector, images)) ** 2;
  symmetry.scale += (squaredNorm(vectors) * squaredNorm(product) + squaredNorm(vector) * squaredNorm(images)) / size;
  symmetry.count++;
  symmetry.vectors = axpy(1, vector, vectors.slice());
  symmetry.images = axpy(1, product, images.slice());
  const defect = precisionOf(symmetry);
  if (defect > asymmetry)
    throw new HessianEstimatorsError(
      "NOT_SYMMETRIC",
      `${caller}: expected a symmetric operator, got uᵀ(Av) and vᵀ(Au) that differ by ${defect.toPrecision(2)} of their scale, more than asymmetry = ${asymmetry}`,
    );
}

/** The relative error of a product, as its asymmetry shows it; 0 before 4 products. */
export const precisionOf = (symmetry: Symmetry | undefined): number =>
  !symmetry || symmetry.count < LEAST || symmetry.scale === 0 ? 0 : Math.sqrt(symmetry.squares / symmetry.scale);
