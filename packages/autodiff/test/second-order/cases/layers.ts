import * as tf from "@tensorflow/tfjs-core";
import { parameter, type Case } from "../conformance.js";
import { type HyperDual, largest, lift, sqrt, total } from "../hyper-dual.js";

/** Row-major product of [rows, inner] and [inner, columns]. */
export const multiply = (a: HyperDual[], b: HyperDual[], inner: number): HyperDual[] => {
  const columns = b.length / inner;
  return Array.from({ length: (a.length / inner) * columns }, (_, at) => {
    const row = Math.floor(at / columns) * inner;
    return total(Array.from({ length: inner }, (__, k) => a[row + k]!.times(b[k * columns + (at % columns)]!)));
  });
};
const transposed = (a: HyperDual[], columns: number): HyperDual[] =>
  Array.from({ length: a.length }, (_, at) => {
    const rows = a.length / columns;
    return a[(at % rows) * columns + Math.floor(at / rows)]!;
  });

export interface Window {
  /** Input [n, height, width, channels]. */
  shape: [number, number, number, number];
  size: number;
  stride: number;
  pad: "same" | "valid";
}

/** Calls back for every output cell with the cells of its window that lie inside, as (row, column) and filter place. */
function windows<T>(
  { shape: [n, height, width], size, stride, pad }: Window,
  cell: (example: number, inside: { row: number; column: number; place: number }[]) => T,
): T[] {
  const extent = (length: number): { count: number; before: number } => {
    const count = Math.ceil((pad === "same" ? length : length - size + 1) / stride);
    const padding = pad === "same" ? Math.max((count - 1) * stride + size - length, 0) : 0;
    return { count, before: Math.floor(padding / 2) };
  };
  const vertical = extent(height);
  const horizontal = extent(width);
  const cells: T[] = [];
  for (let example = 0; example < n; example++) {
    for (let i = 0; i < vertical.count; i++) {
      for (let j = 0; j < horizontal.count; j++) {
        const inside = [];
        for (let place = 0; place < size * size; place++) {
          const row = i * stride - vertical.before + Math.floor(place / size);
          const column = j * stride - horizontal.before + (place % size);
          if (row >= 0 && row < height && column >= 0 && column < width) inside.push({ row, column, place });
        }
        cells.push(cell(example, inside));
      }
    }
  }
  return cells;
}

const reader =
  (x: HyperDual[], [, height, width, channels]: Window["shape"]) =>
  (example: number, row: number, column: number, channel: number): HyperDual =>
    x[((example * height + row) * width + column) * channels + channel]!;

/** Filter [size, size, channels, outputs]. */
export const convolve = (x: HyperDual[], filter: HyperDual[], window: Window, outputs: number): HyperDual[] => {
  const read = reader(x, window.shape);
  const channels = window.shape[3];
  return windows(window, (example, inside) =>
    Array.from({ length: outputs }, (_, output) =>
      total(
        inside.flatMap(({ row, column, place }) =>
          Array.from({ length: channels }, (__, c) =>
            read(example, row, column, c).times(filter[(place * channels + c) * outputs + output]!),
          ),
        ),
      ),
    ),
  ).flat();
};

/** Filter [size, size, channels, multiplier]. */
export const convolveDepthwise = (
  x: HyperDual[],
  filter: HyperDual[],
  window: Window,
  multiplier: number,
): HyperDual[] => {
  const read = reader(x, window.shape);
  const channels = window.shape[3];
  return windows(window, (example, inside) =>
    Array.from({ length: channels * multiplier }, (_, output) =>
      total(
        inside.map(({ row, column, place }) =>
          read(example, row, column, Math.floor(output / multiplier)).times(
            filter[place * channels * multiplier + output]!,
          ),
        ),
      ),
    ),
  ).flat();
};

const pool = (x: HyperDual[], window: Window, combine: (inside: HyperDual[]) => HyperDual): HyperDual[] => {
  const read = reader(x, window.shape);
  return windows(window, (example, inside) =>
    Array.from({ length: window.shape[3] }, (_, channel) =>
      combine(inside.map(({ row, column }) => read(example, row, column, channel))),
    ),
  ).flat();
};
const average = (x: HyperDual[]): HyperDual => total(x).over(x.length);
export const relu = (x: HyperDual): HyperDual => (x.a > 0 ? x : lift(0));

const convolution = (name: string, window: Window): Case => ({
  name: `conv2d, ${name}`,
  params: { x: parameter(window.shape, 1), w: parameter([window.size, window.size, window.shape[3], 2], 2) },
  tensors: ({ x, w }) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, window.stride, window.pad),
  duals: ({ x, w }) => convolve(x!, w!, window, 2),
});

/** A filter [2, 2, …] with rate − 1 zeros between its entries, [rate + 1, rate + 1, …]: the definition of dilation. */
const spread = (filter: HyperDual[], rate: number, entries: number): HyperDual[] =>
  Array.from(
    { length: (rate + 1) ** 2 },
    (_, place) => [Math.floor(place / (rate + 1)), place % (rate + 1)] as const,
  ).flatMap(([row, column]) => {
    const at = 2 * (row / rate) + column / rate;
    const inside = row % rate === 0 && column % rate === 0;
    return Array.from({ length: entries }, (_, k) => (inside ? filter[at * entries + k]! : lift(0)));
  });

const dilatedConvolution = (rate: number, pad: "same" | "valid"): Case => ({
  name: `conv2d, dilated by ${rate}, ${pad} padding`,
  params: { x: parameter([2, 5, 4, 2], 1), w: parameter([2, 2, 2, 2], 2) },
  tensors: ({ x, w }) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, pad, "NHWC", rate),
  duals: ({ x, w }) => convolve(x!, spread(w!, rate, 4), square5(rate + 1, 1, pad), 2),
});

const dilatedDepthwise: Case = {
  name: "depthwiseConv2d, dilated by 2",
  params: { x: parameter([2, 5, 4, 2], 1), w: parameter([2, 2, 2, 2], 2) },
  tensors: ({ x, w }) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same", "NHWC", 2),
  duals: ({ x, w }) => convolveDepthwise(x!, spread(w!, 2, 4), square5(3, 1, "same"), 2),
};

const depthwise = (name: string, window: Window): Case => ({
  name: `depthwiseConv2d, ${name}`,
  params: { x: parameter(window.shape, 1), w: parameter([window.size, window.size, window.shape[3], 2], 2) },
  tensors: ({ x, w }) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, window.stride, window.pad),
  duals: ({ x, w }) => convolveDepthwise(x!, w!, window, 2),
});

const pooling = (kind: "maxPool" | "avgPool", name: string, window: Window): Case => ({
  name: `${kind}, ${name}`,
  params: { x: parameter(window.shape, 4) },
  tensors: ({ x }) => tf[kind](tf.square(x as tf.Tensor4D), window.size, window.stride, window.pad),
  duals: ({ x }) => {
    const squares = x!.map((each) => each.times(each));
    return pool(squares, window, kind === "maxPool" ? largest : average);
  },
});

const matMuls: readonly Case[] = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB): Case => ({
    name: `matMul${transposeA ? ", first transposed" : ""}${transposeB ? ", second transposed" : ""}`,
    params: { a: parameter(transposeA ? [3, 2] : [2, 3], 1), b: parameter(transposeB ? [4, 3] : [3, 4], 2) },
    tensors: ({ a, b }) => tf.matMul(a!, b!, transposeA, transposeB),
    duals: ({ a, b }) => multiply(transposeA ? transposed(a!, 2) : a!, transposeB ? transposed(b!, 3) : b!, 3),
  })),
);

const square5 = (size: number, stride: number, pad: Window["pad"]): Window => ({
  shape: [2, 5, 4, 2],
  size,
  stride,
  pad,
});

export const normalised = (
  [x, mean, variance, scale, offset]: [HyperDual, HyperDual, HyperDual, HyperDual, HyperDual],
  epsilon: number,
): HyperDual =>
  x
    .minus(mean)
    .over(sqrt(variance.plus(epsilon)))
    .times(scale)
    .plus(offset);

const batchNormalisations: readonly Case[] = [
  {
    name: "batch normalisation in inference mode, of images",
    params: { x: parameter([2, 2, 2, 3], 1), scale: parameter([3], 2), offset: parameter([3], 3) },
    tensors: ({ x, scale, offset }) => {
      const centre = tf.tensor1d([0.1, -0.2, 0.3]);
      const variance = tf.tensor1d([0.5, 1.5, 0.8]);
      return tf.batchNorm(x as tf.Tensor4D, centre, variance, offset as tf.Tensor1D, scale as tf.Tensor1D, 0.01);
    },
    duals: ({ x, scale, offset }) =>
      x!.map((each, i) => {
        const c = i % 3;
        const centre = Math.fround([0.1, -0.2, 0.3][c]!);
        const variance = Math.fround([0.5, 1.5, 0.8][c]!);
        return normalised([each, lift(centre), lift(variance), scale![c]!, offset![c]!], 0.01);
      }),
  },
  {
    name: "batch normalisation, statistics variable too",
    params: {
      x: parameter([4, 3], 1),
      mean: parameter([3], 4),
      variance: parameter([3], 5, 0.5, 2),
      scale: parameter([3], 2),
      offset: parameter([3], 3),
    },
    tensors: ({ x, mean, variance, scale, offset }) => {
      const channels = [mean, variance, offset, scale] as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
      return tf.batchNorm(x as tf.Tensor2D, channels[0], channels[1], channels[2], channels[3], 0.01);
    },
    duals: ({ x, mean, variance, scale, offset }) =>
      x!.map((each, i) => {
        const c = i % 3;
        return normalised([each, mean![c]!, variance![c]!, scale![c]!, offset![c]!], 0.01);
      }),
  },
];

const fused: readonly Case[] = [
  {
    name: "fused matMul with bias, linear and relu",
    params: { a: parameter([2, 3], 1), b: parameter([3, 4], 2), bias: parameter([4], 3) },
    tensors: ({ a, b, bias }) => {
      const linear = tf.fused.matMul({ a: a!, b: b!, bias: bias! });
      return tf.add(
        tf.fused.matMul({ a: linear, b: b!, transposeB: true }),
        tf.fused.matMul({ a: a!, b: tf.matMul(b!, b!, false, true), activation: "relu" }),
      );
    },
    duals: ({ a, b, bias }) => {
      const linear = multiply(a!, b!, 3).map((each, i) => each.plus(bias![i % 4]!));
      const back = multiply(linear, transposed(b!, 4), 4);
      const rectified = multiply(a!, multiply(b!, transposed(b!, 4), 4), 3).map(relu);
      return back.map((each, i) => each.plus(rectified[i]!));
    },
  },
  {
    name: "fused conv2d with bias, linear and relu",
    params: { x: parameter([1, 4, 4, 2], 1), w: parameter([3, 3, 2, 2], 2), bias: parameter([2], 3) },
    tensors: ({ x, w, bias }) => {
      const layer = { filter: w as tf.Tensor4D, strides: 1, pad: "same" as const, bias: bias! };
      const hidden = tf.fused.conv2d({ ...layer, x: x as tf.Tensor4D });
      return tf.fused.conv2d({ ...layer, x: hidden, activation: "relu" });
    },
    duals: ({ x, w, bias }) => {
      const layer = (input: HyperDual[]): HyperDual[] =>
        convolve(input, w!, { shape: [1, 4, 4, 2], size: 3, stride: 1, pad: "same" }, 2).map((each, i) =>
          each.plus(bias![i % 2]!),
        );
      return layer(layer(x!)).map(relu);
    },
  },
  {
    name: "fused depthwiseConv2d with bias",
    params: { x: parameter([1, 4, 4, 2], 1), w: parameter([3, 3, 2, 1], 2), bias: parameter([2], 3) },
    tensors: ({ x, w, bias }) =>
      tf.fused.depthwiseConv2d({ x: x as tf.Tensor4D, filter: w as tf.Tensor4D, strides: 2, pad: "same", bias: bias! }),
    duals: ({ x, w, bias }) =>
      convolveDepthwise(x!, w!, { shape: [1, 4, 4, 2], size: 3, stride: 2, pad: "same" }, 1).map((each, i) =>
        each.plus(bias![i % 2]!),
      ),
  },
];

export const layerCases: readonly Case[] = [
  ...matMuls,
  {
    name: "matMul of batches",
    params: { a: parameter([2, 2, 3], 1), b: parameter([2, 3, 2], 2) },
    tensors: ({ a, b }) => tf.matMul(a!, b!),
    duals: ({ a, b }) => [0, 1].flatMap((i) => multiply(a!.slice(i * 6, i * 6 + 6), b!.slice(i * 6, i * 6 + 6), 3)),
  },
  {
    name: "dense layer with bias",
    params: { a: parameter([2, 3], 1), w: parameter([3, 4], 2), bias: parameter([4], 3) },
    tensors: ({ a, w, bias }) => tf.add(tf.matMul(a!, w!), bias!),
    duals: ({ a, w, bias }) => multiply(a!, w!, 3).map((each, i) => each.plus(bias![i % 4]!)),
  },
  convolution("same padding", square5(3, 1, "same")),
  convolution("valid padding", square5(3, 1, "valid")),
  convolution("stride 2, same padding", square5(3, 2, "same")),
  convolution("stride 2, valid padding", square5(2, 2, "valid")),
  convolution("1×1", square5(1, 1, "same")),
  dilatedConvolution(2, "same"),
  dilatedConvolution(3, "valid"),
  dilatedDepthwise,
  {
    name: "conv2dTranspose",
    params: { x: parameter([1, 2, 2, 2], 1), w: parameter([3, 3, 1, 2], 2) },
    tensors: ({ x, w }) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [1, 4, 4, 1], 2, "same"),
    duals: ({ x, w }) => {
      const read = reader(x!, [1, 2, 2, 2]);
      const sums = Array.from({ length: 16 }, () => lift(0));
      let cell = 0;
      windows({ shape: [1, 4, 4, 1], size: 3, stride: 2, pad: "same" }, (_, inside) => {
        const [i, j] = [Math.floor(cell / 2), cell++ % 2];
        for (const { row, column, place } of inside) {
          for (const c of [0, 1]) {
            sums[row * 4 + column] = sums[row * 4 + column]!.plus(read(0, i, j, c).times(w![place * 2 + c]!));
          }
        }
      });
      return sums;
    },
  },
  depthwise("same padding", square5(3, 1, "same")),
  depthwise("stride 2, valid padding", square5(2, 2, "valid")),
  pooling("maxPool", "2×2", square5(2, 2, "valid")),
  pooling("maxPool", "2×2, same padding", square5(2, 2, "same")),
  pooling("maxPool", "3×3 with stride 2, overlapping", square5(3, 2, "same")),
  pooling("maxPool", "3×3 with stride 1, overlapping", square5(3, 1, "valid")),
  pooling("avgPool", "2×2", square5(2, 2, "valid")),
  pooling("avgPool", "2×2, same padding", square5(2, 2, "same")),
  pooling("avgPool", "3×3 with stride 2, same padding", square5(3, 2, "same")),
  ...batchNormalisations,
  ...fused,
];
