import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";

const folder = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
if (folder === undefined) {
  console.warn("skips the comparison with PyTorch's gradient: SGDSCOPE_TORCH_FIXTURES_DIR is not set");
}

describe.skipIf(folder === undefined)("the gradient of a CNN on wasm", () => {
  it.each(["tiny_init", "small_mid"])("is PyTorch's in double precision: %s", async (name) => {
    const root = join(folder!, `${name}.bin`);
    const manifest = JSON.parse(await readFile(join(root, "manifest.json"), "utf8")) as Record<
      string,
      { shape: number[]; file: string }
    >;
    const read = async (array: string): Promise<ArrayBuffer> => {
      const { buffer, byteOffset, byteLength } = await readFile(join(root, manifest[array]!.file));
      return buffer.slice(byteOffset, byteOffset + byteLength);
    };
    const floats = async (array: string): Promise<Float32Array> => new Float32Array(await read(array));
    const targets = Array.from(new Int32Array(await read("labels")));
    const expected = new Float64Array(await read("grad64"));
    const [x, theta] = await Promise.all([floats("x"), floats("theta")]);

    await prepareBackend("wasm");
    const [count, size] = manifest["x"]!.shape as [number, number];
    const [c1, c2] = size === 8 ? ([4, 8] as const) : ([16, 32] as const);
    const shapes = [[3, 3, 3, c1], [c1], [3, 3, c1, c2], [c2], [(size / 4) ** 2 * c2, 10], [10]];
    let offset = 0;
    const parameters = shapes.map((shape) => {
      const length = tf.util.sizeFromShape(shape);
      offset += length;
      return tf.tensor(theta.subarray(offset - length, offset), shape);
    });
    const images = tf.tensor4d(x, manifest["x"]!.shape as [number, number, number, number]);
    const loss = (...[k1, b1, k2, b2, w, b]: tf.Tensor[]): tf.Scalar => {
      const block = (input: tf.Tensor4D, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor4D =>
        tf.avgPool(
          tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(input, kernel as tf.Tensor4D, 1, "same"), bias)),
          2,
          2,
          "valid",
        );
      const features = tf.reshape(block(block(images, k1!, b1!), k2!, b2!), [count, -1]);
      const outputs = tf.add(tf.matMul(features, w!), b!);
      return tf.mul(tf.sum(tf.square(tf.sub(outputs, tf.oneHot(targets, 10)))), 1 / (2 * count));
    };
    const gradients = tf.tidy(() =>
      tf.concat(
        tf
          .grads((...tensors) => loss(...tensors))(parameters)
          .map((g) => tf.reshape(g, [-1])),
      ),
    );
    const actual = await gradients.data();
    const norm = Math.hypot(...expected);
    const errorBetween = (from: number, to: number): number =>
      Math.sqrt(expected.slice(from, to).reduce((sum, value, i) => sum + (value - actual[from + i]!) ** 2, 0)) / norm;
    const firstLayer = 28 * c1;
    expect(actual.length).toBe(expected.length);
    expect(errorBetween(firstLayer, expected.length)).toBeLessThan(3e-6);
    // Of four million pre-activations in the first layer one or two lie so close to zero that rounding decides whether
    // ReLU lets their signal pass.
    expect(errorBetween(0, firstLayer)).toBeLessThan(size === 8 ? 3e-6 : 1e-3);
    tf.dispose([gradients, images, ...parameters]);
  });
});
