import * as tf from "@tensorflow/tfjs-core";
import { cutOut, type Activations, type Convolution } from "../activations.js";
import type { KernelCall } from "../kernel-calls.js";
import { outerRows } from "../outer-rows.js";
import { dilated, isDilated, ratesOf } from "../../second-order/gradients/dilation.js";
import { inputOf, type Meeting, type OuterRule, type RowsRule } from "./rule.js";

function convolutionOf({ attributes }: KernelCall, filter: tf.Tensor): Convolution {
  const { strides, pad, dilations, dimRoundingMode } = attributes as unknown as Omit<
    Convolution,
    "kernel" | "dilations"
  > &
    Partial<Pick<Convolution, "dilations">>;
  const convolution: Convolution = {
    kernel: [filter.shape[0], filter.shape[1]!],
    strides,
    pad,
    dilations: dilations ?? 1,
  };
  return dimRoundingMode ? { ...convolution, dimRoundingMode } : convolution;
}

const isChannelsLast = ({ attributes }: KernelCall): boolean => (attributes["dataFormat"] ?? "NHWC") === "NHWC";

function patchesOf(images: tf.Tensor4D, convolution: Convolution, examples: number, positions: number): Activations {
  const { kernel, strides } = convolution;
  const channels = images.shape[3];
  const pointwise = kernel[0] * kernel[1] * Math.max(...[strides].flat()) === 1;
  return pointwise && images.size === examples * positions * channels
    ? { kind: "dense", positions, width: channels, tensor: tf.reshape(images, [examples, positions, channels]) }
    : {
        kind: "patches",
        positions,
        width: kernel[0] * kernel[1] * channels,
        // A separate handle, because the tape disposes what it saved.
        images: tf.clone(images),
        examples,
        convolution,
      };
}

/** A filter [h, w, in, out]: outer products of patches and signals, summed over the positions of the filter. */
export function convolutionRule({ node, call, parameter, examples }: Meeting): OuterRule | undefined {
  const images = inputOf(node, call, call.kernelName === "FusedConv2D" ? "0" : "x");
  if (images === undefined || !isChannelsLast(call)) return undefined;
  const out = parameter.shape[3]!;
  const positions = node.outputs[0]!.size / (examples * out);
  return {
    kind: "outer",
    activations: patchesOf(images as tf.Tensor4D, convolutionOf(call, parameter), examples, positions),
    major: "activation",
    signals: (dy) => tf.reshape(dy, [examples, positions, out]),
  };
}

/** A filter [h, w, out, in] of a transposed convolution: signals and inputs change places. */
export function transposedConvolutionRule({ node, call, parameter, examples }: Meeting): RowsRule | undefined {
  const inputs = inputOf(node, call, "dy");
  if (inputs === undefined || !isChannelsLast(call)) return undefined;
  const width = parameter.shape[3]!;
  const positions = inputs.size / (examples * width);
  const convolution = convolutionOf(call, parameter);
  return {
    kind: "rows",
    rows: (dy) => {
      const patches = patchesOf(dy as tf.Tensor4D, convolution, examples, positions);
      return outerRows(patches, tf.reshape(inputs, [examples, positions, width]), "activation");
    },
  };
}

/** A filter [h, w, channels, multiplier] that sees each channel alone. */
export function depthwiseRule({ node, call, parameter, examples }: Meeting): RowsRule | undefined {
  const images = inputOf(node, call, call.kernelName === "FusedDepthwiseConv2D" ? "0" : "x") as tf.Tensor4D | undefined;
  if (images === undefined || !isChannelsLast(call)) return undefined;
  const [height, width, channels, multiplier] = parameter.shape as [number, number, number, number];
  const convolution = convolutionOf(call, parameter);
  const positions = node.outputs[0]!.size / (examples * channels * multiplier);
  const shape = multiplier === 1 ? [examples, positions, channels] : [examples, positions, channels, 1];
  return {
    kind: "rows",
    rows: (dy) => {
      const signals = tf.reshape(dy, multiplier === 1 ? shape : [examples, positions, channels, multiplier]);
      const places = Array.from({ length: height * width }, (_, place) =>
        tf.tidy(() => {
          const product = tf.mul(tf.reshape(cutOut({ images, convolution }, place), shape), signals);
          return tf.reshape<tf.Rank.R2>(tf.sum(product, 1), [examples, channels * multiplier]);
        }),
      );
      return tf.concat(places, 1);
    },
  };
}

/** The signal at the images that a fused convolution reads; its registered gradient would compute the filter's as well. */
export function fusedConvolutionInputSignal(
  { node, call }: Pick<Meeting, "node" | "call">,
  dy: tf.Tensor,
): tf.Tensor | undefined {
  const filter = inputOf(node, call, "1");
  const images = (node.inputs as Record<string, tf.Tensor>)["0"]!;
  if (filter === undefined) return undefined;
  const { strides, pad, dilations, dimRoundingMode } = convolutionOf(call, filter);
  if (call.kernelName === "FusedConv2D" && isDilated(ratesOf(dilations))) {
    const whole = dilated(filter, ratesOf(dilations));
    const window = { strides, pad, dimRoundingMode, dataFormat: "NHWC", inputShape: images.shape };
    return tf.engine().runKernel(tf.Conv2DBackpropInput, { dy, filter: whole }, window as unknown as tf.NamedAttrMap);
  }
  const attributes = { strides, pad, dimRoundingMode, inputShape: images.shape };
  const [kernelName, more] =
    call.kernelName === "FusedConv2D"
      ? [tf.Conv2DBackpropInput, { dataFormat: "NHWC" }]
      : [tf.DepthwiseConv2dNativeBackpropInput, { dilations }];
  return tf.engine().runKernel(kernelName, { dy, filter }, { ...attributes, ...more } as unknown as tf.NamedAttrMap);
}
