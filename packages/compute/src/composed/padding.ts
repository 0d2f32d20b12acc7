import * as tf from "@tensorflow/tfjs-core";
import { composedKernel, type ComposedKernel } from "./kernel.js";
import {
  convolutionInfo,
  enlarge,
  enlargedShape,
  overhang,
  poolInfo,
  shrink,
  type WindowAttributes,
  type WindowInfo,
} from "./windows.js";

const isNumeric = ({ padInfo: { type } }: WindowInfo, { dataFormat }: WindowAttributes): boolean =>
  (type === "NUMBER" || type === "EXPLICIT") && dataFormat !== "NCHW";

const forward = (name: string, depthwise: boolean): ComposedKernel => {
  const info = ({ x, filter }: Record<"x" | "filter", tf.Tensor>, attrs: WindowAttributes): WindowInfo =>
    convolutionInfo(x.shape, filter.shape, attrs, depthwise);
  return composedKernel<"x" | "filter", WindowAttributes>(
    name,
    (inputs, attrs) => isNumeric(info(inputs, attrs), attrs),
    ({ inputs, attrs, original }) =>
      original({ ...inputs, x: enlarge(inputs.x, info(inputs, attrs)) }, { ...attrs, pad: "valid" }),
  );
};

type InputAttributes = WindowAttributes & { inputShape: number[] };
type FilterAttributes = WindowAttributes & { filterShape: number[] };

const gradients = (name: string, depthwise: boolean): ComposedKernel[] => {
  const byInput = ({ filter }: { filter: tf.Tensor }, attrs: InputAttributes): WindowInfo =>
    convolutionInfo(attrs.inputShape, filter.shape, attrs, depthwise);
  const byFilter = ({ x }: { x: tf.Tensor }, attrs: FilterAttributes): WindowInfo =>
    convolutionInfo(x.shape, attrs.filterShape, attrs, depthwise);
  return [
    composedKernel<"dy" | "filter", InputAttributes>(
      `${name}BackpropInput`,
      (inputs, attrs) => isNumeric(byInput(inputs, attrs), attrs),
      ({ inputs, attrs, original }) => {
        const info = byInput(inputs, attrs);
        const inputShape = enlargedShape(attrs.inputShape, info);
        return shrink(original(inputs, { ...attrs, pad: "valid", inputShape }), attrs.inputShape, info);
      },
    ),
    composedKernel<"x" | "dy", FilterAttributes>(
      `${name}BackpropFilter`,
      (inputs, attrs) => isNumeric(byFilter(inputs, attrs), attrs),
      ({ inputs, attrs, original }) =>
        original({ ...inputs, x: enlarge(inputs.x, byFilter(inputs, attrs)) }, { ...attrs, pad: "valid" }),
    ),
  ];
};

const pool = (
  name: string,
  run: (x: tf.Tensor4D, info: WindowInfo, valid: (x: tf.Tensor) => tf.Tensor) => tf.Tensor,
  fill: number,
) =>
  composedKernel<"x", WindowAttributes>(
    name,
    ({ x }, attrs) => isNumeric(poolInfo(x.shape, attrs), attrs),
    ({ inputs: { x }, attrs, original }) => {
      const info = poolInfo(x.shape, attrs);
      return run(enlarge(x, info, fill), info, (large) => original({ x: large }, { ...attrs, pad: "valid" }));
    },
  );

/** Smaller than all numbers; TensorFlow does not accept infinity as padding. */
const LEAST = -3.4028234663852886e38;

const maxPoolGrad = composedKernel<"dy" | "input" | "output", WindowAttributes>(
  "MaxPoolGrad",
  ({ input }, attrs) => isNumeric(poolInfo(input.shape, attrs), attrs),
  ({ inputs, attrs, original }) => {
    const info = poolInfo(inputs.input.shape, attrs);
    const large = original({ ...inputs, input: enlarge(inputs.input, info, LEAST) }, { ...attrs, pad: "valid" });
    return shrink(large, inputs.input.shape, info);
  },
);

const avgPoolGrad = composedKernel<"dy" | "input", WindowAttributes>(
  "AvgPoolGrad",
  ({ input }, attrs) => isNumeric(poolInfo(input.shape, attrs), attrs),
  ({ inputs: { dy, input }, attrs, original }) => {
    const info = poolInfo(input.shape, attrs);
    const signal = tf.mul(dy, overhang(info));
    return shrink(original({ dy: signal, input: enlarge(input, info) }, { ...attrs, pad: "valid" }), input.shape, info);
  },
);

/** Convolutions and pools with padding in numbers, of which TensorFlow for Node supports only a few: margins are added, then it is "valid". */
export const numericPadding: ComposedKernel[] = [
  forward("Conv2D", false),
  forward("FusedConv2D", false),
  forward("DepthwiseConv2dNative", true),
  forward("FusedDepthwiseConv2D", true),
  ...gradients("Conv2D", false),
  ...gradients("DepthwiseConv2dNative", true),
  pool("MaxPool", (x, _, valid) => valid(x), LEAST),
  pool("AvgPool", (x, info, valid) => tf.mul(valid(x), overhang(info)), 0),
  maxPoolGrad,
  avgPoolGrad,
];
