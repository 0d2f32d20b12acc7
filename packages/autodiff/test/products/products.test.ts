import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  flatten,
  gaussNewtonOperator,
  gaussNewtonVectorProduct,
  hessianOperator,
  hessianVectorProduct,
  jacobianVectorProduct,
  squareLoss,
  unflatten,
  vectorJacobianProduct,
} from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { values } from "../second-order/conformance.js";

const [n, d, hidden, outputs] = [7, 3, 4, 2];

/** Two layers with tanh. */
const model = {
  apply: (params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor =>
    tf.tidy(() => tf.add(tf.matMul(tf.tanh(tf.matMul(x, params["w1"]!)), params["w2"]!), params["b"]!)),
};
const inputs = Float32Array.from(values(n * d, 1));
const targets = Float32Array.from(values(n * outputs, 2));
const data = { size: n, inputShape: [d], outputs, inputs, targets };

let params: tf.NamedTensorMap;
let x: tf.Tensor;
let y: tf.Tensor;
let before = 0;

beforeAll(async () => {
  await prepareBackend("wasm");
});
beforeEach(() => {
  before = tf.memory().numTensors;
  params = {
    w1: tf.tensor(values(d * hidden, 3), [d, hidden]),
    w2: tf.tensor(values(hidden * outputs, 4), [hidden, outputs]),
    b: tf.tensor(values(outputs, 5), [outputs]),
  };
  x = tf.tensor(inputs, [n, d]);
  y = tf.tensor(targets, [n, outputs]);
});
afterEach(() => {
  tf.dispose([params, x, y]);
  expect(tf.memory().numTensors).toBe(before);
});

const size = d * hidden + hidden * outputs + outputs;
const direction = Float64Array.from(values(size, 6));

async function consumed(tensors: tf.NamedTensorMap): Promise<Float64Array> {
  const flat = await flatten(tensors);
  tf.dispose(tensors);
  return flat;
}

/** J in Float64 by rows (i·C + c), from the chain rule written out. */
async function denseJacobian(): Promise<number[][]> {
  const w1 = Array.from(await params["w1"]!.data());
  const w2 = Array.from(await params["w2"]!.data());
  return Array.from({ length: n * outputs }, (_, row) => {
    const [i, c] = [Math.floor(row / outputs), row % outputs];
    const input = Array.from(inputs.slice(i * d, i * d + d));
    const active = Array.from({ length: hidden }, (__, k) =>
      Math.tanh(input.reduce((sum, each, j) => sum + each * w1[j * hidden + k]!, 0)),
    );
    return [
      ...input.flatMap((each) => active.map((a, k) => each * (1 - a * a) * w2[k * outputs + c]!)),
      ...active.flatMap((a) => Array.from({ length: outputs }, (__, o) => (o === c ? a : 0))),
      ...Array.from({ length: outputs }, (__, o) => (o === c ? 1 : 0)),
    ];
  });
}

const times = (rows: readonly number[][], v: ArrayLike<number>): number[] =>
  rows.map((row) => row.reduce((sum, each, i) => sum + each * v[i]!, 0));
const transposedTimes = (rows: readonly number[][], u: ArrayLike<number>): number[] =>
  rows[0]!.map((_, j) => rows.reduce((sum, row, i) => sum + row[j]! * u[i]!, 0));

describe("flatten and unflatten", () => {
  it("go through the parameters in the order of their keys, row-major, and back", async () => {
    const flat = await flatten(params);
    expect(Array.from(flat)).toEqual([...values(d * hidden, 3), ...values(hidden * outputs, 4), ...values(outputs, 5)]);
    const back = unflatten(flat, params);
    expect(Object.keys(back)).toEqual(["w1", "w2", "b"]);
    expect(back["w2"]!.shape).toEqual([hidden, outputs]);
    expect(await consumed(back)).toEqual(flat);
  });

  it("refuse a vector of another length", () => {
    expect(() => unflatten(new Float64Array(size + 1), params)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error,
    );
  });
});

describe("products with the Jacobian", () => {
  it("are those with the dense Jacobian", async () => {
    const jacobian = await denseJacobian();
    const v = unflatten(direction, params);
    const u = tf.tensor(values(n * outputs, 7), [n, outputs]);
    const forward = jacobianVectorProduct((at) => model.apply(at, x), params, v);
    const backward = vectorJacobianProduct((at) => model.apply(at, x), params, u);
    expect(relativeError(await forward.data(), times(jacobian, direction))).toBeLessThan(1e-6);
    expect(relativeError(await consumed(backward), transposedTimes(jacobian, values(n * outputs, 7)))).toBeLessThan(
      1e-6,
    );
    tf.dispose([forward, v, u]);
  });

  it("make the Gauss–Newton product (1/n) JᵀJv", async () => {
    const jacobian = await denseJacobian();
    const v = unflatten(direction, params);
    const product = gaussNewtonVectorProduct((at, inputs) => model.apply(at, inputs), params, x, v);
    const expected = transposedTimes(jacobian, times(jacobian, direction)).map((each) => each / n);
    expect(relativeError(await consumed(product), expected)).toBeLessThan(1e-6);
    tf.dispose(v);
  });
});

describe("squareLoss", () => {
  it("is half the mean over examples of the squared error, summed over outputs", async () => {
    const loss = squareLoss(model, params, x, y);
    const predicted = model.apply(params, x);
    const errors = Array.from(await predicted.data()).map((each, i) => (each - targets[i]!) ** 2);
    expect((await loss.data())[0]).toBeCloseTo(errors.reduce((sum, each) => sum + each, 0) / (2 * n), 6);
    tf.dispose([loss, predicted]);
  });

  it("refuses targets of another shape", () => {
    const wrong = tf.zeros([n, 1]);
    expect(() => squareLoss(model, params, x, wrong)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error,
    );
    wrong.dispose();
  });
});

describe.each([
  { name: "hessianOperator", operator: hessianOperator },
  { name: "gaussNewtonOperator", operator: gaussNewtonOperator },
])("$name", ({ operator }) => {
  const single = (): tf.NamedTensorMap => {
    const v = unflatten(direction, params);
    const product =
      operator === hessianOperator
        ? hessianVectorProduct((at) => squareLoss(model, at, x, y), params, v)
        : gaussNewtonVectorProduct((at, examples) => model.apply(at, examples), params, x, v);
    tf.dispose(v);
    return product;
  };

  it.each([1, 2, 3, 4, 6, 7, 100])("gives the product of the whole batch in chunks of %i", async (chunkSize) => {
    const expected = await consumed(single());
    for (const keepBytes of [undefined, 0, 20_000]) {
      const chunked = operator(model, params, data, { chunkSize, ...(keepBytes === undefined ? {} : { keepBytes }) });
      expect(chunked.size).toBe(size);
      expect(relativeError(await chunked.apply(direction), expected)).toBeLessThan(1e-6);
      expect(relativeError(await chunked.apply(direction), expected)).toBeLessThan(1e-6);
      chunked.dispose();
    }
  });

  it("takes tensors as well as arrays, and keeps its own copy of the parameters", async () => {
    const expected = await consumed(single());
    const copies = unflatten(await flatten(params), params);
    const chunked = operator(model, copies, { inputs: x, targets: y }, { chunkSize: 3 });
    tf.dispose(copies);
    expect(relativeError(await chunked.apply(direction), expected)).toBeLessThan(1e-6);
    chunked.dispose();
  });

  it("is symmetric", async () => {
    const chunked = operator(model, params, data);
    const other = Float64Array.from(values(size, 8));
    const [hv, hu] = [await chunked.apply(direction), await chunked.apply(other)];
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, each, i) => sum + each * b[i]!, 0);
    expect(Math.abs(dot(other, hv) - dot(direction, hu))).toBeLessThan(1e-5);
    chunked.dispose();
  });

  it("uses the same memory after a thousand products", async () => {
    const chunked = operator(model, params, data, { chunkSize: 4 });
    await chunked.apply(direction);
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 1000; i++) await chunked.apply(direction);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    chunked.dispose();
  });

  it("gives the same bits each time", async () => {
    const chunked = operator(model, params, data, { chunkSize: 3 });
    const first = await chunked.apply(direction);
    expect(await chunked.apply(direction)).toEqual(first);
    chunked.dispose();
  });

  it("refuses data and vectors that do not fit, and use after dispose", async () => {
    const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;
    expect(() => operator(model, params, { ...data, size: n + 1 })).toThrow(code("INVALID_ARGUMENT"));
    const few = tf.slice(y, 0, 2);
    expect(() => operator(model, params, { inputs: x, targets: few })).toThrow(code("INVALID_ARGUMENT"));
    few.dispose();
    expect(() => operator(model, params, data, { chunkSize: 0 })).toThrow(code("INVALID_ARGUMENT"));
    const chunked = operator(model, params, data);
    await expect(chunked.apply(new Float64Array(size - 1))).rejects.toThrow(code("INVALID_ARGUMENT"));
    chunked.dispose();
    chunked.dispose();
    await expect(chunked.apply(direction)).rejects.toThrow(code("DISPOSED"));
  });
});
