import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";

/** A set of examples, without its numbers. */
interface Sizes {
  size: number;
  inputShape: readonly number[];
  outputs: number;
}

/** Numbers of some examples. */
export interface ExampleArrays {
  /** Row-major [count, ...inputShape]. */
  inputs: Float32Array;
  /** Row-major [count, outputs]. */
  targets: Float32Array;
}

/** Examples that are made or read when they are needed, so that only one chunk of them is in memory at a time. */
export interface ReadableExamples extends Sizes {
  /** Examples `start` to `start + count − 1`; the same numbers each time. Called once per chunk and product. */
  read: (start: number, count: number) => ExampleArrays | Promise<ExampleArrays>;
}

/**
 * Examples to average over: inputs [n, ...inputShape] and targets [n, C], as tensors, as arrays with their shapes (a
 * `Dataset` of this workspace is one), or read on demand.
 */
export type Examples =
  | { inputs: tf.Tensor; targets: tf.Tensor }
  | (Sizes & ExampleArrays)
  | (ReadableExamples & { inputs?: undefined; targets?: undefined });

/** Examples whose targets are not used. */
export type Unlabelled =
  | { inputs: tf.Tensor; targets?: tf.Tensor }
  | (Sizes & Pick<ExampleArrays, "inputs"> & Partial<ExampleArrays>)
  | (ReadableExamples & { inputs?: undefined; targets?: undefined });

/** Consecutive chunks of a set of examples. */
export interface Chunks {
  /** Number of examples in all. */
  examples: number;
  /** Number of chunks; the last one may be shorter. */
  count: number;
  /** Tensors of one chunk; without targets `y` is empty. The caller disposes them. */
  tensorsOf(chunk: number): Promise<{ x: tf.Tensor; y: tf.Tensor }>;
}

/**
 * Cuts examples into chunks of at most `chunkSize`.
 *
 * @throws AutodiffError `INVALID_ARGUMENT` if sizes do not fit together; for examples read on demand, from `tensorsOf`.
 */
export function chunksOf(data: Unlabelled, chunkSize: number): Chunks {
  if (!Number.isInteger(chunkSize) || chunkSize < 1) {
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `options: expected chunkSize to be a positive integer, got ${chunkSize}`,
    );
  }
  const { examples, slice } = slicesOf(data);
  return {
    examples,
    count: Math.ceil(examples / chunkSize),
    tensorsOf: async (chunk) => {
      const start = chunk * chunkSize;
      return slice(start, Math.min(chunkSize, examples - start));
    },
  };
}

interface Pair {
  x: tf.Tensor;
  y: tf.Tensor;
}
interface Slices {
  examples: number;
  slice: (start: number, length: number) => Pair | Promise<Pair>;
}

const none = (): tf.Tensor => tf.tensor1d([], "float32");

function slicesOf(data: Unlabelled): Slices {
  if (data.inputs === undefined) {
    const { size, read } = data;
    assertFits(Number.isInteger(size) && size > 0, "size to be a positive integer", size);
    return {
      examples: size,
      slice: async (start, length) => tensorsFrom({ ...data, size: length }, await read(start, length)),
    };
  }
  return data.inputs instanceof tf.Tensor
    ? tensorSlices(data as { inputs: tf.Tensor; targets?: tf.Tensor })
    : arraySlices(data as Sizes & Partial<ExampleArrays> & Pick<ExampleArrays, "inputs">);
}

function tensorSlices({ inputs, targets }: { inputs: tf.Tensor; targets?: tf.Tensor }): Slices {
  const [examples = 0] = inputs.shape;
  assertFits(examples > 0, "inputs of shape [n, ...] with n > 0", `[${inputs.shape.join(", ")}]`);
  if (targets !== undefined) {
    assertFits(targets.shape[0] === examples, `targets of shape [${examples}, C]`, `[${targets.shape.join(", ")}]`);
  }
  return {
    examples,
    slice: (start, length) => ({
      x: tf.slice(inputs, start, length),
      y: targets === undefined ? none() : tf.slice(targets, start, length),
    }),
  };
}

function arraySlices(data: Sizes & Partial<ExampleArrays> & Pick<ExampleArrays, "inputs">): Slices {
  const { inputs, targets, size, inputShape, outputs } = data;
  const width = widthOf(inputShape);
  assertFits(size > 0, "size above 0", size);
  assertLengths(data, { inputs, targets });
  return {
    examples: size,
    slice: (start, length) =>
      tensorsFrom(
        { size: length, inputShape, outputs },
        {
          inputs: inputs.slice(start * width, (start + length) * width),
          targets: targets?.slice(start * outputs, (start + length) * outputs),
        },
      ),
  };
}

type Numbers = Pick<ExampleArrays, "inputs"> & { targets: Float32Array | undefined };

function tensorsFrom(sizes: Sizes, numbers: Numbers): Pair {
  assertLengths(sizes, numbers);
  const { size, inputShape, outputs } = sizes;
  return {
    x: tf.tensor(numbers.inputs, [size, ...inputShape], "float32"),
    y: numbers.targets === undefined ? none() : tf.tensor(numbers.targets, [size, outputs], "float32"),
  };
}

function assertLengths({ size, inputShape, outputs }: Sizes, { inputs, targets }: Numbers): void {
  const width = widthOf(inputShape);
  assertFits(inputs.length === size * width, `inputs of length size · ${width} = ${size * width}`, inputs.length);
  if (targets === undefined) return;
  assertFits(targets.length === size * outputs, `targets of length size · outputs = ${size * outputs}`, targets.length);
}

const widthOf = (shape: readonly number[]): number => shape.reduce((product, each) => product * each, 1);

function assertFits(fits: boolean, expected: string, got: number | string): void {
  if (!fits) throw new AutodiffError("INVALID_ARGUMENT", `data: expected ${expected}, got ${got}`);
}
