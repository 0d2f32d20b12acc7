/**
 * Time and memory of a Gram matrix: n = 1000 scalar outputs of a 3072-256-256-1 ReLU network (852,737 parameters) on wasm.
 *
 * Run: node --conditions=sgdscope-source --import tsx apps/bench/src/gram.ts
 */
import { gram } from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs";

const examples = 1000;
const widths = [3072, 256, 256, 1];
const repetitions = 5;

const random = seededRandom(1);
const normal = (shape: number[], scale: number): tf.Tensor => {
  const size = shape.reduce((product, each) => product * each, 1);
  return tf.tensor(
    Float32Array.from(gaussian(size, random), (value) => scale * value),
    shape,
  );
};

await prepareBackend("wasm");
const params: Record<string, tf.Tensor> = {};
for (const [layer, outputs] of widths.slice(1).entries()) {
  const inputs = widths[layer]!;
  params[`dense${layer + 1}.kernel`] = normal([inputs, outputs], Math.sqrt(2 / inputs));
  params[`dense${layer + 1}.bias`] = tf.zeros([outputs]);
}
const model = {
  apply: (at: Record<string, tf.Tensor>, x: tf.Tensor): tf.Tensor => {
    let h = x;
    for (let layer = 1; layer < widths.length; layer++) {
      h = tf.add(tf.matMul(h, at[`dense${layer}.kernel`]!), at[`dense${layer}.bias`]!);
      if (layer < widths.length - 1) h = tf.relu(h);
    }
    return h;
  },
};
const x = normal([examples, widths[0]!], 1);

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const seconds: number[] = [];
const processorSeconds: number[] = [];
for (let repetition = 0; repetition < repetitions; repetition++) {
  const start = performance.now();
  const before = process.cpuUsage();
  await gram(model, params, x);
  const { user, system } = process.cpuUsage(before);
  seconds.push((performance.now() - start) / 1000);
  processorSeconds.push((user + system) / 1e6);
}
const peak = process.resourceUsage().maxRSS / 1024;
const parameters = Object.values(params).reduce((sum, { size }) => sum + size, 0);
console.log(`K of ${examples} examples, ${widths.join("-")} (${parameters} parameters), ${tf.getBackend()}`);
console.log(`seconds, median of ${repetitions}: ${median(seconds).toFixed(3)} (first ${seconds[0]!.toFixed(3)})`);
console.log(`processor seconds, median of ${repetitions}: ${median(processorSeconds).toFixed(3)}`);
console.log(`peak resident memory: ${peak.toFixed(0)} MiB`);
