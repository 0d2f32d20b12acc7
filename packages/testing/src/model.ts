import { gaussian, seededRandom } from "@sgdscope/random";
import type * as tfjs from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allclose } from "./allclose.js";
import { tensorflow, type TensorFlow } from "./tensorflow.js";

/** A function of parameters: pure, no hidden state. */
export interface Model {
  name: string;
  inputShape: number[];
  outputs: number;
  init(random: () => number): tfjs.NamedTensorMap;
  apply(params: tfjs.NamedTensorMap, x: tfjs.Tensor): tfjs.Tensor;
}

export interface TestModelOptions {
  /** Prepares the backend, once, before the model is made; default: the active one. */
  prepare?: () => Promise<unknown>;
  /** Examples in a batch, ≥ 2; default 4. */
  examples?: number;
  /** Inputs of `examples` examples, row-major; default standard normal numbers. */
  inputs?: ArrayLike<number>;
  /** Of outputs, relative to the largest; default 1e-5. */
  tolerance?: number;
  /** Of the slope of ½Σf² along its gradient, which central differences in Float32 confirm; relative, default 0.02. */
  gradientTolerance?: number;
  /** Default 1. */
  seed?: number;
}

/**
 * Registers the tests that every `Model` must pass: parameters that follow from the generator, outputs of the right shape, each from its
 * own example alone, the same each time; parameters and inputs left as they were; no tensor leaked; and gradients by every parameter that
 * are finite and that central differences confirm.
 *
 * Needs TensorFlow.js with its gradients (import `@sgdscope/compute` or `@tensorflow/tfjs` in the test file).
 */
export function testModel(name: string, makeModel: () => Model | Promise<Model>, options: TestModelOptions = {}): void {
  const { examples = 4, tolerance = 1e-5, gradientTolerance = 0.02, seed = 1 } = options;
  describe(`${name} is a model`, () => {
    let tf: TensorFlow;
    let model: Model;
    let params: tfjs.NamedTensorMap;
    let x: tfjs.Tensor;
    let outputs: Float32Array;
    let tensorsBefore: number;

    beforeAll(async () => {
      tf = await tensorflow("testModel");
      await options.prepare?.();
      model = await makeModel();
      tensorsBefore = tf.memory().numTensors;
      params = model.init(seededRandom(seed));
      const size = model.inputShape.reduce((a, b) => a * b, examples);
      const values = Float32Array.from(options.inputs ?? gaussian(size, seededRandom(seed).stream("inputs")));
      x = tf.tensor(values, [examples, ...model.inputShape]);
      outputs = await read(() => model.apply(params, x));
    });
    afterAll(() => {
      tf.dispose([params, x]);
      expect(tf.memory().numTensors, "tensors at the end").toBe(tensorsBefore);
      (model as { dispose?: () => void }).dispose?.();
    });

    /** The numbers of a tensor that is disposed. */
    async function read(make: () => tfjs.Tensor): Promise<Float32Array> {
      const tensor = make();
      const data = (await tensor.data()) as Float32Array;
      tensor.dispose();
      return data;
    }
    const valuesOf = (tensors: tfjs.NamedTensorMap): Promise<Float32Array[]> =>
      Promise.all(Object.values(tensors).map(async (tensor) => Float32Array.from(await tensor.data())));

    test("has a name, the shape of an input and a number of outputs", () => {
      expect(model.name, "name").toMatch(/\S/);
      for (const value of [...model.inputShape, model.outputs])
        expect(Number.isInteger(value) && value > 0, `sizes are positive integers, got ${value}`).toBe(true);
    });

    test("starts from finite Float32 parameters that are a function of the generator", async () => {
      expect(Object.keys(params).length, "number of parameters").toBeGreaterThan(0);
      for (const [key, tensor] of Object.entries(params)) expect(tensor.dtype, `dtype of ${key}`).toBe("float32");
      const [again, other] = [model.init(seededRandom(seed)), model.init(seededRandom(seed + 1))];
      const [first, second, third] = [await valuesOf(params), await valuesOf(again), await valuesOf(other)];
      tf.dispose([again, other]);
      expect(first.flatMap((values) => Array.from(values)).every(Number.isFinite), "parameters are finite").toBe(true);
      expect(second, "the same generator gives the same parameters").toEqual(first);
      expect(third, "another generator gives other parameters").not.toEqual(first);
      expect(Object.keys(again), "names and their order").toEqual(Object.keys(params));
    });

    test("gives finite Float32 outputs [n, outputs]", () => {
      for (const n of [1, examples]) {
        const y = tf.tidy(() => model.apply(params, tf.slice(x, [0], [n])));
        expect(y.shape, `shape of the outputs of ${n}`).toEqual([n, model.outputs]);
        expect(y.dtype, "dtype of the outputs").toBe("float32");
        y.dispose();
      }
      expect(outputs.every(Number.isFinite), "outputs are finite").toBe(true);
    });

    test("gives the same outputs each time, and leaves parameters and inputs as they were", async () => {
      const [before, input] = [await valuesOf(params), Float32Array.from(await x.data())];
      const again = await read(() => model.apply(params, x));
      expect(allclose(again, outputs, { relative: tolerance, relativeTo: "largest" })).toMatchObject({ close: true });
      expect(await valuesOf(params), "parameters").toEqual(before);
      expect(await x.data(), "inputs").toEqual(input);
    });

    test("computes row i from example i alone", async () => {
      for (let i = 0; i < examples; i++) {
        const alone = await read(() => tf.tidy(() => model.apply(params, tf.slice(x, [i], [1]))));
        const row = outputs.subarray(i * model.outputs, (i + 1) * model.outputs);
        const scale = outputs.reduce((m, value) => Math.max(m, Math.abs(value)), 0);
        const { close, report } = allclose(alone, row, { relative: 0, absolute: tolerance * scale + 1e-12 });
        expect(close, `example ${i}: ${report}`).toBe(true);
      }
    });

    test("leaves no tensor behind but its result", () => {
      const before = tf.memory().numTensors;
      const y = model.apply(params, x);
      expect(tf.memory().numTensors - before, "new tensors after apply").toBe(1);
      expect(x.isDisposed || Object.values(params).some((p) => p.isDisposed), "arguments are disposed").toBe(false);
      y.dispose();
    });

    test("has finite gradients by every parameter that central differences confirm", async () => {
      const before = tf.memory().numTensors;
      const names = Object.keys(params);
      const loss = (...values: tfjs.Tensor[]): tfjs.Scalar => {
        const named = Object.fromEntries(names.map((key, i) => [key, values[i]!]));
        return tf.tidy(() => tf.mul(tf.sum(tf.square(model.apply(named, x))), 0.5 / examples));
      };
      const gradients = tf.grads(loss)(Object.values(params));
      let squared = 0;
      for (const [i, gradient] of gradients.entries()) {
        expect(gradient.shape, `shape of the gradient by ${names[i]!}`).toEqual(params[names[i]!]!.shape);
        const data = await gradient.data();
        expect((data as Float32Array).every(Number.isFinite), `gradient by ${names[i]!} is finite`).toBe(true);
        for (const value of data) squared += value * value;
      }
      const [value] = await read(() => loss(...Object.values(params)));
      if (squared > 0) {
        // A step along the gradient that changes the loss by a hundredth: far above rounding, far below curvature and most kinks.
        const step = (0.01 * value!) / squared;
        const lossAt = (sign: number) =>
          read(() =>
            tf.tidy(() => loss(...names.map((key, i) => tf.add(params[key]!, tf.mul(gradients[i]!, sign * step))))),
          );
        const [[above], [below]] = [await lossAt(1), await lossAt(-1)];
        const slope = (above! - below!) / (2 * step);
        expect(Math.abs(slope / squared - 1), `‖∇‖² is ${squared}, central differences give ${slope}`).toBeLessThan(
          gradientTolerance,
        );
      }
      tf.dispose(gradients);
      expect(tf.memory().numTensors, "tensors after the gradients").toBe(before);
    });
  });
}
