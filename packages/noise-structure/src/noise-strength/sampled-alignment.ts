import { expectInteger, expectNumbers } from "./arguments.js";
import { meanOf, type Estimate } from "./estimate.js";

/** Noise and curvature from a sample of examples, for one output. The sums are unbiased, the ratios only in the limit. */
export interface SampledAlignment {
  /** `L`. */
  loss: Estimate;
  /** `‖G‖_F²`. */
  squaredFrobeniusG: Estimate;
  /** `Tr(Σ₁G)`. */
  traceUncentredNoiseG: Estimate;
  /** `∇LᵀG∇L`. */
  gradientCurvature: Estimate;
  /** `Tr(ΣG)`. */
  traceNoiseG: Estimate;
  /** `μ = Tr(ΣG)/(2L‖G‖_F²)`; undefined where an estimate below is not positive. */
  alignmentFactor: number | undefined;
  /** `μ₁`. */
  uncentredAlignmentFactor: number | undefined;
}

/**
 * The alignment of one-output models too large for a Gram matrix, from drawn examples: with i, k, j drawn independently and
 * uniformly, the same example twice included, `E K_ij² = ‖G‖_F²`, `E rᵢ²K_ij² = Tr(Σ₁G)` and `E rᵢr_kK_ijK_kj = ∇LᵀG∇L`.
 *
 * Derived here; checked by enumerating all draws.
 *
 * @param draws.first - `K_ij = gᵢ·gⱼ`, one per draw, at least two.
 * @param draws.second - `K_kj` of the same draws.
 * @param draws.firstResiduals - `rᵢ`.
 * @param draws.secondResiduals - `r_k`.
 * @returns Cost O(draws), after two inner products of gradients per draw.
 * @throws NoiseStructureError INVALID_ARGUMENT, SHAPE_MISMATCH or NOT_FINITE.
 */
export function sampledAlignment(draws: {
  first: ArrayLike<number>;
  second: ArrayLike<number>;
  firstResiduals: ArrayLike<number>;
  secondResiduals: ArrayLike<number>;
}): SampledAlignment {
  const caller = "sampledAlignment";
  const count = draws.first.length;
  expectInteger(caller, "the number of first", count, 2);
  for (const name of ["first", "second", "firstResiduals", "secondResiduals"] as const)
    expectNumbers(caller, name, draws[name], count);
  const of = (value: (k: number) => number): Estimate =>
    meanOf(Float64Array.from({ length: count }, (_, k) => value(k)));
  const { first, second, firstResiduals: r, secondResiduals: s } = draws;
  const uncentred = (k: number): number => (r[k]! * first[k]!) ** 2;
  const pulled = (k: number): number => r[k]! * s[k]! * first[k]! * second[k]!;
  const loss = of((k) => (r[k]! ** 2 + s[k]! ** 2) / 4);
  const squaredFrobeniusG = of((k) => (first[k]! ** 2 + second[k]! ** 2) / 2);
  const traceUncentredNoiseG = of(uncentred);
  const traceNoiseG = of((k) => uncentred(k) - pulled(k));
  const scale = 2 * loss.value * squaredFrobeniusG.value;
  return {
    loss,
    squaredFrobeniusG,
    traceUncentredNoiseG,
    gradientCurvature: of(pulled),
    traceNoiseG,
    alignmentFactor: scale > 0 ? traceNoiseG.value / scale : undefined,
    uncentredAlignmentFactor: scale > 0 ? traceUncentredNoiseG.value / scale : undefined,
  };
}
