import { axpy, dot } from "@sgdscope/linear-algebra";
import { HessianEstimatorsError } from "../errors.js";
import { checkLength } from "../internal/arguments.js";
import { projectOut } from "../internal/project-out.js";
import type { LinearOperator } from "../operator.js";

/** The products with all vectors, by the block product of the operator if it has one. */
export async function applyAll(operator: LinearOperator, vectors: Float64Array[]): Promise<Float64Array[]> {
  if (operator.applyBlock) return operator.applyBlock(vectors);
  const images: Float64Array[] = [];
  for (const v of vectors) images.push((await operator.apply(v)).slice());
  return images;
}

/** @internal An operator from its block product. */
export const blockwise = (
  size: number,
  applyBlock: (vectors: Float64Array[]) => Promise<Float64Array[]>,
): Required<LinearOperator> => ({ size, applyBlock, apply: async (v) => (await applyBlock([v]))[0]! });

/**
 * Σ coefficients[k]·operators[k]: sums, differences and multiples. One product with each of them for every product.
 *
 * @param coefficients - All 1 by default.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if there are none, or sizes or lengths differ.
 */
export function linearCombination(
  operators: readonly LinearOperator[],
  coefficients: readonly number[] = operators.map(() => 1),
): LinearOperator {
  const [first] = operators;
  if (!first || operators.some(({ size }) => size !== first.size))
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      operators.length === 0
        ? "linearCombination: expected at least one operator, got none"
        : `linearCombination: expected operators of equal size, got sizes ${operators.map(({ size }) => size).join(", ")}`,
    );
  checkLength("linearCombination", "coefficients", coefficients, operators.length);
  return blockwise(first.size, async (vectors) => {
    const sums = vectors.map(() => new Float64Array(first.size));
    for (const [k, operator] of operators.entries()) {
      const images = await applyAll(
        operator,
        vectors.map((v) => v.slice()),
      );
      images.forEach((image, i) => axpy(coefficients[k]!, image, sums[i]!));
    }
    return sums;
  });
}

/** A + B. */
export const sumOf = (a: LinearOperator, b: LinearOperator): LinearOperator => linearCombination([a, b]);

/** A − B, for example H − G: the part of the curvature that Gauss–Newton leaves out. */
export const differenceOf = (a: LinearOperator, b: LinearOperator): LinearOperator =>
  linearCombination([a, b], [1, -1]);

/** c·A. */
export const scaled = (operator: LinearOperator, factor: number): LinearOperator =>
  linearCombination([operator], [factor]);

/** A + shift·I. */
export const shifted = (operator: LinearOperator, shift: number): LinearOperator =>
  blockwise(operator.size, async (vectors) => {
    const images = await applyAll(
      operator,
      vectors.map((v) => v.slice()),
    );
    return images.map((image, i) => axpy(shift, vectors[i]!, image.slice()));
  });

/**
 * (I − QQᵀ)A(I − QQᵀ): A without the directions given, for example the bulk of a Hessian without its outliers.
 *
 * @param directions - Orthonormal, as the vectors of `topEigenpairs` are.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if a length differs or they are not orthonormal to 1e-8.
 */
export function deflated(operator: LinearOperator, directions: readonly Float64Array[]): LinearOperator {
  for (const [i, q] of directions.entries()) {
    checkLength("deflated", "directions", q, operator.size);
    const worst = directions.slice(0, i + 1).reduce((most, p, j) => {
      return Math.max(most, Math.abs(dot(p, q) - (i === j ? 1 : 0)));
    }, 0);
    if (!(worst <= 1e-8))
      throw new HessianEstimatorsError(
        "INVALID_ARGUMENT",
        `deflated: expected directions to be orthonormal, got an inner product that is off by ${worst}`,
      );
  }
  const outside = (v: Float64Array): Float64Array => {
    const rest = v.slice();
    projectOut(directions, rest);
    return rest;
  };
  return blockwise(operator.size, async (vectors) => (await applyAll(operator, vectors.map(outside))).map(outside));
}
