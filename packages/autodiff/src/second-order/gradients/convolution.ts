import * as tf from "@tensorflow/tfjs-core";
import { dilated, dilatedShape, isDilated, ratesOf, undilated } from "./dilation.js";

/** Attributes of the convolution kernels and of their derivatives. */
interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dataFormat: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** With `dilations`, which the derivatives of TensorFlow.js do not have. */
type DilatedAttributes = Pick<ConvolutionAttributes, "strides" | "pad"> &
  Partial<Pick<ConvolutionAttributes, "dataFormat">> & { dilations?: [number, number] | number };

/**
 * Gradients of convolutions, also of dilated ones, which TensorFlow.js refuses: there they are those of the convolution with the filter
 * that has zeros between its entries, in operations that can be differentiated again.
 */
export const convolutionsOfAnyDilation: readonly tf.GradConfig[] = [
  gradientOfAnyDilation(tf.Conv2D, tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter),
  gradientOfAnyDilation(
    tf.DepthwiseConv2dNative,
    tf.DepthwiseConv2dNativeBackpropInput,
    tf.DepthwiseConv2dNativeBackpropFilter,
    { dilations: [1, 1] },
  ),
];

function gradientOfAnyDilation(
  kernelName: string,
  backpropInput: string,
  backpropFilter: string,
  undilatedAttributes: object = {},
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["x", "filter"],
    gradFunc: (dy, [x, filter], attributes) => {
      const { strides, pad, dataFormat, dilations } = attributes as unknown as DilatedAttributes;
      const window = { strides, pad, ...(dataFormat === undefined ? {} : { dataFormat }), ...undilatedAttributes };
      const rates = ratesOf(dilations);
      const plain = !isDilated(rates);
      const signal = dy as tf.Tensor;
      return {
        x: () => {
          const whole = plain ? filter! : dilated(filter!, rates);
          return run(backpropInput, { dy: signal, filter: whole }, { ...window, inputShape: x!.shape });
        },
        filter: () => {
          const filterShape = plain ? filter!.shape : dilatedShape(filter!.shape, rates);
          const whole = run(backpropFilter, { x: x!, dy: signal }, { ...window, filterShape });
          return plain ? whole : undilated(whole, rates);
        },
      };
    },
  };
}

interface DepthwiseAttributes extends Omit<ConvolutionAttributes, "dataFormat"> {
  dilations: [number, number] | number;
}

/**
 * Second derivatives of convolutions, absent from TensorFlow.js. A convolution y = x ∗ w is bilinear, and so are
 * dw = BackpropFilter(x, dy) and dx = BackpropInput(dy, w): the form ⟨dy, x ∗ w⟩ has three arguments, and each of the
 * three kernels is its derivative with respect to one of them.
 */
export const convolutionGradients: readonly tf.GradConfig[] = [
  ...convolutionsOfAnyDilation,
  {
    kernelName: tf.Conv2DBackpropFilter,
    inputsToSave: ["x", "dy"],
    gradFunc: (w, [x, dy], attributes) => {
      const { strides, pad, dataFormat, dimRoundingMode } = attributes as unknown as ConvolutionAttributes;
      return {
        x: () =>
          run(
            tf.Conv2DBackpropInput,
            { dy: dy!, filter: w as tf.Tensor },
            { strides, pad, dataFormat, dimRoundingMode, inputShape: x!.shape },
          ),
        dy: () => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, dataFormat, 1, dimRoundingMode),
      };
    },
  },
  {
    kernelName: tf.DepthwiseConv2dNativeBackpropFilter,
    inputsToSave: ["x", "dy"],
    gradFunc: (w, [x, dy], attributes) => {
      const { strides, pad, dilations, dimRoundingMode } = attributes as unknown as DepthwiseAttributes;
      return {
        x: () =>
          run(
            tf.DepthwiseConv2dNativeBackpropInput,
            { dy: dy!, filter: w as tf.Tensor },
            { strides, pad, dilations, dimRoundingMode, inputShape: x!.shape },
          ),
        dy: () => depthwise(x!, w as tf.Tensor, attributes as unknown as DepthwiseAttributes),
      };
    },
  },
  {
    kernelName: tf.DepthwiseConv2dNativeBackpropInput,
    inputsToSave: ["dy", "filter"],
    gradFunc: (x, [dy, filter], attributes) => {
      const { strides, pad, dilations, dimRoundingMode } = attributes as unknown as DepthwiseAttributes;
      return {
        dy: () => depthwise(x as tf.Tensor, filter!, attributes as unknown as DepthwiseAttributes),
        filter: () =>
          run(
            tf.DepthwiseConv2dNativeBackpropFilter,
            { x: x as tf.Tensor, dy: dy! },
            { strides, pad, dilations, dimRoundingMode, filterShape: filter!.shape },
          ),
      };
    },
  },
];

const depthwise = (
  x: tf.Tensor,
  filter: tf.Tensor,
  { strides, pad, dilations, dimRoundingMode }: DepthwiseAttributes,
): tf.Tensor =>
  tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, "NHWC", dilations, dimRoundingMode);

const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
