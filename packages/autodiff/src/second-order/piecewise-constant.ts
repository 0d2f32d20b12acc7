/**
 * Kernels whose derivative is zero wherever there is one. No path leads through them, so nothing is computed for them;
 * for `tf.grad(tf.grad(f))` they have gradients of zeros (see `gradients/comparisons.ts`).
 */
export const piecewiseConstantKernels: ReadonlySet<string> = new Set([
  "All",
  "Any",
  "ArgMax",
  "ArgMin",
  "Ceil",
  "Equal",
  "Floor",
  "Greater",
  "GreaterEqual",
  "IsFinite",
  "IsInf",
  "IsNan",
  "Less",
  "LessEqual",
  "LogicalAnd",
  "LogicalNot",
  "LogicalOr",
  "NotEqual",
  "OneHot",
  "OnesLike",
  "Round",
  "Sign",
  "Step",
  "ZerosLike",
]);

/** Inputs on which a kernel depends piecewise constantly, or of which it reads the shape only. */
export const constantInputs: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["AvgPoolGrad", new Set(["input"])],
  ["GatherV2", new Set(["indices"])],
  ["MaxPoolGrad", new Set(["input", "output"])],
  ["ReluGrad", new Set(["x"])],
  ["Select", new Set(["condition"])],
  ["UnsortedSegmentSum", new Set(["segmentIds"])],
]);
