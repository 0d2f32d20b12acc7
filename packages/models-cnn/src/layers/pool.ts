import * as tf from "@tensorflow/tfjs-core";
import { integer, ModelsError, oneOf, showShape } from "../errors.js";
import { mapShape } from "./conv.js";
import type { Layer, NamedSpec } from "./layer.js";
import type { GlobalAveragePoolSpec, PoolSpec, SubsampleSpec } from "./spec.js";

const bare = { parameters: [], buffers: {}, inner: [] };

/** Average or maximum over windows without padding. */
export function pool(spec: NamedSpec<PoolSpec>, inputShape: number[]): Layer {
  const { name } = spec;
  const kind = oneOf(name, "kind", spec.kind, ["average", "max"]);
  const size = integer(name, "size", spec.size ?? 2);
  const stride = integer(name, "stride", spec.stride ?? size);
  const oddSizes = oneOf(name, "oddSizes", spec.oddSizes ?? "refuse", ["refuse", "drop"]);
  const [height, width, channels] = mapShape(name, inputShape);
  const extent = (n: number): number => Math.floor((n - size) / stride) + 1;
  if (height < size || width < size)
    throw new ModelsError("SHAPE", `${name}: expected a map of at least ${size}×${size}, got ${showShape(inputShape)}`);
  if (oddSizes === "refuse" && ((height - size) % stride !== 0 || (width - size) % stride !== 0))
    throw new ModelsError(
      "SHAPE",
      `${name}: expected height and width that windows of ${size} at stride ${stride} cover exactly, ` +
        `got ${showShape(inputShape)}; oddSizes: "drop" leaves out the last rows and columns`,
    );
  const operation = kind === "average" ? tf.avgPool : tf.maxPool;
  return {
    ...bare,
    name,
    kind: "pool",
    inputShape,
    outputShape: [extent(height), extent(width), channels],
    apply: (x) => operation(x as tf.Tensor4D, size, stride, "valid"),
  };
}

/** Mean over height and width. */
export function globalAveragePool({ name }: NamedSpec<GlobalAveragePoolSpec>, inputShape: number[]): Layer {
  const [, , channels] = mapShape(name, inputShape);
  return {
    ...bare,
    name,
    kind: "global-average-pool",
    inputShape,
    outputShape: [channels],
    apply: (x) => tf.mean(x, [1, 2]),
  };
}

/** Every stride-th pixel, zeros in the new channels: one convolution with the constant kernel [I 0]. */
export function subsample(spec: NamedSpec<SubsampleSpec>, inputShape: number[]): Layer {
  const { name } = spec;
  const stride = integer(name, "stride", spec.stride);
  const [height, width, channels] = mapShape(name, inputShape);
  const filters = integer(name, "filters", spec.filters, channels);
  const kernel = new Float32Array(channels * filters);
  for (let c = 0; c < channels; c++) kernel[c * filters + c] = 1;
  return {
    ...bare,
    name,
    kind: "subsample",
    inputShape,
    outputShape: [Math.ceil(height / stride), Math.ceil(width / stride), filters],
    apply: (x) => tf.conv2d(x as tf.Tensor4D, tf.tensor4d(kernel, [1, 1, channels, filters]), stride, "valid"),
  };
}
