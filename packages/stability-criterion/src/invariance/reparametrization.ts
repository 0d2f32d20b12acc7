import { norm, symmetricEigen, symmetricEigenvalues, symmetricFunction } from "@sgdscope/linear-algebra";
import { expectPositive, StabilityError } from "../errors.js";
import { product, readMatrix, transposeOf } from "../stationary/dense.js";

/** A critical point as the measures of flatness and noise see it. */
export interface CriticalPoint {
  /** H, symmetric, `d × d`, row-major. */
  hessian: Float64Array;
  /** C, covariance of the gradient, symmetric and positive semidefinite, `d × d`. */
  noise: Float64Array;
}

/** A quantity at a critical point. */
export type MeasureName =
  | "trace"
  | "Frobenius norm"
  | "largest eigenvalue"
  | "log-determinant on the range"
  | "Tr(CH)"
  | "noise-to-curvature ratios"
  | "stable learning rate";

/** A measure before and after a reparametrisation. */
export interface MeasureComparison {
  measure: MeasureName;
  /** A number, or one number per parameter, largest first. */
  before: number | Float64Array;
  after: number | Float64Array;
  /** Whether they differ by more than the tolerance. */
  moved: boolean;
  /**
   * The difference that counts: relative, absolute for the log-determinant. What was asked for, and what rounding can move
   * at these condition numbers; where it comes near 1 nothing can be said.
   */
  tolerance: number;
}

/**
 * The same critical point in other coordinates, `θ = g(φ)` with `J = ∂g/∂φ` there: `JᵀHJ` and `JᵀCJ`. The second derivatives
 * of g play no part where the gradient vanishes. Cost `8d³` operations and one eigendecomposition.
 *
 * @param jacobian - J, `d × d`, row-major, invertible; refused beyond a condition number of about 1e7.
 * @throws StabilityError SHAPE_MISMATCH, INVALID_ARGUMENT.
 * @see Dinh et al. (2017), Sharp minima can generalize for deep nets, arXiv:1703.04933, for the Hessian (as recalled;
 *   elementary).
 */
export function reparametrized(point: CriticalPoint, jacobian: Float64Array): CriticalPoint {
  const size = readPoint("reparametrized", "point", point);
  if (jacobian.length !== size * size)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `reparametrized: expected jacobian to be a square matrix as wide as hessian, got ${jacobian.length} numbers.`,
    );
  if (!jacobian.every(Number.isFinite))
    throw new StabilityError("INVALID_ARGUMENT", "reparametrized: expected jacobian to be finite.");
  const back = transposeOf(jacobian, size);
  const stretch = symmetricEigenvalues(product(back, jacobian, size), size);
  if (!(stretch[size - 1]! > 1e-14 * stretch[0]!))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `reparametrized: expected jacobian to be invertible, got squared singular values from ${stretch[size - 1]!} to ${stretch[0]!}.`,
    );
  const pulled = (matrix: Float64Array): Float64Array => {
    const image = product(product(back, matrix, size), jacobian, size);
    const mirrored = transposeOf(image, size);
    return image.map((value, k) => (value + mirrored[k]!) / 2);
  };
  return { hessian: pulled(point.hessian), noise: pulled(point.noise) };
}

/**
 * Which measures of flatness and noise move under a reparametrisation that leaves the network's function as it is.
 *
 * The noise-to-curvature ratios, the eigenvalues of `H⁻¹C`, do not move; the trace, `‖H‖_F`, `λ_max`, the determinant, `Tr(CH)`
 * and the stable learning rate `2/λ_max` of gradient descent do, so that SGD itself is not invariant either. Where H is singular
 * the ratios are those on its range, and 0 beyond; that they stay is derived here for noise within the range of H.
 *
 * @param before - Any critical point, a saddle too: the log-determinant is `Σ log|λ|` and the ratios have the signs of H.
 * @param after - The same point in other coordinates, see {@link reparametrized}.
 * Rounding in `JᵀHJ` is of the size `ε‖J‖²‖H‖`, and since `‖J‖² ≤ ‖H'‖/λ_min(H)` it moves ratios and logarithms by up to
 * `εκκ'` for condition numbers κ before and κ' after on the range of H, norms by `εκ` (derived here for definite H and noise
 * `C ⪯ ρH`; for a saddle an estimate). That much is added to the tolerance.
 *
 * @param options.tolerance - Relative; absolute for the log-determinant. Default 1e-8.
 * @param options.rankTolerance - Eigenvalues below this share of the largest in absolute value count as 0. Default 1e-12.
 * @returns A row a measure, always in the same order. Cost about `40d³` operations per point.
 * @throws StabilityError SHAPE_MISMATCH; INVALID_ARGUMENT for bad numbers and for noise in a direction without curvature.
 * @see Dinh et al. (2017), arXiv:1703.04933, for the Hessian's measures (as recalled).
 */
export function invarianceReport(
  before: CriticalPoint,
  after: CriticalPoint,
  options: { tolerance?: number; rankTolerance?: number } = {},
): MeasureComparison[] {
  const { tolerance = 1e-8, rankTolerance = 1e-12 } = options;
  expectPositive("invarianceReport", "options.tolerance", tolerance);
  expectPositive("invarianceReport", "options.rankTolerance", rankTolerance);
  const size = readPoint("invarianceReport", "before", before);
  if (readPoint("invarianceReport", "after", after) !== size)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `invarianceReport: expected after to have as many parameters as before, ${size}.`,
    );
  const old = measuresOf("before", before, size, rankTolerance);
  const now = measuresOf("after", after, size, rankTolerance);
  const rounding = 4 * size * Number.EPSILON;
  return (Object.keys(old.measures) as MeasureName[]).map((measure) => {
    const [was, is] = [old.measures[measure], now.measures[measure]];
    const logarithm = measure === "log-determinant on the range";
    const scale = logarithm
      ? 1
      : measure === "trace"
        ? Math.max(old.absoluteTrace, now.absoluteTrace)
        : Math.max(sizeOf(was), sizeOf(is));
    const product = old.condition * now.condition;
    const amplified = logarithm
      ? old.rank * product
      : measure === "noise-to-curvature ratios"
        ? product
        : old.condition;
    const resolved = tolerance + rounding * amplified;
    return { measure, before: was, after: is, moved: !(distance(was, is) <= resolved * scale), tolerance: resolved };
  });
}

/** The measures of one point, and what its rounding depends on. */
interface Measured {
  measures: Record<MeasureName, number | Float64Array>;
  /** `max|λ|/min|λ|` over the range of H. */
  condition: number;
  rank: number;
  /** `Σ|λ|`. */
  absoluteTrace: number;
}

function measuresOf(name: string, { hessian, noise }: CriticalPoint, size: number, rankTolerance: number): Measured {
  const curvature = symmetricEigen(hessian, size);
  const spread = symmetricEigen(noise, size);
  const floor = rankTolerance * sizeOf(curvature.values);
  const noiseFloor = rankTolerance * sizeOf(spread.values);
  if (spread.values[size - 1]! < -noiseFloor)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `invarianceReport: expected ${name}.noise to be positive semidefinite, got eigenvalue ${spread.values[size - 1]!}.`,
    );
  // The noise in the eigenbasis of H: none may lie where H is flat.
  const turned = product(product(curvature.vectors, noise, size), transposeOf(curvature.vectors, size), size);
  let [trace, absoluteTrace, logDeterminant, alignment, rank, smallest] = [0, 0, 0, 0, 0, Infinity];
  curvature.values.forEach((value, a) => {
    const variance = turned[a * size + a]!;
    trace += value;
    absoluteTrace += Math.abs(value);
    alignment += value * variance;
    if (Math.abs(value) > floor) {
      logDeterminant += Math.log(Math.abs(value));
      smallest = Math.min(smallest, Math.abs(value));
      rank++;
    } else if (variance > noiseFloor)
      throw new StabilityError(
        "INVALID_ARGUMENT",
        `invarianceReport: expected ${name}.noise to have no part in directions without curvature, got variance ${variance}.`,
      );
  });
  // C^½H⁺C^½ is symmetric and has the eigenvalues of H⁺C, whatever the signs of H.
  const root = symmetricFunction(spread, (value) => Math.sqrt(Math.max(0, value)));
  const inverse = symmetricFunction(curvature, (value) => (Math.abs(value) > floor ? 1 / value : 0));
  const measures = {
    trace,
    "Frobenius norm": norm(hessian),
    "largest eigenvalue": curvature.values[0]!,
    "log-determinant on the range": logDeterminant,
    "Tr(CH)": alignment,
    "noise-to-curvature ratios": symmetricEigenvalues(product(product(root, inverse, size), root, size), size),
    "stable learning rate": 2 / Math.max(curvature.values[0]!, 0),
  };
  return { measures, condition: rank > 0 ? sizeOf(curvature.values) / smallest : 1, rank, absoluteTrace };
}

/** The number of parameters, or an error. */
function readPoint(caller: string, name: string, { hessian, noise }: CriticalPoint): number {
  const size = Math.round(Math.sqrt(hessian.length));
  readMatrix(caller, `${name}.hessian`, hessian, size);
  readMatrix(caller, `${name}.noise`, noise, size);
  return size;
}

const listOf = (value: number | Float64Array): Float64Array =>
  typeof value === "number" ? Float64Array.of(value) : value;

/** The largest absolute value. */
const sizeOf = (value: number | Float64Array): number =>
  listOf(value).reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);

function distance(a: number | Float64Array, b: number | Float64Array): number {
  const other = listOf(b);
  return sizeOf(listOf(a).map((value, k) => (value === other[k]! ? 0 : value - other[k]!)));
}
