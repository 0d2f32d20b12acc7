/**
 * Kernels whose gradients the conformance suite of this package (`test/second-order`) has verified to second order
 * against independent references, on every backend it runs on. Names that end in `__op` are operations with a gradient
 * of their own outside the registry, fused ones above all. A test proves that each name is exercised.
 */
export const verifiedKernels: ReadonlySet<string> = new Set([
  "Abs",
  "Add",
]);
