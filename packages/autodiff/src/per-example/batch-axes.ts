import type * as tf from "@tensorflow/tfjs-core";
import type { KernelCall } from "./kernel-calls.js";

/*
 * Examples stay apart as long as every tensor lists them one after the other in memory, and every operation treats the
 * axes that number them pointwise. That holds for [n, H, W, C], for [n·H·W, C] and for the [1, 1, n, C] that the batch
 * normalisation of a matrix works on.
 */

/**
 * The number of leading axes that number the examples: the fewest whose sizes multiply to a multiple of n, at least one.
 *
 * @returns Undefined if the shape cannot hold n examples.
 */
export function batchAxes(shape: readonly number[], examples: number): number | undefined {
  let rows = 1;
  for (const [axis, size] of shape.entries()) {
    rows *= size;
    if (rows % examples === 0) return axis + 1;
  }
  return undefined;
}

/** What a kernel does to its leading axes. */
type Pointwise = (facts: {
  attributes: KernelCall["attributes"];
  inputs: readonly (readonly [key: string, tensor: tf.Tensor])[];
  output: tf.Tensor;
  isBatch: (key: string) => boolean;
}) => number;

const everyAxis: Pointwise = ({ output }) => output.rank;
const allButLast: Pointwise = ({ inputs }) => inputs[0]![1].rank - 1;
const theFirst: Pointwise = () => 1;

const alongAxes =
  (name: string): Pointwise =>
  ({ attributes, inputs }) => {
    const { rank } = inputs[0]![1];
    const named = attributes[name] as number | number[] | null | undefined;
    const axes = named == null ? [0] : [named].flat();
    return Math.min(rank, ...axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  };

/** Counts leading axes for which `untouched` holds. */
const leading = (rank: number, untouched: (axis: number) => boolean): number => {
  let axis = 0;
  while (axis < rank && untouched(axis)) axis++;
  return axis;
};

const padded: Pointwise = ({ attributes, inputs }) => {
  const paddings = attributes["paddings"] as [number, number][];
  return leading(inputs[0]![1].rank, (axis) => paddings[axis]![0] === 0 && paddings[axis]![1] === 0);
};

const multiplied: Pointwise = ({ attributes, inputs, isBatch }) => {
  const [[aKey, a], [bKey, b]] = inputs as [[string, tf.Tensor], [string, tf.Tensor]];
  if (isBatch(aKey) && !isBatch(bKey)) return attributes["transposeA"] === true ? a.rank - 2 : a.rank - 1;
  return (isBatch(aKey) ? Math.min(a.rank, b.rank) : b.rank) - 2;
};

/** Kernels that combine tensors entry by entry, with broadcasting. */
export const broadcastingKernels: ReadonlySet<string> = new Set(
  (
    "Add AddN Atan2 FloorDiv FusedBatchNorm Maximum Minimum Mod Multiply Pow Prelu RealDiv Select SquaredDifference Sub " +
    "Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr NotEqual"
  ).split(" "),
);

/** Kernels that keep the order of the entries in memory, whatever the shape. */
export const reshapingKernels: ReadonlySet<string> = new Set(["ExpandDims", "Reshape"]);

const unary =
  "Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil ClipByValue Cos Cosh Elu Erf Exp Expm1 Floor Identity LeakyRelu Log Log1p " +
  "Neg OnesLike Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Sqrt Square Step Tan Tanh ZerosLike";
const firstAxisOnly =
  "AvgPool AvgPool3D Conv2D Conv2DBackpropInput Conv3D DepthToSpace DepthwiseConv2dNative Dilation2D FusedConv2D " +
  "FusedDepthwiseConv2D LRN MaxPool MaxPool3D ResizeBilinear ResizeNearestNeighbor";

/** How many leading axes each kernel treats pointwise; other kernels are not known to keep examples apart. */
const pointwiseAxes: ReadonlyMap<string, Pointwise> = new Map<string, Pointwise>([
  ...unary.split(" ").map((name) => [name, everyAxis] as const),
  ...[...broadcastingKernels].map((name) => [name, everyAxis] as const),
  ...firstAxisOnly.split(" ").map((name) => [name, theFirst] as const),
  ...["BatchMatMul", "_FusedMatMul"].map((name) => [name, multiplied] as const),
  ...["Mean", "Min", "Prod", "Sum", "Cumsum", "Concat", "SplitV", "Pack", "Unpack", "GatherV2"].map(
    (name) => [name, alongAxes("axis")] as const,
  ),
  ["Max", alongAxes("reductionIndices")],
  ["Reverse", alongAxes("dims")],
  ["Softmax", allButLast],
  ["logSoftmax__op", allButLast],
  ["PadV2", padded],
  ["MirrorPad", padded],
  [
    "Transpose",
    ({ attributes, inputs }) => leading(inputs[0]![1].rank, (axis) => (attributes["perm"] as number[])[axis] === axis),
  ],
  [
    "Tile",
    ({ attributes, inputs }) => leading(inputs[0]![1].rank, (axis) => (attributes["reps"] as number[])[axis] === 1),
  ],
  ["Slice", ({ inputs, output }) => leading(output.rank, (axis) => output.shape[axis] === inputs[0]![1].shape[axis])],
]);

/**
 * @returns How many leading axes the kernel treats pointwise; undefined if that is not known.
 */
export function pointwiseAxesOf(
  call: KernelCall,
  facts: Omit<Parameters<Pointwise>[0], "attributes">,
): number | undefined {
  return pointwiseAxes.get(call.kernelName)?.({ ...facts, attributes: call.attributes });
}
