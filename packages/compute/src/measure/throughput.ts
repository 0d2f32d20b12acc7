import * as tf from "@tensorflow/tfjs-core";
import { ComputeError } from "../errors.js";

/** Speeds in GFLOP/s: 10⁹ multiplications and additions per second, counted as in the textbook algorithm. */
export interface Throughput {
  /** The TensorFlow.js backend that was measured. */
  backend: string;
  /** Product of two square matrices. */
  matMul: number;
  /** Product with the second factor transposed, as in the backward pass of a dense layer. */
  matMulTransposed: number;
  /** Convolution of 16×16 images, 16→32 channels, 3×3, padding "same". */
  conv2d: number;
  /** The gradient of that convolution with respect to its kernel. */
  conv2dFilterGradient: number;
  /** The gradient of that convolution with respect to its images. */
  conv2dInputGradient: number;
}

export interface ThroughputOptions {
  /** Time spent on each of the five measurements, in milliseconds; default 200. */
  milliseconds?: number;
}

/** A computation of a given size, and its cost. */
interface Work {
  flops: (size: number) => number;
  sizes: readonly number[];
  /** Makes the operands; the caller disposes them. */
  operands: (size: number) => tf.Tensor[];
  compute: (operands: tf.Tensor[], size: number) => tf.Tensor;
}

const IMAGE = 16;
const KERNEL: [number, number, number, number] = [3, 3, 16, 32];
const convFlops = (images: number): number => 2 * images * IMAGE * IMAGE * KERNEL.reduce((a, b) => a * b);
const images = (count: number, channels: number): tf.Tensor => tf.ones([count, IMAGE, IMAGE, channels]);
const attributes = { strides: [1, 1], pad: "same", dataFormat: "NHWC", dilations: [1, 1] };
const run = (kernel: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor =>
  tf.engine().runKernel<tf.Tensor>(kernel, inputs, attrs as tf.NamedAttrMap);

const square = (transposeB: boolean): Work => ({
  flops: (size) => 2 * size ** 3,
  sizes: [32, 64, 128, 256, 512, 1024, 2048, 4096],
  operands: (size) => [tf.ones([size, size]), tf.ones([size, size])],
  compute: ([a, b]) => tf.matMul(a!, b!, false, transposeB),
});
const convolution = (operands: Work["operands"], compute: Work["compute"]): Work => ({
  flops: convFlops,
  sizes: [1, 4, 16, 64, 256, 1024, 4096],
  operands,
  compute,
});

const WORK: Record<Exclude<keyof Throughput, "backend">, Work> = {
  matMul: square(false),
  matMulTransposed: square(true),
  conv2d: convolution(
    (count) => [images(count, KERNEL[2]), tf.ones(KERNEL)],
    ([x, filter]) => run("Conv2D", { x: x!, filter: filter! }, attributes),
  ),
  conv2dFilterGradient: convolution(
    (count) => [images(count, KERNEL[2]), images(count, KERNEL[3])],
    ([x, dy]) => run("Conv2DBackpropFilter", { x: x!, dy: dy! }, { ...attributes, filterShape: KERNEL }),
  ),
  conv2dInputGradient: convolution(
    (count) => [images(count, KERNEL[3]), tf.ones(KERNEL)],
    ([dy, filter], count) =>
      run(
        "Conv2DBackpropInput",
        { dy: dy!, filter: filter! },
        { ...attributes, inputShape: [count, IMAGE, IMAGE, KERNEL[2]] },
      ),
  ),
};

/**
 * Measures how fast the current backend computes the operations of networks.
 *
 * Each operation grows until one run takes a fiftieth of its time, so that the overhead of a call is negligible, and is then
 * repeated; the fastest run counts, because other programs can only slow a run down. Part of the result is read back, so that
 * work on a GPU is complete.
 *
 * @param options.milliseconds - Time for each of the five measurements; all of them together take about ten times as long at worst.
 * @returns Speeds in GFLOP/s.
 * @throws ComputeError `BACKEND_FAILED` where no backend is current: call `prepareBackend` first.
 */
export async function measureThroughput({ milliseconds = 200 }: ThroughputOptions = {}): Promise<Throughput> {
  const backend = tf.getBackend() as string | undefined;
  if (backend === undefined) {
    throw new ComputeError("BACKEND_FAILED", "measureThroughput: no backend is current; call prepareBackend first");
  }
  const speeds: Partial<Record<keyof typeof WORK, number>> = {};
  for (const [name, work] of Object.entries(WORK) as [keyof typeof WORK, Work][]) {
    speeds[name] = await fastest(work, milliseconds);
  }
  return { backend, ...(speeds as Record<keyof typeof WORK, number>) };
}

/** GFLOP/s of the fastest run. */
async function fastest({ flops, sizes, operands, compute }: Work, milliseconds: number): Promise<number> {
  for (const size of sizes) {
    const tensors = operands(size);
    const once = async (): Promise<number> => {
      const start = performance.now();
      const corner = tf.tidy(() => tf.slice(tf.reshape(compute(tensors, size), [-1]), 0, 1));
      await corner.data();
      corner.dispose();
      return performance.now() - start;
    };
    try {
      // The first run compiles and allocates.
      await once();
      let best = await once();
      if (best < milliseconds / 50 && size !== sizes.at(-1)) continue;
      const until = performance.now() + milliseconds;
      while (performance.now() < until) best = Math.min(best, await once());
      return flops(size) / best / 1e6;
    } finally {
      tf.dispose(tensors);
    }
  }
  return 0;
}
