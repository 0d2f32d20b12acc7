export { leadingEigenpairs, type LeadingEigenpairs, type LeadingEigenpairsOptions } from "./eigen/block-lanczos.js";
export { largestEigenpair, type LargestEigenpair } from "./eigen/lanczos.js";
export { symmetricEigen, symmetricEigenvalues, symmetricFunction, type SymmetricEigen } from "./eigen/symmetric.js";
export { tridiagonalEigen, type TridiagonalEigen } from "./eigen/tridiagonal.js";
export type { Estimate } from "./estimate.js";
export type { GramSystem } from "./gram-system.js";
export { LinearAlgebraError, type LinearAlgebraErrorCode } from "./errors.js";
export { orthonormalizeRows, projectOut, type OrthonormalRows } from "./orthonormalize.js";
export { multiplySymmetric, multiplyVector } from "./matrix-vector.js";
export {
  gramOfRows,
  multiply,
  multiplyLower,
  multiplyTransposed,
  symmetricProduct,
  transpose,
  type ProductOptions,
} from "./product.js";
export type { Precision } from "./kernels/product.js";
export { axpy, dot, norm, scale, type Vector } from "./vector.js";
export { gramExponent, inGramUnits, timesPowerOfTwo, unitExponent } from "./units.js";
