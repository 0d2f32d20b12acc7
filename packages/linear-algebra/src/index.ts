export { largestEigenpair, type LargestEigenpair } from "./eigen/lanczos.js";
export { symmetricEigen, symmetricEigenvalues, symmetricFunction, type SymmetricEigen } from "./eigen/symmetric.js";
export { tridiagonalEigen, type TridiagonalEigen } from "./eigen/tridiagonal.js";
export { LinearAlgebraError, type LinearAlgebraErrorCode } from "./errors.js";
export { orthonormalizeRows, projectOut, type OrthonormalRows } from "./orthonormalize.js";
export { multiplySymmetric, multiplyVector } from "./matrix-vector.js";
export { gramOfRows, multiply, multiplyTransposed, symmetricProduct, transpose } from "./product.js";
export { axpy, dot, norm, scale, type Vector } from "./vector.js";
