import { dot, multiply, multiplyVector, transpose } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "../errors.js";
import { SMALLEST_LOSS } from "../noise-structure.js";
import { expectInteger, expectNonNegative, expectNumbers } from "../noise-strength/arguments.js";
import type { VectorAlignment } from "../noise-strength/directional.js";

/** Linear regression on infinitely many examples `x ~ N(0, S)`, `y = θ*·x + ε`, `ε ~ N(0, σ²)`, at θ. */
export interface GaussianDesign {
  /** S, d × d, row-major, symmetric positive semidefinite: also the curvature `G = H = S`. */
  covariance: Float64Array;
  /** `δ = θ − θ*`, length d. */
  offset: Float64Array;
  /** σ², default 0. */
  labelVariance?: number;
  /**
   * `∂u/∂θ` of a deep linear network `f = u(θ)·x`, d × P, row-major, with δ = u(θ) − u*: noise and curvature are then P × P.
   * Default the identity, θ = u.
   */
  jacobian?: Float64Array;
}

/** The exact noise of one example at a point of a {@link GaussianDesign}. Matrices are P × P, d × d without `jacobian`; row-major. */
export interface GaussianNoise {
  /** `L = ½(δᵀSδ + σ²)`. */
  loss: number;
  /** `∇L = Sδ`, in general `J_uᵀSδ`. */
  gradient: Float64Array;
  /** `Σ₁ = 2L·G + 2∇L∇Lᵀ`. */
  uncentred: Float64Array;
  /** `Σ = 2L·G + ∇L∇Lᵀ`. */
  centred: Float64Array;
  /** `Tr Σ`. */
  traceNoise: number;
  /** `μ = 1 + ∇LᵀG∇L/(2L‖G‖_F²)`, from 1 to 2; 1 + 1/d for isotropic inputs without label noise. */
  alignmentFactor: number | undefined;
  /** `μ₁ = 1 + 2∇LᵀG∇L/(2L‖G‖_F²)`, from 1 to 3. */
  uncentredAlignmentFactor: number | undefined;
  /** Relative Frobenius error of the decoupled `2L·G − ∇L∇Lᵀ` as an approximation of Σ. */
  decouplingError: number | undefined;
}

/**
 * The noise of linear regression on Gaussian inputs, exactly, at any point.
 *
 * By Isserlis' theorem `E[(xᵀδ)²xxᵀ] = (δᵀSδ)S + 2SδδᵀS`; label noise adds σ²S. Derived here, checked against samples. That
 * alignment holds for linear networks is in Wu, Wang & Su (2022), arXiv:2207.02628 (abstract); the directional bounds are
 * those of Wang & Wu (2023), arXiv:2310.00692, for this model (derived here). A deep linear network has `G = J_uᵀSJ_u` and the
 * same identities at every θ (derived here).
 *
 * @returns The ratios are undefined where the loss is below 1e-20 or S is 0. Cost O(P²), with a Jacobian O(d²P + dP²).
 * @throws NoiseStructureError SHAPE_MISMATCH, NOT_FINITE, NOT_SYMMETRIC, INVALID_ARGUMENT for a negative label variance.
 */
export function gaussianNoise(design: GaussianDesign): GaussianNoise {
  const { dimension: d, twiceLoss, gradient, curvature: covariance } = pointOf("gaussianNoise", design);
  const uncentred = new Float64Array(d * d);
  const centred = new Float64Array(d * d);
  let squares = 0;
  let curvature = 0;
  let traceNoise = 0;
  let noiseSquares = 0;
  let gradientSquared = 0;
  for (let a = 0, o = 0; a < d; a++) {
    gradientSquared += gradient[a]! ** 2;
    for (let b = 0; b < d; b++, o++) {
      const outer = gradient[a]! * gradient[b]!;
      uncentred[o] = twiceLoss * covariance[o]! + 2 * outer;
      centred[o] = twiceLoss * covariance[o]! + outer;
      squares += covariance[o]! ** 2;
      curvature += covariance[o]! * outer;
      noiseSquares += centred[o]! ** 2;
      if (a === b) traceNoise += centred[o]!;
    }
  }
  const defined = twiceLoss >= 2 * SMALLEST_LOSS && squares > 0;
  const excess = curvature / (twiceLoss * squares);
  return {
    loss: twiceLoss / 2,
    gradient,
    uncentred,
    centred,
    traceNoise,
    alignmentFactor: defined ? 1 + excess : undefined,
    uncentredAlignmentFactor: defined ? 1 + 2 * excess : undefined,
    decouplingError: defined ? (2 * gradientSquared) / Math.sqrt(noiseSquares) : undefined,
  };
}

/**
 * The exact directional alignment of a {@link GaussianDesign}: `vᵀΣv/(2L·vᵀGv) = 1 + (v·∇L)²/(2L·vᵀGv)`, from 1 to 2, and
 * with Σ₁ from 1 to 3; the upper ends are reached along `v = δ` without label noise.
 *
 * The ratio is of Wang & Wu (2023), arXiv:2310.00692; the closed form is derived here.
 *
 * @param v - P numbers, d without `jacobian`; not the zero vector.
 * @returns The alignments are undefined where the loss is below 1e-20 or `vᵀGv` is 0.
 * @throws NoiseStructureError as {@link gaussianNoise}.
 */
export function gaussianAlignmentAlong(design: GaussianDesign, v: Float64Array): VectorAlignment {
  const caller = "gaussianAlignmentAlong";
  const { dimension: d, twiceLoss, gradient, curvature: matrix } = pointOf(caller, design);
  expectNumbers(caller, `v [${d}]`, v, d);
  const curvature = dot(v, multiplyVector(matrix, v, d, d));
  const slope = dot(v, gradient);
  const noise = twiceLoss * curvature + slope ** 2;
  const uncentredNoise = noise + slope ** 2;
  const defined = twiceLoss >= 2 * SMALLEST_LOSS && curvature > 0;
  return {
    curvature,
    noise,
    uncentredNoise,
    alignment: defined ? noise / (twiceLoss * curvature) : undefined,
    uncentredAlignment: defined ? uncentredNoise / (twiceLoss * curvature) : undefined,
    slope,
  };
}

function pointOf(caller: string, { covariance, offset, labelVariance = 0, jacobian }: GaussianDesign) {
  const inputs = offset.length;
  expectInteger(caller, "the length of offset", inputs);
  expectNumbers(caller, "offset", offset, inputs);
  expectSymmetric(caller, "covariance", covariance, inputs);
  expectNonNegative(caller, "labelVariance", labelVariance);
  const gradient = multiplyVector(covariance, offset, inputs, inputs);
  const twiceLoss = dot(offset, gradient) + labelVariance;
  if (twiceLoss < 0)
    throw new NoiseStructureError(
      "NOT_POSITIVE_SEMIDEFINITE",
      `${caller}: expected covariance to be positive semidefinite, got δᵀSδ = ${twiceLoss - labelVariance}.`,
    );
  if (jacobian === undefined) return { dimension: inputs, gradient, twiceLoss, curvature: covariance };
  const dimension = jacobian.length / inputs;
  expectInteger(caller, "jacobian.length over that of offset", dimension);
  expectNumbers(caller, `jacobian [${inputs} × ${dimension}]`, jacobian, inputs * dimension);
  const columns = transpose(jacobian, inputs, dimension);
  return {
    dimension,
    gradient: multiplyVector(columns, gradient, dimension, inputs),
    twiceLoss,
    curvature: multiply(
      multiply(columns, covariance, dimension, inputs, inputs),
      jacobian,
      dimension,
      inputs,
      dimension,
    ),
  };
}

/** @internal Refuses a matrix that is not symmetric within 1e-10 of its largest entry. */
export function expectSymmetric(caller: string, name: string, matrix: Float64Array, size: number): void {
  expectNumbers(caller, `${name} [${size} × ${size}]`, matrix, size * size);
  let largest = 0;
  for (const value of matrix) largest = Math.max(largest, Math.abs(value));
  for (let a = 0; a < size; a++)
    for (let b = 0; b < a; b++)
      if (Math.abs(matrix[a * size + b]! - matrix[b * size + a]!) > 1e-10 * largest)
        throw new NoiseStructureError(
          "NOT_SYMMETRIC",
          `${caller}: expected ${name} to be symmetric, got ${matrix[a * size + b]!} at (${a}, ${b}) and ${matrix[b * size + a]!} at (${b}, ${a}).`,
        );
}
