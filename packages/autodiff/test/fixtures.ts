import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";

/** Folder of the PyTorch references; see the README of the workspace. */
export const fixturesDirectory = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];

const readers = {
  float64: (buffer: ArrayBuffer) => new Float64Array(buffer),
  float32: (buffer: ArrayBuffer) => new Float32Array(buffer),
  int32: (buffer: ArrayBuffer) => new Int32Array(buffer),
  int8: (buffer: ArrayBuffer) => new Int8Array(buffer),
};

export interface Fixture {
  array(name: string): { shape: number[]; data: ArrayLike<number> & Iterable<number> };
  exact: {
    H_trace: number;
    H_fro: number;
    H_top10: number[];
    G_trace: number;
    G_fro: number;
    G_top10: number[];
    layers_blockdiag: Record<string, { G_trace: number; G_fro: number }>;
  };
  scalars: { lambda_max64: number; loss64: number };
  params(): tf.NamedTensorMap;
  x(): tf.Tensor4D;
  targets(): tf.Tensor;
}

/** One of tiny_init, tiny_interp, small_mid. */
export function readFixture(name: string): Fixture {
  const directory = fixturesDirectory!;
  const json = (file: string): unknown => JSON.parse(readFileSync(join(directory, file), "utf8"));
  const manifest = json(`${name}.bin/manifest.json`) as Record<
    string,
    { dtype: keyof typeof readers; shape: number[]; file: string }
  >;
  const array: Fixture["array"] = (key) => {
    const { dtype, shape, file } = manifest[key]!;
    const bytes = readFileSync(join(directory, `${name}.bin`, file));
    return { shape, data: readers[dtype](Uint8Array.from(bytes).buffer) };
  };
  const tensor = (key: string): tf.Tensor => {
    const { shape, data } = array(key);
    return tf.tensor(Float32Array.from(data), shape, "float32");
  };
  const names = ["conv1.kernel", "conv1.bias", "conv2.kernel", "conv2.bias", "dense.kernel", "dense.bias"];
  return {
    array,
    exact: json(`${name}.exact.json`) as Fixture["exact"],
    scalars: json(`${name}.json`) as Fixture["scalars"],
    params: () => Object.fromEntries(names.map((key) => [key, tensor(key)])),
    x: () => tensor("x") as tf.Tensor4D,
    targets: () => tf.tidy(() => tf.oneHot(tf.tensor1d(Int32Array.from(array("labels").data), "int32"), 10).toFloat()),
  };
}

/** The network of the fixtures: two convolutions with ReLU and average pooling, one dense layer. */
export const fixtureModel = {
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const block = (input: tf.Tensor4D, layer: string): tf.Tensor4D =>
        tf.avgPool(
          tf.relu(
            tf.add(tf.conv2d(input, params[`${layer}.kernel`] as tf.Tensor4D, 1, "same"), params[`${layer}.bias`]!),
          ),
          2,
          2,
          "valid",
        );
      const features = block(block(x as tf.Tensor4D, "conv1"), "conv2");
      const flat = tf.reshape(features, [x.shape[0], -1]);
      return tf.add(tf.matMul(flat, params["dense.kernel"]!), params["dense.bias"]!);
    });
  },
};

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}
