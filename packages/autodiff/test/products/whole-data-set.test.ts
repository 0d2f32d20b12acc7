import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  flatten,
  gaussNewtonOperator,
  gaussNewtonVectorProduct,
  hessianOperator,
  hessianVectorProduct,
  squareLoss,
  unflatten,
  type ReadableExamples,
} from "../../src/index.js";
import { fixtureModel, relativeError } from "../fixtures.js";
import { values } from "../second-order/conformance.js";

const [n, side, outputs] = [45, 8, 10];
const width = side * side * 3;
const inputs = Float32Array.from(values(n * width, 1));
const targets = Float32Array.from(values(n * outputs, 2));
const data = { size: n, inputShape: [side, side, 3], outputs, inputs, targets };

/** The same examples, read on demand; `calls` remembers which. */
function readable(calls: [start: number, count: number][] = []): ReadableExamples {
  return {
    size: n,
    inputShape: [side, side, 3],
    outputs,
    read: async (start, count) => {
      calls.push([start, count]);
      await Promise.resolve();
      return {
        inputs: inputs.subarray(start * width, (start + count) * width),
        targets: targets.subarray(start * outputs, (start + count) * outputs),
      };
    },
  };
}

const shapes = {
  "conv1.kernel": [3, 3, 3, 4],
  "conv1.bias": [4],
  "conv2.kernel": [3, 3, 4, 8],
  "conv2.bias": [8],
  "dense.kernel": [32, 10],
  "dense.bias": [10],
};
const freshParams = (): tf.NamedTensorMap =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      tf.tensor(values(tf.util.sizeFromShape(shape), i + 3, -0.4, 0.4), shape),
    ]),
  );
const size = 738;
const v = Float64Array.from(values(size, 20));

beforeAll(async () => {
  await prepareBackend("wasm");
});

describe.each([
  { name: "hessianOperator", operator: hessianOperator },
  { name: "gaussNewtonOperator", operator: gaussNewtonOperator },
])("$name over mini-batches", ({ operator }) => {
  /** The product of the whole batch at once. */
  async function whole(params: tf.NamedTensorMap): Promise<Float64Array> {
    const [x, y, direction] = [
      tf.tensor(inputs, [n, side, side, 3]),
      tf.tensor(targets, [n, outputs]),
      unflatten(v, params),
    ];
    const product =
      operator === hessianOperator
        ? hessianVectorProduct((at) => squareLoss(fixtureModel, at, x, y), params, direction)
        : gaussNewtonVectorProduct((at, each) => fixtureModel.apply(at, each), params, x, direction);
    const flat = await flatten(product);
    tf.dispose([x, y, direction, product]);
    return flat;
  }

  it("is that of the full batch where the last one is ragged, for arrays, tensors and examples read on demand", async () => {
    const before = tf.memory().numTensors;
    const params = freshParams();
    const expected = await whole(params);
    const [x, y] = [tf.tensor(inputs, [n, side, side, 3]), tf.tensor(targets, [n, outputs])];
    for (const chunkSize of [44, 32, 7, 1]) {
      for (const examples of [data, { inputs: x, targets: y }, readable()]) {
        for (const keepBytes of [0, 2 ** 30]) {
          const chunked = operator(fixtureModel, params, examples, { chunkSize, keepBytes });
          expect(relativeError(await chunked.apply(v), expected)).toBeLessThan(5e-6);
          chunked.dispose();
        }
      }
    }
    tf.dispose([params, x, y]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("reads each chunk once for a block of vectors, and never again where its passes are kept", async () => {
    const params = freshParams();
    const chunks = [
      [0, 20],
      [20, 20],
      [40, 5],
    ];
    for (const [keepBytes, later] of [
      [0, chunks],
      [2 ** 30, []],
    ] as const) {
      const calls: [number, number][] = [];
      const chunked = operator(fixtureModel, params, readable(calls), { chunkSize: 20, keepBytes });
      await chunked.applyBlock([v, v, v]);
      expect(calls).toEqual(chunks);
      calls.length = 0;
      await chunked.applyBlock([v, v]);
      expect(calls).toEqual(later);
      chunked.dispose();
    }
    tf.dispose(params);
  });

  it("holds one chunk at a time where nothing is kept", async () => {
    const params = freshParams();
    let most = 0;
    const model = {
      apply: (at: tf.NamedTensorMap, x: tf.Tensor) => {
        most = Math.max(most, tf.memory().numBytes);
        return fixtureModel.apply(at, x);
      },
    };
    const peaks: number[] = [];
    for (const count of [10, 45]) {
      const chunked = operator(model, params, { ...readable(), size: count }, { chunkSize: 5, keepBytes: 0 });
      most = 0;
      await chunked.apply(v);
      peaks.push(most);
      chunked.dispose();
    }
    expect(peaks[1]).toBe(peaks[0]);
    tf.dispose(params);
  });

  it("uses the same memory after a thousand products of a CNN, recorded anew each time", async () => {
    const params = freshParams();
    const chunked = operator(fixtureModel, params, { ...readable(), size: 2 }, { chunkSize: 2, keepBytes: 0 });
    await chunked.apply(v);
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 1000; i++) await chunked.apply(v);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    chunked.dispose();
    tf.dispose(params);
  });

  it("frees everything when products run at the same time, or the operator is disposed during one", async () => {
    const before = tf.memory().numTensors;
    const params = freshParams();
    const chunked = operator(fixtureModel, params, readable(), { chunkSize: 20 });
    const [first, second] = await Promise.all([chunked.apply(v), chunked.apply(v)]);
    expect(second).toEqual(first);
    chunked.dispose();
    const stopped = operator(fixtureModel, params, readable(), { chunkSize: 20 });
    const refused = expect(stopped.apply(v)).rejects.toThrow(expect.objectContaining({ code: "DISPOSED" }) as Error);
    stopped.dispose();
    await refused;
    tf.dispose(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses what is read with another number of values, and passes on what the reading throws", async () => {
    const before = tf.memory().numTensors;
    const params = freshParams();
    const short = operator(
      fixtureModel,
      params,
      { ...readable(), read: () => ({ inputs, targets }) },
      { chunkSize: 20 },
    );
    await expect(short.apply(v)).rejects.toThrow(
      `data: expected inputs of length size · 192 = ${20 * width}, got ${n * width}`,
    );
    const broken = operator(fixtureModel, params, { ...readable(), read: () => Promise.reject(new Error("no disk")) });
    await expect(broken.apply(v)).rejects.toThrow("no disk");
    short.dispose();
    broken.dispose();
    tf.dispose(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses a model with state or chance by name, before the first product, unless told not to look", async () => {
    const before = tf.memory().numTensors;
    const params = freshParams();
    let calls = 0;
    const noisy = {
      name: "with dropout",
      apply: (at: tf.NamedTensorMap, x: tf.Tensor) =>
        tf.tidy(() => tf.mul(fixtureModel.apply(at, x), 1 + ++calls * 1e-3)),
    };
    const chunked = operator(noisy, params, data, { chunkSize: 20 });
    await expect(chunked.apply(v)).rejects.toThrow(
      expect.objectContaining({
        code: "MODEL_NOT_PURE",
        message: expect.stringMatching(
          /model "with dropout" is not pure: its outputs for the same parameters and inputs differ by 1\.\de-3/,
        ) as string,
      }) as Error,
    );
    chunked.dispose();
    const trusted = operator(noisy, params, data, { check: false });
    expect(await trusted.apply(v)).toHaveLength(size);
    trusted.dispose();
    tf.dispose(params);
    expect(tf.memory().numTensors).toBe(before);
  });
});
