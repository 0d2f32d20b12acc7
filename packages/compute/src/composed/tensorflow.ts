import { util, type DataType } from "@tensorflow/tfjs";
import type { ComposedKernel } from "./kernel.js";
import { nativeKernel } from "./native.js";
import { RELU_GRAD } from "./relu-gradient.js";

interface Product {
  transposeA: boolean;
  transposeB: boolean;
}

/** A product of two matrices. TensorFlow's product of batches of matrices takes up to ten times as long for a small one. */
const matMul = nativeKernel<"a" | "b", Product>(
  "BatchMatMul",
  ({ a, b }) => a.shape.length === 2 && b.shape.length === 2 && a.dtype === "float32" && b.dtype === "float32",
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, execute }) =>
    execute("MatMul", [a, b], { transpose_a: transposeA, transpose_b: transposeB }),
);

/** One sweep over memory instead of five. */
const reluGrad = nativeKernel<"dy" | "x">(
  RELU_GRAD,
  () => true,
  ({ inputs: { dy, x }, execute }) => execute("ReluGrad", [dy, x]),
);

/** A cast to the type at hand is a second name for the same numbers. */
const cast = nativeKernel<"x", { dtype: DataType }>(
  "Cast",
  ({ x }, { dtype }) => x.dtype === dtype,
  ({ inputs: { x }, share }) => share(x),
);

/** A reshape to the shape at hand, as gradients of broadcasts make them: TensorFlow is not asked. */
const reshape = nativeKernel<"x", { shape: number[] }>(
  "Reshape",
  ({ x }, { shape }) => util.arraysEqual(x.shape, shape),
  ({ inputs: { x }, share }) => share(x),
);

/** What TensorFlow has a faster operation for, or none is needed. */
export const tensorFlowKernels: ComposedKernel[] = [matMul, reluGrad, cast, reshape];
