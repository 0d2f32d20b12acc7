import * as tf from "@tensorflow/tfjs-core";
import { composedKernel, type ComposedKernel } from "./kernel.js";
import { overhang, poolInfo, type WindowAttributes } from "./windows.js";

/** Buffers that a shader may use unless the device was created with more: all inputs and the output. */
const BUFFERS = 8;

/** The sum of more tensors than a shader can take; without this the result is zeros. */
const addN = composedKernel<string>(
  "AddN",
  (inputs) => Object.keys(inputs).length >= BUFFERS,
  ({ inputs }) => {
    let terms = Object.values(inputs);
    while (terms.length > 1)
      terms = Array.from({ length: Math.ceil(terms.length / (BUFFERS - 1)) }, (_, i) =>
        tf.addN(terms.slice(i * (BUFFERS - 1), (i + 1) * (BUFFERS - 1))),
      );
    return terms[0]!;
  },
);

interface Reduction {
  axis: number | number[];
  keepDims?: boolean;
}

/** Reductions of tensors with more axes than a shader supports: axes of size one are dropped, neighbours that are reduced together are joined. */
const reductions = ["Sum", "Mean", "Max", "Min"].map((name) =>
  composedKernel<"x", Reduction>(
    name,
    ({ x }) => x.rank > 6,
    ({ inputs: { x }, attrs, original }) => {
      const summed = new Set(tf.util.parseAxisParam(attrs.axis, x.shape));
      const joined: { size: number; summed: boolean }[] = [];
      x.shape.forEach((size, axis) => {
        if (size === 1) return;
        const last = joined.at(-1);
        if (last?.summed === summed.has(axis)) last.size *= size;
        else joined.push({ size, summed: summed.has(axis) });
      });
      const axis = joined.flatMap((each, index) => (each.summed ? [index] : []));
      const flat = tf.reshape(
        x,
        joined.map(({ size }) => size),
      );
      const result = axis.length === 0 ? flat : original({ x: flat }, { axis, keepDims: false });
      const shape = attrs.keepDims
        ? x.shape.map((size, index) => (summed.has(index) ? 1 : size))
        : x.shape.filter((_, index) => !summed.has(index));
      return tf.reshape(result, shape);
    },
  ),
);

/** The kernel divides by the whole window even where it extends over the border, the forward pass by the part inside. */
const avgPoolGrad = composedKernel<"dy" | "input", WindowAttributes>(
  "AvgPoolGrad",
  ({ input }, attrs) => poolInfo(input.shape, attrs).padInfo.type !== "VALID",
  ({ inputs: { dy, input }, attrs, original }) =>
    original({ dy: tf.mul(dy, overhang(poolInfo(input.shape, attrs))), input }, attrs),
);

interface Product {
  transposeA: boolean;
  transposeB: boolean;
}

/** Products whose factors are both broadcast along batch axes; the kernel takes one such factor. */
const batchMatMul = composedKernel<"a" | "b", Product>(
  "BatchMatMul",
  ({ a, b }) => a.rank > 3 && a.shape.some((size, axis) => axis < a.rank - 2 && size !== b.shape[axis]),
  ({ inputs: { a, b }, attrs, original }) => {
    const batch = a.shape.slice(0, -2).map((size, axis) => Math.max(size, b.shape[axis]!));
    const whole = (x: tf.Tensor): tf.Tensor => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
    return original({ a: whole(a), b: whole(b) }, attrs);
  },
);

/** Kernels that the webgpu backend of TensorFlow.js 4.22 computes wrongly, without an error, or lacks. */
export const webgpuKernels: ComposedKernel[] = [addN, ...reductions, avgPoolGrad, batchMatMul];
