import { gaussNewtonOperator, hessianOperator, type TensorOperator } from "@sgdscope/autodiff";
import { syntheticLookalike } from "@sgdscope/cifar-loader";
import { prepareBackend } from "@sgdscope/compute";
import { smallCnn } from "@sgdscope/models-cnn";
import { seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

const fullSize = process.env["SGDSCOPE_FULL_SIZE"] !== undefined;
if (!fullSize)
  console.warn("cli: skips products over 50,000 images, minutes long, since SGDSCOPE_FULL_SIZE is not set");

const lookalike = (count: number) =>
  syntheticLookalike({ count, classes: 10, random: 7, targets: "one-hot", scaling: "standardized" });
const direction = (size: number): Float64Array => Float64Array.from({ length: size }, (_, i) => Math.sin(i));
const norm = (v: Float64Array): number => Math.sqrt(v.reduce((sum, each) => sum + each * each, 0));

beforeAll(async () => {
  await prepareBackend("wasm");
});

describe.each([
  { name: "the Hessian", operator: hessianOperator },
  { name: "the Gauss–Newton matrix", operator: gaussNewtonOperator },
])("products with $name over a set of images", ({ operator }) => {
  async function product(make: () => TensorOperator): Promise<Float64Array> {
    const { size, apply, dispose } = make();
    const found = await apply(direction(size)).finally(dispose);
    return found;
  }

  it("do not depend on the mini-batches, the last of which is ragged", async () => {
    const before = tf.memory().numTensors;
    const data = lookalike(100);
    const model = smallCnn({ inputShape: data.inputShape, channels: [4, 8], outputs: data.outputs });
    const params = model.init(seededRandom(1));
    const expected = await product(() => operator(model, params, data, { chunkSize: 100 }));
    for (const chunkSize of [96, 33]) {
      const found = await product(() => operator(model, params, data, { chunkSize, keepBytes: 0 }));
      expect(norm(found.map((value, i) => value - expected[i]!)) / norm(expected)).toBeLessThan(5e-6);
    }
    tf.dispose(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(!fullSize)("take 50,000 images in memory that the mini-batch bounds", { timeout: 3_600_000 }, async () => {
    const block = lookalike(1000);
    const width = block.inputs.length / block.size;
    const model = smallCnn({ inputShape: block.inputShape, channels: [16, 32], outputs: block.outputs });
    const params = model.init(seededRandom(1));
    // A thousand images fifty times over, each time a little brighter, made when they are needed.
    const read = (start: number, count: number) => {
      const from = start % block.size;
      const own = Math.min(count, block.size - from);
      if (own < count) throw new RangeError("expected chunks that divide the block");
      return {
        inputs: block.inputs
          .slice(from * width, (from + own) * width)
          .map((value) => value + 0.01 * Math.floor(start / block.size)),
        targets: block.targets.slice(from * block.outputs, (from + own) * block.outputs),
      };
    };
    const data = { size: 50_000, inputShape: block.inputShape, outputs: block.outputs, read };
    const found = await product(() => operator(model, params, data, { chunkSize: 250 }));
    expect(found.every(Number.isFinite)).toBe(true);
    const megabytes = process.resourceUsage().maxRSS / 1000;
    console.info(`50,000 images: peak of the process ${Math.round(megabytes)} MB`);
    expect(megabytes).toBeLessThan(4000);
    tf.dispose(params);
  });
});
