import { composedKernel, type ComposedKernel } from "./kernel.js";
import { isDilated, stuffed, stuffedShape, unstuffed, type WindowAttributes } from "./windows.js";

type FilterAttributes = WindowAttributes & { filterShape: number[] };

/**
 * Gradients of dilated convolutions, by the filter with zeros in between: TensorFlow.js 4.22 ignores the dilation in them on
 * tensorflow and webgpu, or has no kernel for them.
 */
export const dilatedGradients: ComposedKernel[] = ["Conv2D", "DepthwiseConv2dNative"].flatMap((name) => [
  composedKernel<"dy" | "filter", WindowAttributes>(
    `${name}BackpropInput`,
    (_, attrs) => isDilated(attrs),
    ({ inputs: { dy, filter }, attrs, original }) =>
      original({ dy, filter: stuffed(filter, attrs) }, { ...attrs, dilations: [1, 1] }),
  ),
  composedKernel<"x" | "dy", FilterAttributes>(
    `${name}BackpropFilter`,
    (_, attrs) => isDilated(attrs),
    ({ inputs, attrs, original }) => {
      const filterShape = stuffedShape(attrs.filterShape, attrs);
      return unstuffed(original(inputs, { ...attrs, filterShape, dilations: [1, 1] }), attrs);
    },
  ),
]);
