import "@tensorflow/tfjs";
import {
  fullyConnected,
  layerScales,
  type Network,
  parametersToArrays,
  rescaleLayers,
  resnet,
  smallCnn,
  vgg,
} from "@sgdscope/models-cnn";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { usedBuffers } from "./cases.js";
import { referenceForward } from "./reference.js";

beforeAll(() => tf.setBackend("cpu"));

const images = (network: Network, n: number): Float32Array =>
  Float32Array.from(gaussian(n * network.inputShape.reduce((a, b) => a * b, 1), seededRandom(9)));

/** Parameters with biases, gamma and beta that are not 0 or 1. */
async function usedParams(network: Network): Promise<Record<string, tf.Tensor>> {
  const fresh = network.init(seededRandom(4));
  const arrays = await parametersToArrays(fresh);
  tf.dispose(fresh);
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }], p) => [
      name,
      tf.tensor(
        Float32Array.from(data as Float32Array, (value, i) => value + (shape.length === 1 ? 0.3 * Math.sin(i + p) : 0)),
        shape,
      ),
    ]),
  );
}

const cases: [string, Network, Record<string, number>][] = [
  [
    "a fully connected network",
    fullyConnected({ inputShape: [6], widths: [5, 4], outputs: 2 }),
    { dense1: 3, dense2: 0.2 },
  ],
  ["a CNN", smallCnn({ inputShape: [8, 8, 3], channels: [3, 4], outputs: 2, pool: "max" }), { conv1: 5, conv2: 0.1 }],
  [
    "a VGG network whose normalisations are rescaled",
    vgg({ inputShape: [4, 4, 3], features: [3, "pool", 4, "pool"], widths: [], normalisation: "batch" }),
    { norm1: 4, norm2: 0.5 },
  ],
  [
    "a residual network, inside its branches and as a whole",
    resnet({ inputShape: [4, 4, 3], depth: 8, widths: [2, 3, 3], outputs: 2 }),
    {
      conv1: 2,
      "stage1.block1.conv1": 3,
      "stage1.block1.conv2": 2,
      "stage2.block1.conv2": 2,
      "stage3.block1.conv2": 2,
    },
  ],
];

describe("rescaleLayers", () => {
  test.each(cases)("leaves the function of %s as it is", async (_title, fresh, factors) => {
    const network = fresh.withBuffers(usedBuffers(fresh));
    const before = tf.memory().numTensors;
    const params = await usedParams(network);
    const x = tf.tensor(images(network, 3), [3, ...network.inputShape]);
    const rescaled = rescaleLayers(network, params, factors);
    const [y, z] = [network.apply(params, x), network.apply(rescaled, x)];
    const [expected, found] = [await y.data(), await z.data()];
    const scale = Math.max(...expected.map(Math.abs));
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * scale));
    const [old, now] = [await parametersToArrays(params), await parametersToArrays(rescaled)];
    expect(now).not.toEqual(old);
    expect(Object.keys(now)).toEqual(Object.keys(old));
    tf.dispose([params, x, y, z, rescaled]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("by powers of two leaves every bit of the outputs", async () => {
    const [, network] = cases[1]!;
    const params = await usedParams(network);
    const x = tf.tensor(images(network, 3), [3, ...network.inputShape]);
    const rescaled = rescaleLayers(network, params, { conv1: 8, conv2: 0.25 });
    const [y, z] = [network.apply(params, x), network.apply(rescaled, x)];
    expect(await z.data()).toEqual(await y.data());
    tf.dispose([params, x, y, z, rescaled]);
  });

  test.each(cases)("divides the curvature of %s by the factors of both parameters", async (_title, fresh, factors) => {
    const network = fresh.withBuffers(usedBuffers(fresh));
    const n = 2;
    const x = images(network, n);
    const targets = gaussian(n * network.outputs, seededRandom(2));
    const scales = layerScales(network, factors);
    const params = await usedParams(network);
    const point = new Map<string, Float64Array>();
    for (const [name, tensor] of Object.entries(params)) point.set(name, Float64Array.from(await tensor.data()));
    tf.dispose(params);
    /** L with some entries moved, in coordinates stretched by `stretch`; Float64. */
    const lossAt = (stretch: Record<string, number>, moves: [name: string, entry: number, by: number][]): number => {
      const arrays = Object.fromEntries(
        network.parameters.map(({ name, shape }) => {
          const data = point.get(name)!.map((value) => value * stretch[name]!);
          for (const [moved, entry, by] of moves) if (moved === name) data[entry]! += by;
          return [name, { shape, data }];
        }),
      );
      const outputs = referenceForward(network, arrays, x, n);
      return outputs.reduce((sum, value, i) => sum + (value - targets[i]!) ** 2, 0) / (2 * n);
    };
    /** ∂²L/∂a∂b by central differences, with steps of the same size in either coordinates. */
    const curvature = (stretch: Record<string, number>, a: string, b: string): number => {
      const h = 1e-4;
      const at = (s: number, t: number): number =>
        lossAt(stretch, [
          [a, 0, s * h],
          [b, 0, t * h],
        ]);
      return (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h * h);
    };
    const ones = Object.fromEntries(network.parameters.map(({ name }) => [name, 1]));
    const names = network.parameters.map(({ name }) => name);
    const pairs = names.map((name, i): [string, string] => [name, names[(i * 3 + 1) % names.length]!]);
    const scale = Math.max(...pairs.map(([a, b]) => Math.abs(curvature(ones, a, b))));
    for (const [a, b] of pairs) {
      const expected = curvature(ones, a, b);
      expect(Math.abs(curvature(scales, a, b) * scales[a]! * scales[b]! - expected)).toBeLessThan(1e-4 * scale);
    }
  });

  test("multiplies kernels with the ratio of two layers, biases with their own", () => {
    const network = fullyConnected({ inputShape: [6], widths: [5, 4], outputs: 2 });
    expect(layerScales(network, { dense1: 2, dense2: 8 })).toEqual({
      "dense1.kernel": 2,
      "dense1.bias": 2,
      "dense2.kernel": 4,
      "dense2.bias": 8,
      "dense3.kernel": 1 / 8,
      "dense3.bias": 1,
    });
    expect(Object.values(layerScales(network, {}))).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test.each<[string, Network, Record<string, number>, RegExp]>([
    [
      "the last layer",
      cases[0]![1],
      { dense3: 2 },
      /cannot scale the outputs of .* by 2, because that changes the function/,
    ],
    ["a layer that is not there", cases[0]![1], { dense9: 2 }, /has no layer dense9 with parameters/],
    ["a negative factor", cases[0]![1], { dense1: -1 }, /expected a positive factor for dense1, got -1/],
    [
      "a layer before tanh",
      fullyConnected({ inputShape: [6], widths: [5], outputs: 2, activation: "tanh" }),
      { dense1: 2 },
      /cannot scale the inputs of .* by 2, because tanh is not homogeneous/,
    ],
    [
      "a layer before batch normalisation",
      cases[2]![1],
      { conv1: 2 },
      /cannot scale the inputs of batch normalisation norm1/,
    ],
    [
      "one way through a block",
      cases[3]![1],
      { "stage1.block1.conv2": 2 },
      /expected the same scale on branch and shortcut of stage1\.block1, got 2 and 1/,
    ],
  ])("refuses %s", (_title, network, factors, message) => {
    expect(() => layerScales(network, factors)).toThrow(message);
  });

  test("refuses parameters that are not all there", () => {
    expect(() => rescaleLayers(cases[0]![1], {}, {})).toThrow(expect.objectContaining({ code: "PARAMETERS" }) as Error);
  });
});
