import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { expectSame, kernel, make, random } from "../support.js";

beforeAll(() => prepareBackend("wasm").then(() => undefined));

const shapes = [[], [1], [3], [7, 1], [2, 3, 5], [4, 8], [33, 31], [0], [2, 0, 3]];

describe.each(["Add", "Sub", "Multiply"])("%s of arrays", (name) => {
  it.each(shapes.map((shape) => [shape]))("agrees with cpu to the bit: [%j]", async (shape) =>
    expectSame({ a: random(shape), b: random(shape, 2) }, kernel(name), { tolerance: 1e-12 }),
  );

  it("agrees with cpu where shapes broadcast", async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shape, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), async (full, ones) => {
        const other = full.map((size, axis) => (ones[axis] === true ? 1 : size));
        await expectSame({ a: random(full), b: random(other, 2) }, kernel(name), { tolerance: 1e-6 });
        await expectSame({ a: random(other), b: random(full, 2) }, kernel(name), { tolerance: 1e-6 });
      }),
      { numRuns: 40 },
    );
  });

  it("agrees with cpu for one number and an array, integers, and both kinds together", async () => {
    await expectSame({ a: random([5, 7]), b: random([]) }, kernel(name));
    await expectSame({ a: random([1]), b: random([5, 7]) }, kernel(name));
    await expectSame({ a: random([3]), b: random([1, 1]) }, kernel(name));
    const whole = { shape: [3], values: Int32Array.of(1, -2, 3), dtype: "int32" as const };
    await expectSame({ a: whole, b: whole }, kernel(name));
  });
});

describe("Relu, Step and Fill", () => {
  it.each(shapes.map((shape) => [shape]))("agree with cpu to the bit: [%j]", async (shape) => {
    await expectSame({ x: random(shape) }, kernel("Relu"), { tolerance: 1e-12 });
    await expectSame({ x: random(shape) }, kernel("Step", { alpha: 0 }), { tolerance: 1e-12 });
    await expectSame({ x: random(shape) }, kernel("Step", { alpha: 0.25 }), { tolerance: 1e-12 });
    await expectSame({}, () => tf.fill(shape, -1.5), { tolerance: 1e-12 });
  });

  it("keep what is not a number, and know both infinities and both zeros", async () => {
    await tf.setBackend("wasm");
    const x = tf.tensor1d([NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-45]);
    const [relu, step, leaky] = [tf.relu(x), tf.step(x), tf.step(x, 0.5)];
    expect(Array.from(await relu.data())).toEqual([NaN, Infinity, 0, 0, 0, Math.fround(1e-45), 0]);
    expect(Array.from(await step.data())).toEqual([NaN, 1, 0, 0, 0, 1, 0]);
    expect(Array.from(await leaky.data())).toEqual([NaN, 1, 0.5, 0.5, 0.5, 1, 0.5]);
    tf.dispose([x, relu, step, leaky]);
  });

  it("leave other types to the backend", async () => {
    const whole = { shape: [3], values: Int32Array.of(1, -2, 3), dtype: "int32" as const };
    await expectSame({ x: whole }, kernel("Relu"));
    await expectSame({}, () => tf.fill([2, 3], 7, "int32"));
  });
});

describe("large arrays, which several threads share", () => {
  it.each(["Add", "Sub", "Multiply"])("%s agrees with cpu to the bit", async (name) =>
    expectSame({ a: random([701, 1003]), b: random([701, 1003], 2) }, kernel(name), { tolerance: 1e-12 }),
  );
  it.each(["Relu", "Step"])("%s agrees with cpu to the bit", async (name) =>
    expectSame({ x: random([701, 1003]) }, kernel(name, name === "Step" ? { alpha: 0 } : {}), { tolerance: 1e-12 }),
  );
  it("a bias, one number and average pools agree with cpu", async () => {
    await expectSame({ a: random([9001, 77]), b: random([77]) }, kernel("Add"));
    await expectSame({ a: random([9001, 77]), b: random([]) }, kernel("Multiply"));
    const pool = { filterSize: [2, 2], strides: [2, 2], pad: "valid" };
    await expectSame({ dy: random([33, 16, 16, 12]), input: random([33, 32, 32, 12]) }, kernel("AvgPoolGrad", pool));
  });
});

describe("ReluGrad", () => {
  it.each(shapes.map((shape) => [shape]))("lets through what comes back above zero: [%j]", async (shape) => {
    await tf.setBackend("wasm");
    const [dy, x] = [random(shape), random(shape, 2)];
    const [signal, input] = [dy, x].map(make);
    const passed = kernel("ReluGrad")({ dy: signal!, x: input! }) as tf.Tensor;
    expect(passed.shape).toEqual(shape);
    expect(Array.from(await passed.data())).toEqual(Array.from(dy.values, (each, k) => (x.values[k]! > 0 ? each : 0)));
    tf.dispose([signal!, input!, passed]);
  });
});

describe("Add of a bias", () => {
  it.each([
    [[4, 5], [5]],
    [[5], [4, 5]],
    [[2, 3, 3, 37], [37]],
    [
      [2, 3, 3, 6],
      [1, 1, 1, 6],
    ],
    [
      [2, 3, 3, 6],
      [3, 6],
    ],
    [[4, 1], [1]],
    [
      [4, 5],
      [4, 1],
    ],
    [[3], [3]],
    [
      [1, 3],
      [1, 1, 3],
    ],
  ])("agrees with cpu: [%j] + [%j]", async (a, b) => expectSame({ a: random(a), b: random(b, 2) }, kernel("Add")));

  it("keeps what is not a number", async () => {
    await tf.setBackend("wasm");
    const sum = tf.tidy(() => tf.add(tf.tensor2d([1, NaN, Infinity, -Infinity], [2, 2]), tf.tensor1d([1, 1])));
    expect(Array.from(await sum.data())).toEqual([2, NaN, Infinity, -Infinity]);
    sum.dispose();
  });
});
