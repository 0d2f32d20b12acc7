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
    kernelName: tf.AvgPool,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => ({
      x: () => averageBackwards(dy as tf.Tensor4D, x as tf.Tensor4D, attributes as unknown as PoolingAttributes),
    }),
  },
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
 * Gradient of average pooling. Near the border an average is taken over the cells inside the input only, which the cpu
 * kernel of TensorFlow.js 4.22 ignores in the backward pass (it divides by the whole window); so padded windows are reduced to
 * windows on a padded input, on which all backends agree.
 */
function averageBackwards(dy: tf.Tensor4D, x: tf.Tensor4D, attributes: PoolingAttributes): tf.Tensor {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const info = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { top, bottom, left, right } = info.padInfo;
  if (top + bottom + left + right === 0) {
    return run(tf.AvgPoolGrad, { dy, input: x }, { filterSize, strides, pad });
  }
  const whole = info.filterHeight * info.filterWidth;
  const { rows, columns } = cellsInside(info);
  const scaled = tf.mul(
    dy,
    grid(info, (i, j) => whole / (rows[i]! * columns[j]!)),
  );
  const [batch, height, width, channels] = x.shape;
  const padded = tf.zeros([batch, height + top + bottom, width + left + right, channels]);
  const dx = run(tf.AvgPoolGrad, { dy: scaled, input: padded }, { filterSize, strides, pad: "valid" });
  return tf.slice(dx, [0, top, left, 0], x.shape);
}

/**
 * Values of `ddx` at the place in each window where the maximum was taken.
 *
 * `MaxPoolGrad` of ones marks the places, and the sum of the marked values over a window is the value wanted as long as
 * windows do not overlap. Overlapping ones are treated in phases: every k-th window along each axis, with k large enough that
 * they do not overlap. Ties are resolved as in the kernel of the backend, so the map is the exact transpose of the gradient.
 */
function atMaxima(ddx: tf.Tensor4D, input: tf.Tensor4D, output: tf.Tensor, attributes: PoolingAttributes): tf.Tensor {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const info = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const rowPhases = Math.ceil(info.filterHeight / info.strideHeight);
  const columnPhases = Math.ceil(info.filterWidth / info.strideWidth);
  const { rows, columns } = cellsInside(info);
  let sum: tf.Tensor | undefined;
  for (let phase = 0; phase < rowPhases * columnPhases; phase++) {
    const inPhase = (i: number, j: number): boolean =>
      i % rowPhases === Math.floor(phase / columnPhases) && j % columnPhases === phase % columnPhases;
    const selected = tf.mul(
      tf.ones(output.shape),
      grid(info, (i, j) => (inPhase(i, j) ? 1 : 0)),
    );
    const marks = run(tf.MaxPoolGrad, { dy: selected, input, output }, { filterSize, strides, pad, dimRoundingMode });
    const average = tf.avgPool(tf.mul<tf.Tensor4D>(ddx, marks), filterSize, strides, pad, dimRoundingMode);
    const found = tf.mul(
      average,
      grid(info, (i, j) => (inPhase(i, j) ? rows[i]! * columns[j]! : 0)),
    );
    sum = sum === undefined ? found : tf.add(sum, found);
  }
  return sum!;
}

/** One number for each window, as a tensor that broadcasts over examples and channels. */
function grid({ outHeight, outWidth }: tf.backend_util.Conv2DInfo, value: (i: number, j: number) => number): tf.Tensor {
  const numbers = Float32Array.from({ length: outHeight * outWidth }, (_, at) =>
    value(Math.floor(at / outWidth), at % outWidth),
  );
  return tf.tensor4d(numbers, [1, outHeight, outWidth, 1]);
}

/** How many rows and columns of each window lie inside the input: the divisor of its average. */
function cellsInside(info: tf.backend_util.Conv2DInfo): { rows: number[]; columns: number[] } {
  const { padInfo } = info;
  return {
    rows: counts(info.outHeight, info.strideHeight, info.filterHeight, padInfo.top, info.inHeight),
    columns: counts(info.outWidth, info.strideWidth, info.filterWidth, padInfo.left, info.inWidth),
  };
}

function counts(windows: number, stride: number, size: number, before: number, length: number): number[] {
  return Array.from({ length: windows }, (_, at) => {
    const start = at * stride - before;
    return Math.min(start + size, length) - Math.max(start, 0);
  });
}

const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
