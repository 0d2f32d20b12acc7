import type * as tf from "@tensorflow/tfjs-core";
import { assertParams } from "../products/named-tensors.js";
import { whereOf } from "../second-order/labels.js";
import { constantInputs, piecewiseConstantKernels } from "../second-order/piecewise-constant.js";
import type { TapeNode } from "../second-order/tape.js";
import { assertGradientsRegistered } from "../second-order/install.js";
import type { GramModel } from "./gram.js";
import type { KernelCall } from "./kernel-calls.js";
import { inputsOf } from "./origins.js";
import { recordOf } from "./replay.js";
import { slicesOf, type Inputs } from "./slices.js";
import { tidied } from "./tidied.js";

/** Whether outputs are piecewise linear in each parameter; if that cannot be seen, the operation that is in the way. */
export type PiecewiseLinearity = { holds: true } | { holds: false; because: string };

/** The parameters that a tensor depends on: piecewise linearly, or why that is not known. */
type Dependence = ReadonlyMap<string, "linear" | { because: string }>;

/**
 * Whether the outputs are piecewise linear in each parameter tensor while the others are fixed, as it shows in the operations: layers
 * that are linear in their parameters (dense, convolution, bias, normalisation with fixed statistics), joined by ReLUs, pools, sums, and
 * products of values that depend on different parameters.
 *
 * Then ∂²f/∂θ² vanishes for every entry θ where it exists, so that H has the diagonal of G, and the same block as G within each
 * parameter tensor, whatever the residuals: Tr H = Tr G. A parameter that is used twice on one way to the outputs (a recurrent weight,
 * tied weights that follow each other) breaks this, and is found. Derived here. Sufficient: where it does not hold, the traces may still agree.
 *
 * Cost: one forward pass over two examples.
 *
 * @throws AutodiffError `NOT_A_FUNCTION_OF_PARAMS`, `INVALID_ARGUMENT`.
 */
export function piecewiseLinearInParameters(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
): PiecewiseLinearity {
  const caller = "piecewiseLinearInParameters";
  assertGradientsRegistered();
  assertParams(params, caller);
  const slices = slicesOf(inputs, model.inputShape, caller);
  return tidied(() => {
    const x = slices.slice(0, Math.min(2, slices.examples));
    const { recording, calls, origins } = recordOf(model, params, x, caller);
    try {
      const known = new Map<number, Dependence>();
      for (const [name, handles] of origins.leaves)
        for (const { id } of handles) known.set(id, new Map([[name, "linear"]]));
      for (const node of recording.nodes) {
        const dependence = through(node, calls.get(node), known);
        if (dependence.size > 0) for (const { id } of node.outputs) known.set(id, dependence);
      }
      for (const way of known.get(recording.result.value.id)?.values() ?? [])
        if (way !== "linear") return { holds: false as const, because: way.because };
      return { holds: true as const };
    } finally {
      recording.dispose();
    }
  });
}

/** Kernels that are piecewise linear in all their inputs together. */
const linear: ReadonlySet<string> = new Set(
  (
    "Add AddN Sub Neg Identity Cast Reshape ExpandDims Transpose Reverse Concat Pack Unpack SplitV Slice StridedSlice PadV2 MirrorPad " +
    "Tile GatherV2 Sum Mean Cumsum AvgPool AvgPool3D UnsortedSegmentSum BatchToSpaceND SpaceToBatchND DepthToSpace " +
    "ResizeBilinear ResizeNearestNeighbor Select Relu Relu6 LeakyRelu Abs ClipByValue Max Min Maximum Minimum MaxPool MaxPool3D"
  ).split(" "),
);

/** Kernels that are a product of two of their inputs, with further ones added, and the rest constant. */
const products: ReadonlyMap<string, { factors: [readonly string[], readonly string[]]; added?: readonly string[] }> =
  new Map([
    ["Multiply", { factors: [["a"], ["b"]] }],
    ["RealDiv", { factors: [["a"], []] }],
    ["BatchMatMul", { factors: [["a"], ["b"]] }],
    ["_FusedMatMul", { factors: [["0"], ["1"]], added: ["2"] }],
    ["Conv2D", { factors: [["x"], ["filter"]] }],
    ["Conv3D", { factors: [["x"], ["filter"]] }],
    ["Conv2DBackpropInput", { factors: [["dy"], ["filter"]] }],
    ["DepthwiseConv2dNative", { factors: [["x"], ["filter"]] }],
    ["FusedConv2D", { factors: [["0"], ["1"]], added: ["2"] }],
    ["FusedDepthwiseConv2D", { factors: [["0"], ["1"]], added: ["2"] }],
    ["Prelu", { factors: [["x"], ["alpha"]] }],
    ["FusedBatchNorm", { factors: [["x", "mean"], ["scale"]], added: ["offset"] }],
  ]);

const piecewiseLinearActivations: ReadonlySet<unknown> = new Set([undefined, "linear", "relu", "relu6", "leakyrelu"]);

/** How the outputs of a node depend on the parameters, from how its inputs do. */
function through(node: TapeNode, call: KernelCall | undefined, known: ReadonlyMap<number, Dependence>): Dependence {
  const kernelName = call?.kernelName ?? node.kernelName;
  if (piecewiseConstantKernels.has(kernelName)) return new Map();
  const constant = constantInputs.get(kernelName);
  const dependences = new Map(
    inputsOf(node).flatMap(([key, { id }]): [string, Dependence][] => {
      const dependence = constant?.has(key) === true ? undefined : known.get(id);
      return dependence === undefined ? [] : [[key, dependence]];
    }),
  );
  if (dependences.size === 0) return new Map();
  const of = (keys: readonly string[]): Dependence => joined(keys.flatMap((key) => dependences.get(key) ?? []));
  const all = [...dependences.keys()];
  if (!piecewiseLinearActivations.has(call?.attributes["activation"]))
    return broken(of(all), `${kernelName}${whereOf(node)} has an activation that is not piecewise linear`);
  if (linear.has(kernelName)) return of(all);
  const product = products.get(kernelName);
  if (product === undefined) return broken(of(all), `${kernelName}${whereOf(node)} is not piecewise linear`);
  const [left, right] = product.factors;
  const added = product.added ?? [];
  const rest = all.filter((key) => !left.includes(key) && !right.includes(key) && !added.includes(key));
  const [a, b] = [of(left), of(right)];
  const shared = new Map([...a].filter(([name]) => b.has(name)));
  return joined([
    broken(of(rest), `${kernelName}${whereOf(node)} is not piecewise linear in ${rest.join(" and ")}`),
    broken(
      shared,
      `${kernelName}${whereOf(node)} multiplies two values that both depend on ${[...shared.keys()].join(", ")}`,
    ),
    a,
    b,
    of(added),
  ]);
}

const broken = (dependence: Dependence, because: string): Dependence =>
  new Map([...dependence].map(([name, way]) => [name, way === "linear" ? { because } : way]));

/** A sum: what is not linear in one part is not in the whole. */
function joined(parts: readonly Dependence[]): Dependence {
  const all = new Map<string, "linear" | { because: string }>();
  for (const part of parts)
    for (const [name, way] of part) {
      const sofar = all.get(name);
      if (sofar === undefined || sofar === "linear") all.set(name, way);
    }
  return all;
}
