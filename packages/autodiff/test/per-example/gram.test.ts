import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { gram, gramSystem } from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { inputsOf, jacobianOf, networks, outer, paramsOf, values, type Network } from "./networks.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

/** Small enough that two examples hardly fit. */
const littleBytes = 4000;

describe.each(backends)("gram on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  describe.each(networks)("of $name", (network) => {
    it("is JJᵀ in one piece and in many", async () => {
      const params = paramsOf(network);
      const x = inputsOf(network, 7);
      const expected = outer(await jacobianOf(network, params, x), 7 * network.outputs);
      const whole = await gram(network, params, x);
      expect(whole).toMatchObject({ examples: 7, outputs: network.outputs });
      expect(relativeError(whole.gram, expected)).toBeLessThan(1e-5);
      const chunked = await gram(network, params, x, { chunkBytes: littleBytes });
      expect(relativeError(chunked.gram, expected)).toBeLessThan(1e-5);
      tf.dispose([params, x]);
    });

    it("is the sum of the parts of its parameters", async () => {
      const params = paramsOf(network);
      const x = inputsOf(network, 4);
      const rows = 4 * network.outputs;
      const jacobian = await jacobianOf(network, params, x);
      const width = jacobian.length / rows;
      const { gram: whole, parameters } = await gram(network, params, x, { perParameter: true, chunkBytes: 20_000 });
      expect(Object.keys(parameters!)).toEqual(Object.keys(params));
      let start = 0;
      for (const [name, { size }] of Object.entries(params)) {
        const own = Array.from({ length: rows }, (_, i) => jacobian.slice(i * width + start, i * width + start + size));
        const expected = outer(
          own.flatMap((row) => [...row]),
          rows,
        );
        const scale = Math.hypot(...whole);
        const apart = Math.hypot(...expected.map((value, at) => value - parameters![name]![at]!));
        expect(apart / scale, name).toBeLessThan(1e-5);
        start += size;
      }
      const sum = whole.map((_, at) => Object.values(parameters!).reduce((total, part) => total + part[at]!, 0));
      expect(relativeError(sum, whole)).toBeLessThan(1e-12);
      tf.dispose([params, x]);
    });
  });

  it("leaves no tensors behind", async () => {
    for (const network of networks) {
      const params = paramsOf(network);
      const x = inputsOf(network, 5);
      const before = tf.memory().numTensors;
      await gram(network, params, x);
      await gram(network, params, x, { chunkBytes: littleBytes, check: true });
      expect(tf.memory().numTensors, network.name).toBe(before);
      tf.dispose([params, x]);
    }
  });

  it("is symmetric, positive semidefinite and the same for every chunk size", async () => {
    const network = networks.find(({ name }) => name.startsWith("convolutions with strides"))!;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 10, max: 22 }),
        async (examples, seed, log2) => {
          const params = paramsOf(network, seed);
          const x = inputsOf(network, examples, seed + 1);
          const { gram: k } = await gram(network, params, x);
          const { gram: chunked } = await gram(network, params, x, { chunkBytes: 2 ** log2 });
          tf.dispose([params, x]);
          const size = examples * network.outputs;
          for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) expect(k[i * size + j]).toBe(k[j * size + i]);
          expect(isSemidefinite(k, size)).toBe(true);
          expect(relativeError(chunked, k)).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  });
});

describe("gram", () => {
  const network = networks.find(({ name }) => name.startsWith("dense, tanh"))!;
  const wide: Network = {
    name: "wide",
    inputShape: [3, 3, 16],
    outputs: 2,
    shapes: { k1: [2, 2, 16, 24], k2: [2, 2, 24, 16], w: [16, 2] },
    apply: ({ k1, k2, w }, x) => {
      const first = tf.tanh(tf.conv2d(x as tf.Tensor4D, k1 as tf.Tensor4D, 1, "valid"));
      const second = tf.tanh(tf.conv2d(first, k2 as tf.Tensor4D, 1, "valid"));
      return tf.matMul(tf.reshape(second, [x.shape[0], 16]), w as tf.Tensor2D);
    },
  };
  beforeAll(async () => {
    await tf.setBackend("cpu");
  });

  it("multiplies filters on small images over pairs of positions, with few and with many chunks", async () => {
    const params = paramsOf(wide);
    const x = inputsOf(wide, 6);
    const expected = outer(await jacobianOf(wide, params, x), 12);
    for (const chunkBytes of [2 ** 28, 60_000, 5_000]) {
      const found = await gram(wide, params, x, { chunkBytes });
      expect(relativeError(found.gram, expected)).toBeLessThan(1e-5);
    }
    tf.dispose([params, x]);
  });

  it("forms rows of wide filters late and in pieces", async () => {
    const filters: Network = {
      name: "filters with more entries than their signals have",
      inputShape: [3, 3, 4],
      outputs: 1,
      shapes: { k: [3, 3, 4, 2], w: [18, 1] },
      apply: ({ k, w }, x) => {
        const features = tf.tanh(tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, 1, "same"));
        return tf.matMul(tf.reshape(features, [x.shape[0], 18]), w as tf.Tensor2D);
      },
    };
    const params = paramsOf(filters);
    const x = inputsOf(filters, 40);
    const expected = outer(await jacobianOf(filters, params, x), 40);
    for (const chunkBytes of [2 ** 28, 30_000, 3_000]) {
      const found = await gram(filters, params, x, { chunkBytes });
      expect(relativeError(found.gram, expected)).toBeLessThan(1e-5);
    }
    tf.dispose([params, x]);
  });

  it("has the outputs with it, and residuals for targets", async () => {
    const params = paramsOf(network);
    const x = inputsOf(network, 5);
    const y = values([5, 1], 9);
    const outputs = network.apply(params, x);
    const f = await outputs.data();
    const targets = await y.data();
    const system = await gramSystem(network, params, x, y, { chunkBytes: littleBytes });
    expect([...system.predictions]).toEqual([...f]);
    expect([...system.residuals]).toEqual([...f].map((value, i) => value - targets[i]!));
    const fromArrays = await gramSystem(network, params, (await x.data()) as Float32Array, targets);
    expect(fromArrays.gram).toEqual((await gram(network, params, x)).gram);
    expect(fromArrays.residuals).toEqual(system.residuals);
    tf.dispose([params, x, y, outputs]);
  });

  it("takes parameters by their data, as variables after an assignment have it", async () => {
    const { w, b } = paramsOf({ shapes: { w: [3, 2], b: [2] } }) as { w: tf.Tensor2D; b: tf.Tensor1D };
    const variables = { w: tf.variable(tf.zeros<tf.Rank.R2>([3, 2])), b: tf.variable(tf.zeros<tf.Rank.R1>([2])) };
    const x = inputsOf({ inputShape: [3] }, 4);
    const apply = (at: { w: tf.Tensor2D; b: tf.Tensor1D }, from: tf.Tensor): tf.Tensor =>
      tf.tanh(tf.add(tf.matMul(from as tf.Tensor2D, at.w), at.b));
    const plain = await gram({ apply: (at, from) => apply(at as never, from) }, { w, b }, x);
    const throughVariables = {
      apply: (at: Record<string, tf.Tensor>, from: tf.Tensor) => {
        variables.w.assign(at["w"] as tf.Tensor2D);
        variables.b.assign(at["b"] as tf.Tensor1D);
        return apply(variables, from);
      },
    };
    expect((await gram(throughVariables, { w, b }, x)).gram).toEqual(plain.gram);
    tf.dispose([w, b, x, variables.w, variables.b]);
  });
});

/** Whether K + ε has a Cholesky factor. */
function isSemidefinite(k: Float64Array, size: number): boolean {
  const trace = Array.from({ length: size }, (_, i) => k[i * size + i]!).reduce((sum, each) => sum + each, 0);
  const l = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = k[i * size + j]! + (i === j ? 1e-5 * trace : 0);
      for (let m = 0; m < j; m++) sum -= l[i * size + m]! * l[j * size + m]!;
      if (i === j && !(sum > 0)) return false;
      l[i * size + j] = i === j ? Math.sqrt(sum) : sum / l[j * size + j]!;
    }
  }
  return true;
}
