import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { parametersToArrays } from "@sgdscope/models-cnn";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { cases, usedBuffers } from "./cases.js";
import { referenceForward } from "./reference.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

const examples = 3;

describe.each(backends)("on %s", (backend) => {
  beforeAll(() => prepareBackend(backend));

  describe.each(cases)("%s", (_title, fresh) => {
    const network = fresh.withBuffers(usedBuffers(fresh));
    const draw = (): tf.Tensor => {
      const random = seededRandom(1);
      const size = network.inputShape.reduce((a, b) => a * b, examples);
      return tf.tensor(Float32Array.from(gaussian(size, random)), [examples, ...network.inputShape]);
    };
    const start = (): tf.NamedTensorMap => {
      const params = network.init(seededRandom(2));
      // Biases and shifts that are not zero, so that a forgotten one shows.
      return Object.fromEntries(
        Object.entries(params).map(([name, value], i) => {
          const moved = tf.tidy(() => tf.add(value, 0.1 + 0.01 * i));
          value.dispose();
          return [name, moved];
        }),
      );
    };

    test("is what plain Float64 loops compute, to 1e-5", async () => {
      const [params, x] = [start(), draw()];
      const y = network.apply(params, x);
      expect(y.shape).toEqual([examples, network.outputs]);
      const [found, input, arrays] = [await y.data(), await x.data(), await parametersToArrays(params)];
      const expected = referenceForward(network, arrays, input, examples);
      const scale = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
      expected.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5 * scale));
      tf.dispose([params, x, y]);
    });

    test("treats every example alone, the same way each time, and leaves nothing behind", async () => {
      const before = tf.memory().numTensors;
      const [params, x] = [start(), draw()];
      const y = network.apply(params, x);
      expect(tf.memory().numTensors).toBe(before + Object.keys(params).length + 2);
      const all = await y.data();
      const again = network.apply(params, x);
      expect(await again.data()).toEqual(all);
      for (let i = 0; i < examples; i++) {
        const row = tf.slice(x, [i], [1]);
        const one = network.apply(params, row);
        const alone = await one.data();
        alone.forEach((value, c) => {
          const together = all[i * network.outputs + c]!;
          expect(Math.abs(value - together)).toBeLessThan(1e-5 * Math.max(1, Math.abs(together)));
        });
        tf.dispose([row, one]);
      }
      tf.dispose([params, x, y, again]);
      expect(tf.memory().numTensors).toBe(before);
    });

    test("has finite gradients by every parameter that central differences confirm", async () => {
      const before = tf.memory().numTensors;
      const [params, x] = [start(), draw()];
      const names = Object.keys(params);
      const loss = (...values: tf.Tensor[]): tf.Scalar => {
        const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        return tf
          .sum(tf.square(network.apply(named, x)))
          .div(2 * examples)
          .asScalar();
      };
      const gradients = tf.grads(loss)(Object.values(params));
      // Float64 differences of the plain implementation, at one entry of each parameter.
      const [arrays, input] = [await parametersToArrays(params), await x.data()];
      for (const [k, name] of names.entries()) {
        const found = Float64Array.from(await gradients[k]!.data());
        expect(found.every(Number.isFinite)).toBe(true);
        const { shape, data } = arrays[name]!;
        const at = Math.floor(data.length / 2);
        const lossAt = (step: number): number => {
          const moved = Float64Array.from(data as Float32Array);
          moved[at]! += step;
          const y = referenceForward(network, { ...arrays, [name]: { shape, data: moved } }, input, examples);
          return y.reduce((sum, value) => sum + value * value, 0) / (2 * examples);
        };
        const difference = (lossAt(1e-6) - lossAt(-1e-6)) / 2e-6;
        const scale = found.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-2);
        expect(Math.abs(found[at]! - difference)).toBeLessThan(1e-3 * scale);
      }
      tf.dispose([params, x, gradients]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
