import type * as tfjs from "@tensorflow/tfjs-core";
import type { BackendCase } from "../case.js";
import { conv2d, depthwiseConv2d, matMul, pool } from "../reference.js";

/** Products, convolutions and pools. */
export const contractions = (): BackendCase[] => [
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].flatMap(([ta, tb]): BackendCase[] =>
    [[], [3]].map((batch) => ({
      name: `matMul${ta ? ", left transposed" : ""}${tb ? ", right transposed" : ""}${batch.length > 0 ? ", batched" : ""}`,
      shapes: [
        [...batch, ...(ta ? [5, 4] : [4, 5])],
        [...batch, ...(tb ? [6, 5] : [5, 6])],
      ],
      operation: (tf, a, b) => tf.matMul(a, b, ta, tb),
      reference: (a, b) => matMul(ta, tb)(a, b),
    })),
  ),
  ...[
    { size: [3, 3], stride: 1, padding: "same" },
    { size: [3, 3], stride: 1, padding: "valid" },
    { size: [3, 3], stride: 2, padding: "same" },
    { size: [3, 2], stride: 2, padding: "valid" },
    { size: [1, 1], stride: 1, padding: "same" },
    { size: [1, 1], stride: 2, padding: "valid" },
    { size: [5, 5], stride: 1, padding: "same" },
  ].map(({ size, stride, padding }): BackendCase => ({
    name: `conv2d ${size.join("×")}, stride ${stride}, ${padding}`,
    shapes: [
      [2, 7, 6, 3],
      [...size, 3, 4],
    ],
    operation: (tf, x, k) => tf.conv2d(x as tfjs.Tensor4D, k as tfjs.Tensor4D, stride, padding as "same"),
    reference: (x, k) => conv2d(stride, padding as "same")(x, k),
  })),
  ...[1, 2].map((stride): BackendCase => ({
    name: `depthwiseConv2d, stride ${stride}`,
    shapes: [
      [2, 6, 5, 3],
      [3, 3, 3, 2],
    ],
    operation: (tf, x, k) => tf.depthwiseConv2d(x as tfjs.Tensor4D, k as tfjs.Tensor4D, stride, "same"),
    reference: (x, k) => depthwiseConv2d(stride, "same")(x, k),
  })),
  ...(["average", "max"] as const).flatMap((kind) =>
    [
      [2, 2, "valid"],
      [3, 2, "same"],
      [2, 1, "valid"],
    ].map(([size, stride, padding]): BackendCase => ({
      name: `${kind} pool ${size!}×${size!}, stride ${stride!}, ${padding!}`,
      shapes: [[2, 6, 7, 3]],
      operation: (tf, x) =>
        (kind === "max" ? tf.maxPool : tf.avgPool)(x as tfjs.Tensor4D, size as 2, stride as 2, padding as "same"),
      reference: (x) => pool(kind, size as 2, stride as 2, padding as "same")(x),
    })),
  ),
  {
    name: "einsum bij,bkj->bik",
    gradient: false,
    shapes: [
      [2, 3, 4],
      [2, 5, 4],
    ],
    operation: (tf, a, b) => tf.einsum("bij,bkj->bik", a, b),
    reference: (a, b) => matMul(false, true)(a, b),
  },
];
