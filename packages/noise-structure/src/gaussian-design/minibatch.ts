import { multiply } from "@sgdscope/linear-algebra";
import { expectInteger, expectNonNegative } from "../noise-strength/arguments.js";
import { expectSymmetric } from "./design.js";

/**
 * The covariance of the minibatch gradient in linear regression on Gaussian inputs, averaged over a distribution of
 * parameters: `Σ_B = (1/B)(AVA + Tr[AV]A + σ²A)`.
 *
 * Source: Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Lemma 1; batches drawn with replacement from infinitely many
 * examples. With `V = δδᵀ` it is the centred Σ of `gaussianNoise` over B.
 *
 * @param design.inputCovariance - A, d × d, row-major.
 * @param design.parameterCovariance - `V = E[(w − w*)(w − w*)ᵀ]`, d × d, row-major.
 * @param design.labelVariance - σ², default 0.
 * @param design.batchSize - B.
 * @returns d × d, row-major. Cost `4d³` operations.
 * @throws NoiseStructureError SHAPE_MISMATCH, NOT_FINITE, NOT_SYMMETRIC or INVALID_ARGUMENT.
 */
export function gaussianMinibatchCovariance(design: {
  inputCovariance: Float64Array;
  parameterCovariance: Float64Array;
  labelVariance?: number;
  batchSize: number;
}): Float64Array {
  const caller = "gaussianMinibatchCovariance";
  const { inputCovariance, parameterCovariance, labelVariance = 0, batchSize } = design;
  const d = Math.round(Math.sqrt(inputCovariance.length));
  expectInteger(caller, "the size of inputCovariance", d);
  expectSymmetric(caller, "inputCovariance", inputCovariance, d);
  expectSymmetric(caller, "parameterCovariance", parameterCovariance, d);
  expectNonNegative(caller, "labelVariance", labelVariance);
  expectInteger(caller, "batchSize", batchSize);
  const product = multiply(inputCovariance, parameterCovariance, d, d, d);
  let trace = labelVariance;
  for (let a = 0; a < d; a++) trace += product[a * d + a]!;
  return multiply(product, inputCovariance, d, d, d).map(
    (value, o) => (value + trace * inputCovariance[o]!) / batchSize,
  );
}
