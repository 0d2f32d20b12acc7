/**
 * What a gradient costs beside the forward pass, on the CNN of the PyTorch fixtures:
 * 3→16→32 convolutions 3×3 SAME with bias, ReLU, average pool 2×2 after each, dense 2048→10; N = 256 images of 32×32.
 *
 *   node --conditions=sgdscope-source --import tsx apps/bench/src/cnn-gradient.ts [backend] [--rounds=15] [--profile]
 *
 * Forward and gradient (forward included) alternate, so that a busy machine slows both; medians are printed.
 * `--profile` adds the time of each kernel inside one gradient.
 */
import { prepareBackend, type BackendName } from "@sgdscope/compute";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs";

const EXAMPLES = 256;
const flags = process.argv.slice(2);
const backend = (flags.find((flag) => !flag.startsWith("--")) ?? "wasm") as BackendName | "auto";
const rounds = Number(flags.find((flag) => flag.startsWith("--rounds="))?.slice("--rounds=".length) ?? 15);

const random = seededRandom(1);
const normal = (shape: number[], scale: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from(gaussian(tf.util.sizeFromShape(shape), random), (value) => scale * value),
    shape,
  );

const report = await prepareBackend(backend);
const x = normal([EXAMPLES, 32, 32, 3], 1) as tf.Tensor4D;
const y = normal([EXAMPLES, 10], 1);
const parameters = [
  normal([3, 3, 3, 16], Math.sqrt(2 / 27)),
  normal([16], 0.1),
  normal([3, 3, 16, 32], Math.sqrt(2 / 144)),
  normal([32], 0.1),
  normal([2048, 10], Math.sqrt(1 / 2048)),
  normal([10], 0.1),
];

const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
  const [kernel1, bias1, kernel2, bias2, weights, bias] = tensors as [
    tf.Tensor4D,
    tf.Tensor,
    tf.Tensor4D,
    tf.Tensor,
    tf.Tensor2D,
    tf.Tensor,
  ];
  const block = (input: tf.Tensor4D, kernel: tf.Tensor4D, offset: tf.Tensor): tf.Tensor4D =>
    tf.avgPool(tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(input, kernel, 1, "same"), offset)), 2, 2, "valid");
  const features = block(block(x, kernel1, bias1), kernel2, bias2);
  const outputs = tf.add(tf.matMul(tf.reshape(features, [EXAMPLES, 2048]), weights), bias);
  return tf.mul(tf.sum(tf.square(tf.sub(outputs, y))), 1 / (2 * EXAMPLES));
};
const gradient = tf.grads((...tensors) => loss(...tensors));

/** Milliseconds until the results are on the host. */
async function time(compute: () => tf.Tensor[]): Promise<number> {
  const start = performance.now();
  const results = tf.tidy(compute);
  await Promise.all(results.map((result) => result.data()));
  const elapsed = performance.now() - start;
  tf.dispose(results);
  return elapsed;
}
const forwardOnce = (): Promise<number> => time(() => [loss(...parameters)]);
const gradientOnce = (): Promise<number> => time(() => gradient(parameters));
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

for (let warmUp = 0; warmUp < 3; warmUp++) {
  await forwardOnce();
  await gradientOnce();
}
const forwardTimes: number[] = [];
const gradientTimes: number[] = [];
for (let round = 0; round < rounds; round++) {
  forwardTimes.push(await forwardOnce());
  gradientTimes.push(await gradientOnce());
}
const forwardMedian = median(forwardTimes);
const gradientMedian = median(gradientTimes);
console.log(`backend   ${report.name}, median of ${rounds} interleaved rounds`);
console.log(`forward   ${forwardMedian.toFixed(1)} ms (${Math.min(...forwardTimes).toFixed(1)} at best)`);
console.log(
  `gradient  ${gradientMedian.toFixed(1)} ms (${Math.min(...gradientTimes).toFixed(1)} at best), forward included`,
);
console.log(`ratio     ${(gradientMedian / forwardMedian).toFixed(2)}`);

if (flags.includes("--profile")) {
  const spent = new Map<string, { calls: number; ms: number; best: number }>();
  for (const config of tf.getKernelsForBackend(tf.getBackend())) {
    const { kernelName } = config;
    tf.unregisterKernel(kernelName, config.backendName);
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        const start = performance.now();
        const output = config.kernelFunc(call);
        const entry = spent.get(kernelName) ?? { calls: 0, ms: 0, best: Infinity };
        spent.set(kernelName, { ...entry, calls: entry.calls + 1, ms: entry.ms + performance.now() - start });
        return output;
      },
    });
  }
  for (let round = 0; round < rounds; round++) {
    await gradientOnce();
    for (const [kernel, { calls, ms, best }] of spent) spent.set(kernel, { calls, ms: 0, best: Math.min(best, ms) });
  }
  console.log("\nkernel, calls in a gradient, ms in a gradient at best");
  for (const [kernel, { calls, best }] of [...spent].sort(([, a], [, b]) => b.best - a.best)) {
    console.log(`${kernel.padEnd(24)} ${String(calls / rounds).padStart(4)} ${best.toFixed(2).padStart(8)}`);
  }
}
