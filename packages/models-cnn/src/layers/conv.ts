import * as tf from "@tensorflow/tfjs-core";
import { integer, ModelsError, oneOf, showShape } from "../errors.js";
import { kernelDeviation } from "../initial.js";
import type { Layer, NamedSpec } from "./layer.js";
import type { ConvSpec } from "./spec.js";

/** 2-D convolution as one Conv2D and, with a bias, one Add. */
export function conv(spec: NamedSpec<ConvSpec>, inputShape: number[]): Layer {
  const { name } = spec;
  const where = `conv ${name}`;
  const filters = integer(where, "filters", spec.filters);
  const size = integer(where, "size", spec.size);
  const stride = integer(where, "stride", spec.stride ?? 1);
  const padding = oneOf(where, "padding", spec.padding ?? "same", ["same", "valid", "symmetric"]);
  const [height, width, channels] = mapShape(where, inputShape);
  if (padding === "symmetric" && size % 2 === 0)
    throw new ModelsError("OPTION", `${where}: expected an odd size with padding "symmetric", got ${size}`);
  const margin = padding === "symmetric" && stride > 1 ? (size - 1) / 2 : 0;
  const same = padding === "same" || (padding === "symmetric" && stride === 1);
  const extent = (n: number): number =>
    same ? Math.ceil(n / stride) : Math.floor((n + 2 * margin - size) / stride) + 1;
  const outputShape = [extent(height), extent(width), filters];
  if (outputShape.some((n) => n < 1))
    throw new ModelsError(
      "SHAPE",
      `${where}: expected a map of at least ${size}×${size}, got ${showShape(inputShape)}`,
    );
  const none: [number, number] = [0, 0];
  const around: [number, number] = [margin, margin];
  const kernel = `${name}.kernel`;
  const bias = spec.bias === false ? undefined : `${name}.bias`;
  const deviation = kernelDeviation(
    spec.init ?? "he",
    size * size * channels,
    size * size * filters,
    spec.initScale ?? 1,
  );
  return {
    name,
    kind: "conv",
    inputShape,
    outputShape,
    parameters: [
      { name: kernel, shape: [size, size, channels, filters], mean: 0, standardDeviation: deviation },
      ...(bias ? [{ name: bias, shape: [filters], mean: 0, standardDeviation: 0 }] : []),
    ],
    buffers: {},
    inner: [],
    apply(x, context) {
      const map = x as tf.Tensor4D;
      const y = tf.conv2d(
        margin > 0 ? tf.pad4d(map, [none, around, around, none]) : map,
        context.parameter(kernel) as tf.Tensor4D,
        stride,
        same ? "same" : "valid",
      );
      return bias ? tf.add(y, context.parameter(bias)) : y;
    },
  };
}

/** `[height, width, channels]`, or a `SHAPE` error. */
export function mapShape(where: string, shape: number[]): [number, number, number] {
  if (shape.length !== 3)
    throw new ModelsError(
      "SHAPE",
      `${where}: expected an input of shape height×width×channels, got ${showShape(shape)}`,
    );
  return shape as [number, number, number];
}
