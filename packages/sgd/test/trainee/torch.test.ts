import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { tensorTrainee, type Model } from "@sgdscope/sgd/tensor";

const folder = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
if (folder === undefined) console.warn("Skipped: the comparison with PyTorch needs SGDSCOPE_TORCH_FIXTURES_DIR.");

interface Entry {
  dtype: string;
  shape: number[];
  file: string;
}

/** One array of a fixture. */
function load(fixture: string, name: string): { shape: number[]; data: Float32Array | Float64Array | Int32Array } {
  const directory = join(folder!, `${fixture}.bin`);
  const manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")) as Record<string, Entry>;
  const { dtype, shape, file } = manifest[name]!;
  const { buffer, byteOffset, byteLength } = readFileSync(join(directory, file));
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const types = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
  return { shape, data: new types[dtype as keyof typeof types](bytes) };
}

const parts = ["conv1.kernel", "conv1.bias", "conv2.kernel", "conv2.bias", "dense.kernel", "dense.bias"];

/** Twice convolution 3×3, ReLU and average pooling 2×2, then a dense layer. */
const model: Model = {
  apply(params, x) {
    let h = x as tf.Tensor4D;
    for (const layer of ["conv1", "conv2"]) {
      const z = tf.conv2d(h, params[`${layer}.kernel`] as tf.Tensor4D, 1, "same");
      h = tf.avgPool(tf.relu(tf.add(z, params[`${layer}.bias`]!)), 2, 2, "valid");
    }
    return tf.add(tf.matMul(tf.reshape(h, [x.shape[0], -1]), params["dense.kernel"]!), params["dense.bias"]!);
  },
};

describe.skipIf(folder === undefined)("tensorTrainee against PyTorch", () => {
  it.each(["tiny_init", "small_mid"])(
    "takes the gradient step of Float64 PyTorch on all examples: %s",
    async (fixture) => {
      await prepareBackend("wasm");
      const x = load(fixture, "x");
      const [size, ...inputShape] = x.shape as [number, ...number[]];
      const targets = new Float32Array(size * 10);
      load(fixture, "labels").data.forEach((label, i) => (targets[10 * i + label] = 1));
      const params: tf.NamedTensorMap = {};
      for (const name of parts)
        params[name] = tf.tensor(load(fixture, name).data, load(fixture, name).shape, "float32");
      const trainee = tensorTrainee(
        model,
        { size, inputShape, outputs: 10, inputs: x.data as Float32Array, targets },
        params,
      );
      const everything = Int32Array.from({ length: size }, (_, i) => i);
      trainee.step(everything, { learningRate: 1, optimizer: { kind: "sgd" }, clipNorm: Infinity, divisor: size });

      const expected = load(fixture, "grad64").data;
      const before = load(fixture, "theta").data;
      const arrays = await trainee.snapshot();
      const after = parts.flatMap((name) => [...arrays[`parameters/${name}`]!.data]);
      expect(after).toHaveLength(expected.length);
      let [error, norm] = [0, 0];
      after.forEach((value, k) => {
        error += (before[k]! - value - expected[k]!) ** 2;
        norm += expected[k]! ** 2;
      });
      // Among millions of units some lie within Float32 rounding of their kink, and a backend may put one on its other side.
      expect(Math.sqrt(error / norm)).toBeLessThan(fixture === "tiny_init" ? 1e-5 : 1e-3);
      trainee.dispose();
      tf.dispose(params);
    },
  );
});
