import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";

/**
 * Examples to average over: inputs [n, ...inputShape] and targets [n, C], as tensors, or as arrays with their shapes (a
 * `Dataset` of this workspace is one).
 */
export type Examples =
  | { inputs: tf.Tensor; targets: tf.Tensor }
  | {
      size: number;
      inputShape: readonly number[];
      outputs: number;
      /** Row-major [size, ...inputShape]. */
      inputs: Float32Array;
      /** Row-major [size, outputs]. */
      targets: Float32Array;
    };

/** Consecutive chunks of a set of examples. */
export interface Chunks {
  /** Number of examples in all. */
  examples: number;
  /** Number of chunks; the last one may be shorter. */
  count: number;
  /** Tensors of one chunk; without targets `y` is empty. The caller disposes them. */
  tensorsOf(chunk: number): { x: tf.Tensor; y: tf.Tensor };
}

/**
 * Cuts examples into chunks of at most `chunkSize`.
 *
 * @throws AutodiffError `INVALID_ARGUMENT` if sizes do not fit together.
 */
export function chunksOf(data: Examples | Omit<Examples, "targets">, chunkSize: number): Chunks {
  if (!Number.isInteger(chunkSize) || chunkSize < 1) {
    throw new AutodiffError("INVALID_ARGUMENT", `chunksOf: expected chunkSize a positive integer, got ${chunkSize}`);
  }
  const slices = slicesOf(data as Partial<Examples> & Pick<Examples, "inputs">);
  return {
    examples: slices.examples,
    count: Math.ceil(slices.examples / chunkSize),
    tensorsOf: (chunk) => {
      const start = chunk * chunkSize;
      const length = Math.min(chunkSize, slices.examples - start);
      return { x: slices.x(start, length), y: slices.y(start, length) };
    },
  };
}

type Slice = (start: number, length: number) => tf.Tensor;

const none: Slice = () => tf.tensor1d([], "float32");

function slicesOf(data: Partial<Examples> & Pick<Examples, "inputs">): { examples: number; x: Slice; y: Slice } {
  if (data.inputs instanceof tf.Tensor) {
    const { inputs, targets } = data as { inputs: tf.Tensor; targets?: tf.Tensor };
    const [examples = 0] = inputs.shape;
    assertFits(examples > 0, "inputs of shape [n, ...] with n > 0", `[${inputs.shape.join(", ")}]`);
    if (targets !== undefined) {
      assertFits(targets.shape[0] === examples, `targets of shape [${examples}, C]`, `[${targets.shape.join(", ")}]`);
    }
    return { examples, x: rowsOf(inputs), y: targets === undefined ? none : rowsOf(targets) };
  }
  const { inputs, targets, size, inputShape, outputs } = data as Extract<Examples, { inputs: Float32Array }>;
  const width = inputShape.reduce((product, each) => product * each, 1);
  assertFits(
    size > 0 && inputs.length === size * width,
    `inputs of length size · ${width} = ${size * width}`,
    inputs.length,
  );
  const given = (targets as Float32Array | undefined) !== undefined;
  if (given) {
    assertFits(
      targets.length === size * outputs,
      `targets of length size · outputs = ${size * outputs}`,
      targets.length,
    );
  }
  return {
    examples: size,
    x: (start, length) =>
      tf.tensor(inputs.slice(start * width, (start + length) * width), [length, ...inputShape], "float32"),
    y: given
      ? (start, length) =>
          tf.tensor(targets.slice(start * outputs, (start + length) * outputs), [length, outputs], "float32")
      : none,
  };
}

const rowsOf =
  (tensor: tf.Tensor): Slice =>
  (start, length) =>
    tf.slice(tensor, start, length);

function assertFits(fits: boolean, expected: string, got: number | string): void {
  if (!fits) throw new AutodiffError("INVALID_ARGUMENT", `chunksOf: expected ${expected}, got ${got}`);
}
