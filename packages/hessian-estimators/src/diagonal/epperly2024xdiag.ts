import { dot } from "@sgdscope/linear-algebra";
import { checkInteger } from "../internal/arguments.js";
import { drawsOf } from "../internal/draws.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { leftOut, noSketch, takeColumn, type Sketch } from "../internal/sketch.js";
import { precisionOf } from "../internal/symmetry.js";
import { combine } from "../internal/vectors.js";
import type { LinearOperator } from "../operator.js";
import { hutchinsonDiagonal, type DiagonalEstimate, type DiagonalOptions } from "./bekas2007.js";

interface XDiag extends Counted {
  probes: Float64Array[];
  sketch: Sketch;
  images: Float64Array[];
}

/**
 * diag A of a symmetric operator by XDiag: the diagonal of what a sketch captures exactly, a probe for the rest, each probe left
 * out of the sketch in turn.
 *
 * As `xTrace`, entry by entry: with Q = orth(AΩ) and Qᵢ the same without probe i, the mean over i of diag(QᵢQᵢᵀA) + ωᵢ∘(I − QᵢQᵢᵀ)Aωᵢ,
 * with Rademacher probes. Unbiased given the other probes. The standard errors account for the correlation of the terms.
 *
 * Cost: `maxMatvecs` products (one less if odd), 5·size numbers for each of k = `maxMatvecs`/2 probes, and 12·size·k² operations at the
 * end. Float64. With a budget of at least `size` products the diagonal is exact.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Epperly, Tropp and Webber (2024, arXiv 2301.07825), who give XDiag for general matrices.
 */
export async function xDiagonal(
  operator: LinearOperator,
  options: Omit<DiagonalOptions, "relativeError">,
): Promise<DiagonalEstimate> {
  const caller = "xDiagonal";
  const size = sizeOf(caller, operator);
  const draws = drawsOf(caller, size, options);
  const { maxMatvecs: limit = 99 } = options;
  checkInteger(caller, "maxMatvecs", limit, Math.min(4, size));
  if (limit >= size) return hutchinsonDiagonal(operator, options);
  const pairs = Math.floor(limit / 2);

  return drive<XDiag, DiagonalEstimate, DiagonalEstimate>(operator, options, {
    caller,
    settings: { seed: draws.seed, limit },
    limit: 2 * pairs,
    begin: () => ({ matvecs: 0, probes: [], sketch: noSketch(), images: [] }),
    wants({ probes, sketch, images }, most) {
      const room = Math.min(most, pairs - probes.length);
      if (room > 0) return Array.from({ length: room }, (_, i) => draws.rademacher(probes.length + i));
      return sketch.basis.slice(images.length, images.length + most);
    },
    takes(state, vector, product) {
      if (state.probes.length === pairs) state.images.push(product);
      else {
        state.probes.push(vector);
        takeColumn(state.sketch, product);
      }
    },
    partial: () => undefined,
    result: (state) => leaveOneOut(state, size),
  });
}

function leaveOneOut({ sketch, images, probes, matvecs, symmetry }: XDiag, size: number): DiagonalEstimate {
  const { basis, columns } = sketch;
  const out = leftOut(sketch);
  const directions = out.map((s) => combine(s, basis));
  const products = out.map((s) => combine(s, images));
  const outside = out.map((s, i) => dot(s.subarray(0, columns[i]!.length), columns[i]!));
  const captured = new Float64Array(size);
  basis.forEach((q, k) => {
    for (let j = 0; j < size; j++) captured[j]! += q[j]! * images[k]![j]!;
  });
  const mean = new Float64Array(size);
  const deviations = new Float64Array(size);
  directions.forEach((direction, i) => {
    for (let j = 0; j < size; j++) {
      const term = direction[j]! * (probes[i]![j]! * outside[i]! - products[i]![j]!);
      const before = term - mean[j]!;
      mean[j]! += before / (i + 1);
      deviations[j]! += before * (term - mean[j]!);
    }
  });
  const covariance = sketch.exhausted
    ? new Float64Array(size)
    : covarianceOfTerms(out, directions, products, outside, probes);
  const k = probes.length;
  const precision = precisionOf(symmetry);
  /** Of row j of AQ, whose squares sum to those of A where Q captures it. */
  const rounding = (j: number): number =>
    precision * Math.sqrt(images.reduce((total, image) => total + image[j]! ** 2, 0));
  return {
    values: mean.map((x, j) => x + captured[j]!),
    standardErrors: deviations.map((sum, j) =>
      Math.sqrt(sum / (k - 1) / k + Math.max(0, covariance[j]!) + rounding(j) ** 2),
    ),
    matvecs,
    samples: k,
    converged: true,
  };
}

/**
 * The mean over pairs of (tᵢ − tᵢⱼ)∘(tⱼ − tⱼᵢ), entry by entry, as in `leaveTwoOut`. Leaving j out besides i takes the direction u from
 * the sketch, the part of sⱼ across sᵢ: tᵢ − tᵢⱼ = u∘Au − (uᵀAωᵢ)·ωᵢ∘u, where uᵀAωᵢ comes from sᵢ alone.
 */
function covarianceOfTerms(
  out: readonly Float64Array[],
  directions: readonly Float64Array[],
  products: readonly Float64Array[],
  outside: readonly number[],
  probes: readonly Float64Array[],
): Float64Array {
  const size = directions[0]!.length;
  const sum = new Float64Array(size);
  const pairs = (out.length * (out.length - 1)) / 2;
  for (let i = 0; i < out.length; i++)
    for (let j = 0; j < i; j++) {
      const cosine = dot(out[i]!, out[j]!);
      const sine = Math.sqrt(Math.max(Number.EPSILON, 1 - cosine * cosine));
      const [di, dj, pi, pj] = [directions[i]!, directions[j]!, products[i]!, products[j]!];
      const [alongI, alongJ] = [(-cosine * outside[i]!) / sine, (-cosine * outside[j]!) / sine];
      for (let e = 0; e < size; e++) {
        const u = (dj[e]! - cosine * di[e]!) / sine;
        const v = (di[e]! - cosine * dj[e]!) / sine;
        const changeI = u * ((pj[e]! - cosine * pi[e]!) / sine - alongI * probes[i]![e]!);
        const changeJ = v * ((pi[e]! - cosine * pj[e]!) / sine - alongJ * probes[j]![e]!);
        sum[e]! += (changeI * changeJ) / pairs;
      }
    }
  return sum;
}
