import { util, type DataType } from "@tensorflow/tfjs";
import type { ComposedKernel } from "./kernel.js";
import { nativeKernel } from "./native.js";
import { RELU_GRAD } from "./relu-gradient.js";

/** One sweep over memory instead of five. */
const reluGrad = nativeKernel<"dy" | "x">(
  RELU_GRAD,
  () => true,
  ({ inputs: { dy, x }, execute }) => execute("ReluGrad", [dy, x]),
);

/** A cast to the type at hand is a second name for the same numbers. */
const cast = nativeKernel<"x", { dtype: DataType }>(
  "Cast",
  ({ inputs: { x }, attrs: { dtype } }) => x.dtype === dtype,
  ({ inputs: { x }, share }) => share(x),
);

/** A reshape to the shape at hand, as gradients of broadcasts make them: TensorFlow is not asked. */
const reshape = nativeKernel<"x", { shape: number[] }>(
  "Reshape",
  ({ inputs: { x }, attrs: { shape } }) => util.arraysEqual(x.shape, shape),
  ({ inputs: { x }, share }) => share(x),
);

/** What TensorFlow has a faster operation for, or none is needed. */
export const tensorFlowKernels: ComposedKernel[] = [reluGrad, cast, reshape];
