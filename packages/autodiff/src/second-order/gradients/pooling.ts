import * as tf from "@tensorflow/tfjs-core";

/** Attributes of the pooling kernels and of their derivatives. */
interface PoolingAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/**
 * Second derivatives of pooling, absent from TensorFlow.js. Pooling backwards is linear in `dy`; its transpose is average
 * pooling again, and for the maximum a look-up at the places that the kernel itself selects.
 */
export const poolingGradients: readonly tf.GradConfig[] = [
  {
    kernelName: tf.AvgPoolGrad,
    inputsToSave: ["input"],
    gradFunc: (ddx, [input], attributes) => {
      const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as PoolingAttributes;
      return {
        dy: () => tf.avgPool(ddx as tf.Tensor4D, filterSize, strides, pad, dimRoundingMode),
        input: () => tf.zeros(input!.shape),
      };
    },
  },
  {
    kernelName: tf.MaxPoolGrad,
    inputsToSave: ["input", "output"],
    gradFunc: (ddx, [input, output], attributes) => ({
      dy: () => atMaxima(ddx as tf.Tensor4D, input as tf.Tensor4D, output!, attributes as unknown as PoolingAttributes),
      input: () => tf.zeros(input!.shape),
      output: () => tf.zeros(output!.shape),
    }),
  },
];

/**
 * Values of `ddx` at the place in each window where the maximum was taken.
 *
 * `MaxPoolGrad` of ones marks the places, and the sum of the marked values over a window is the value wanted as long as
 * windows do not overlap. Overlapping ones are dealt with in phases: every so many windows along each axis, few enough
 * not to overlap. Ties go the way of the backend's own kernel, so the map is the exact transpose of the gradient.
 */
function atMaxima(
  ddx: tf.Tensor4D,
  input: tf.Tensor4D,
  output: tf.Tensor,
  { filterSize, strides, pad, dimRoundingMode }: PoolingAttributes,
): tf.Tensor {
  const info = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { outHeight, outWidth } = info;
  const rowPhases = Math.ceil(info.filterHeight / info.strideHeight);
  const columnPhases = Math.ceil(info.filterWidth / info.strideWidth);
  const rows = counts(outHeight, info.strideHeight, info.filterHeight, info.padInfo.top, info.inHeight);
  const columns = counts(outWidth, info.strideWidth, info.filterWidth, info.padInfo.left, info.inWidth);
  let sum: tf.Tensor | undefined;
  for (let phase = 0; phase < rowPhases * columnPhases; phase++) {
    const row = Math.floor(phase / columnPhases);
    const column = phase % columnPhases;
    const inPhase = (i: number, j: number): boolean => i % rowPhases === row && j % columnPhases === column;
    const grid = (value: (i: number, j: number) => number): tf.Tensor =>
      tf.tensor4d(
        Float32Array.from({ length: outHeight * outWidth }, (_, at) => {
          const i = Math.floor(at / outWidth);
          const j = at % outWidth;
          return inPhase(i, j) ? value(i, j) : 0;
        }),
        [1, outHeight, outWidth, 1],
      );
    const selected = tf.mul(
      tf.ones(output.shape),
      grid(() => 1),
    );
    const marks = tf
      .engine()
      .runKernel<tf.Tensor>(
        tf.MaxPoolGrad,
        { dy: selected, input, output },
        { filterSize, strides, pad, dimRoundingMode } as unknown as tf.NamedAttrMap,
      );
    const average = tf.avgPool(tf.mul<tf.Tensor4D>(ddx, marks), filterSize, strides, pad, dimRoundingMode);
    const found = tf.mul(
      average,
      grid((i, j) => rows[i]! * columns[j]!),
    );
    sum = sum === undefined ? found : tf.add(sum, found);
  }
  return sum!;
}

/** How many cells of each window lie inside the input: what an average over the window divides by. */
function counts(windows: number, stride: number, size: number, before: number, length: number): number[] {
  return Array.from({ length: windows }, (_, at) => {
    const start = at * stride - before;
    return Math.min(start + size, length) - Math.max(start, 0);
  });
}
