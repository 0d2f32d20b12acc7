import "@tensorflow/tfjs";
import {
  fromTorchLayout,
  fullyConnected,
  type NamedArrays,
  parametersToArrays,
  sequential,
  smallCnn,
  vgg,
} from "@sgdscope/models-cnn";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { referenceForward } from "../reference.js";

beforeAll(() => tf.setBackend("cpu"));

const network = smallCnn({ inputShape: [4, 6, 2], channels: [3], outputs: 2 });

describe("a state dict of PyTorch", () => {
  // What PyTorch computes, in its own layouts: NCHW, OIHW, flatten in (c, h, w) order.
  const random = seededRandom(1);
  const draw = (...shape: number[]) => ({
    shape,
    data: gaussian(
      shape.reduce((a, b) => a * b, 1),
      random,
    ),
  });
  const state = {
    "conv1.weight": draw(3, 2, 3, 3),
    "conv1.bias": draw(3),
    "dense.weight": draw(2, 3 * 2 * 3),
    "dense.bias": draw(2),
  };
  const x = gaussian(2 * 4 * 6, random); // [1, 2, 4, 6]
  const expected = torchForward(state, x);
  const channelsLast = Float64Array.from({ length: 48 }, (_, i) => x[(i % 2) * 24 + Math.floor(i / 2)]!);

  test("computes the same function in the layouts of TensorFlow", () => {
    const { params } = fromTorchLayout(state, network);
    expect(Object.keys(params)).toEqual(network.parameters.map(({ name }) => name));
    const found = referenceForward(network, params, channelsLast, 1);
    found.forEach((value, c) => expect(Math.abs(value - expected[c]!)).toBeLessThan(1e-5));
  });

  test("may name its modules otherwise: renamed, or matched by their order", () => {
    const other = Object.fromEntries(
      Object.entries(state).map(([name, array]) => [
        name.replace("conv1", "features.0").replace("dense", "classifier"),
        array,
      ]),
    );
    const { params } = fromTorchLayout(state, network);
    const rename = { "features.0": "conv1", classifier: "dense" };
    expect(fromTorchLayout(other, network, { rename }).params).toEqual(params);
    expect(fromTorchLayout(other, network, { match: "order" }).params).toEqual(params);
    expect(() => fromTorchLayout(other, network)).toThrow(
      /conv1\.kernel is missing.*features\.0\.kernel is not expected/,
    );
    const rest = { "classifier.weight": other["classifier.weight"]!, "classifier.bias": other["classifier.bias"]! };
    expect(() => fromTorchLayout(rest, network, { match: "order" })).toThrow(
      "expected 2 modules with weights (conv1, dense), got 1 (classifier)",
    );
  });

  test("says which shapes differ", () => {
    expect(() => fromTorchLayout({ ...state, "conv1.weight": draw(4, 2, 3, 3) }, network)).toThrow(
      "conv1.kernel has shape 3×3×2×4 instead of 3×3×2×3",
    );
  });
});

test("dense kernels are transposed, and rows of a flattened input taken as they are where it was channels last", () => {
  const dense = fullyConnected({ inputShape: [2], widths: [], outputs: 3 });
  const state: NamedArrays = {
    "dense1.weight": { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    "dense1.bias": { shape: [3], data: new Float32Array(3) },
  };
  expect(fromTorchLayout(state, dense).params["dense1.kernel"]).toEqual({
    shape: [2, 3],
    data: Float32Array.of(1, 3, 5, 2, 4, 6),
  });
  const image = sequential({
    inputShape: [1, 2, 2],
    layers: [{ layer: "flatten" }, { layer: "dense", units: 1, bias: false }],
  });
  const weight = { "dense1.weight": { shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) } };
  const kernel = (flattenOrder: "chw" | "hwc") =>
    fromTorchLayout(weight, image, { flattenOrder }).params["dense1.kernel"]!.data;
  expect(kernel("hwc")).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(kernel("chw")).toEqual(Float32Array.of(1, 3, 2, 4));
});

test("batch normalisation: weights become gamma, running statistics become buffers, the counter is dropped", () => {
  const model = vgg({ inputShape: [2, 2, 1], features: [2], widths: [], normalisation: "batch" });
  const vector = (...data: number[]) => ({ shape: [2], data: Float32Array.from(data) });
  const { params, buffers } = fromTorchLayout(
    {
      "0.weight": { shape: [2, 1, 3, 3], data: new Float32Array(18) },
      "1.weight": vector(1, 2),
      "1.bias": vector(3, 4),
      "1.running_mean": vector(5, 6),
      "1.running_var": vector(7, 8),
      "1.num_batches_tracked": { shape: [], data: BigInt64Array.of(9n) },
      "4.weight": { shape: [1, 8], data: new Float32Array(8) },
      "4.bias": { shape: [1], data: new Float32Array(1) },
    },
    model,
    { match: "order" },
  );
  expect(params["norm1.gamma"]).toEqual(vector(1, 2));
  expect(params["norm1.beta"]).toEqual(vector(3, 4));
  expect(buffers).toEqual({ "norm1.mean": vector(5, 6), "norm1.variance": vector(7, 8) });
  expect(model.withBuffers(buffers).buffers).toEqual(buffers);
});

test("parameters survive the way through tensors", async () => {
  const params = network.init(seededRandom(1));
  const arrays = await parametersToArrays(params);
  expect(Object.values(arrays).map(({ shape }) => shape)).toEqual([[3, 3, 2, 3], [3], [18, 2], [2]]);
  tf.dispose(params);
});

/** conv 3×3 (padding 1), ReLU, average pool 2×2, flatten, linear; x is [2, 4, 6]. */
function torchForward(state: Record<string, { data: Float64Array }>, x: Float64Array): Float64Array {
  const [w, b] = [state["conv1.weight"]!.data, state["conv1.bias"]!.data];
  const pooled = new Float64Array(3 * 2 * 3);
  for (let o = 0; o < 3; o++)
    for (let y = 0; y < 4; y++)
      for (let z = 0; z < 6; z++) {
        let sum = b[o]!;
        for (let c = 0; c < 2; c++)
          for (let p = 0; p < 3; p++)
            for (let q = 0; q < 3; q++) {
              const [row, column] = [y + p - 1, z + q - 1];
              if (row < 0 || row >= 4 || column < 0 || column >= 6) continue;
              sum += x[(c * 4 + row) * 6 + column]! * w[((o * 2 + c) * 3 + p) * 3 + q]!;
            }
        pooled[(o * 2 + Math.floor(y / 2)) * 3 + Math.floor(z / 2)]! += Math.max(sum, 0) / 4;
      }
  const [v, a] = [state["dense.weight"]!.data, state["dense.bias"]!.data];
  return Float64Array.from({ length: 2 }, (_, o) =>
    pooled.reduce((sum, value, i) => sum + value * v[o * 18 + i]!, a[o]!),
  );
}
