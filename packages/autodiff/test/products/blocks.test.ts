import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  blockNorms,
  gaussNewtonBlock,
  gaussNewtonBlocks,
  gaussNewtonOperator,
  gram,
  hessianBlock,
  hessianOperator,
  layersOf,
  type TensorOperator,
} from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { values } from "../second-order/conformance.js";

const [n, d, hidden, outputs] = [7, 3, 4, 2];
const names = ["first/kernel", "first/bias", "second/kernel", "scale"];

/** Two layers with tanh, so that H ≠ G, and a factor that is no layer's. */
const model = {
  apply: (params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const active = tf.tanh(tf.add(tf.matMul(x, params["first/kernel"]!), params["first/bias"]!));
      return tf.mul(tf.matMul(active, params["second/kernel"]!), params["scale"]!);
    }),
};
const data = {
  size: n,
  inputShape: [d],
  outputs,
  inputs: Float32Array.from(values(n * d, 1)),
  targets: Float32Array.from(values(n * outputs, 2)),
};
const shapes = [[d, hidden], [hidden], [hidden, outputs], [1]];
const sizes = shapes.map((shape) => tf.util.sizeFromShape(shape));
const size = sizes.reduce((sum, each) => sum + each, 0);

let params: tf.NamedTensorMap;
let before = 0;
beforeAll(async () => {
  await prepareBackend("wasm");
});
beforeEach(() => {
  before = tf.memory().numTensors;
  params = Object.fromEntries(names.map((name, i) => [name, tf.tensor(values(sizes[i]!, i + 3), shapes[i])]));
});
afterEach(() => {
  tf.dispose(params);
  expect(tf.memory().numTensors).toBe(before);
});

const unit = (length: number, at: number): Float64Array => Float64Array.from({ length }, (_, i) => +(i === at));
const units = (length: number): Float64Array[] => Array.from({ length }, (_, i) => unit(length, i));
/** Columns of the matrix. */
async function dense({ size: length, applyBlock, dispose }: TensorOperator): Promise<Float64Array[]> {
  const columns = await applyBlock(units(length));
  dispose();
  return columns;
}
/** Indices of the entries of some parameters. */
const entriesOf = (wanted: readonly string[]): number[] =>
  names.flatMap((name, i) => {
    const start = sizes.slice(0, i).reduce((sum, each) => sum + each, 0);
    return wanted.includes(name) ? Array.from({ length: sizes[i]! }, (_, k) => start + k) : [];
  });
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const kinds = [
  { name: "H", operator: hessianOperator, block: hessianBlock },
  { name: "G", operator: gaussNewtonOperator, block: gaussNewtonBlock },
];

describe.each(kinds)("$name", ({ operator, block }) => {
  it("times a block of vectors is its products with each, to the last bit", async () => {
    const vectors = [6, 7, 8].map((seed) => Float64Array.from(values(size, seed)));
    for (const keepBytes of [0, 2 ** 30]) {
      const chunked = operator(model, params, data, { chunkSize: 3, keepBytes });
      const together = await chunked.applyBlock(vectors);
      for (const [k, vector] of vectors.entries()) expect(await chunked.apply(vector)).toEqual(together[k]);
      expect(await chunked.applyBlock([])).toEqual([]);
      chunked.dispose();
    }
  });

  it("runs the model once per chunk for all vectors of a block", async () => {
    let calls = 0;
    const counted = { apply: (at: tf.NamedTensorMap, x: tf.Tensor) => (calls++, model.apply(at, x)) };
    const chunked = operator(counted, params, data, { chunkSize: 3, keepBytes: 0, check: false });
    await chunked.applyBlock(units(size));
    expect(calls).toBe(3);
    chunked.dispose();
  });

  it.each([
    [["second/kernel"], ["first/kernel", "first/bias"]],
    [["scale", "first/bias"], ["second/kernel"]],
    [["first/kernel"], ["first/kernel"]],
    [["first/kernel", "scale"], ["scale"]],
  ])("has the block of rows %j and columns %j, and its transpose", async (rows, columns) => {
    const whole = await dense(operator(model, params, data));
    for (const keepBytes of [0, 2 ** 30]) {
      const part = block(model, params, data, { rows, columns }, { chunkSize: 3, keepBytes });
      const [down, across] = [entriesOf(rows), entriesOf(columns)];
      expect(part.rows.map(({ name }) => name)).toEqual(names.filter((name) => rows.includes(name)));
      expect(part.columns.map(({ name }) => name)).toEqual(names.filter((name) => columns.includes(name)));
      const found = await part.applyBlock(units(across.length));
      const expected = across.map((j) => down.map((i) => whole[j]![i]!));
      expect(
        relativeError(
          found.flatMap((column) => [...column]),
          expected.flat(),
        ),
      ).toBeLessThan(2e-6);
      const u = Float64Array.from(values(down.length, 9));
      const transposed = expected.map((column) => sum(column.map((each, i) => each * u[i]!)));
      expect(relativeError(await part.applyTransposed(u), transposed)).toBeLessThan(2e-6);
      expect(await part.apply(unit(across.length, 0))).toEqual(found[0]);
      part.dispose();
    }
  });

  it("restricted to some parameters is their diagonal block", async () => {
    const whole = await dense(operator(model, params, data));
    const parameters = ["second/kernel", "first/bias"];
    const restricted = operator(model, params, data, { parameters, chunkSize: 3 });
    expect(restricted.size).toBe(hidden + hidden * outputs);
    expect(restricted.layout).toEqual([
      { name: "first/bias", shape: [hidden], start: 0, size: hidden },
      { name: "second/kernel", shape: [hidden, outputs], start: hidden, size: hidden * outputs },
    ]);
    const own = entriesOf(parameters);
    const found = await dense(restricted);
    const expected = own.flatMap((j) => own.map((i) => whole[j]![i]!));
    expect(
      relativeError(
        found.flatMap((column) => [...column]),
        expected,
      ),
    ).toBeLessThan(2e-6);
  });

  it("has a squared Frobenius norm and a trace that are the sums of those of its blocks", async () => {
    const whole = await dense(operator(model, params, data));
    const chunked = operator(model, params, data);
    const { groups, traces, squaredNorms } = await blockNorms(chunked, { blockSize: 5 });
    expect(groups).toEqual(["first", "second", "scale"]);
    const layers = [names.slice(0, 2), [names[2]!], [names[3]!]].map(entriesOf);
    layers.forEach((own, a) => {
      expect(traces[a]!.value).toBeCloseTo(sum(own.map((i) => whole[i]![i]!)), 5);
      layers.forEach((other, b) => {
        const expected = sum(other.flatMap((j) => own.map((i) => whole[j]![i]! ** 2)));
        expect(Math.abs(squaredNorms[a]![b]!.value / expected - 1)).toBeLessThan(1e-5);
        expect(squaredNorms[a]![b]!.standardError).toBe(0);
      });
    });
    const norm = sum(whole.flatMap((column) => [...column].map((each) => each ** 2)));
    expect(Math.abs(sum(squaredNorms.flat().map(({ value }) => value)) / norm - 1)).toBeLessThan(1e-6);
    chunked.dispose();
  });

  it("has blocks that probes estimate without bias, within their standard errors", async () => {
    const chunked = operator(model, params, data);
    const exact = await blockNorms(chunked);
    let state = 1;
    const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
    const found = await blockNorms(chunked, { probes: { count: 400, random } });
    found.traces.forEach(({ value, standardError, matvecs }, a) => {
      expect(Math.abs(value - exact.traces[a]!.value)).toBeLessThan(4 * standardError + 1e-5);
      expect(matvecs).toBe(400);
    });
    found.squaredNorms.forEach((row, a) =>
      row.forEach(({ value, standardError }, b) => {
        const expected = exact.squaredNorms[a]![b]!.value;
        expect(Math.abs(value - expected)).toBeLessThan(4 * standardError + 1e-5 * expected);
        expect(standardError).toBeLessThan(0.2 * expected);
      }),
    );
    chunked.dispose();
  });

  it("refuses names that are not there, twice or none", async () => {
    const refusal = (text: string): Error =>
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(text) as string,
      }) as Error;
    expect(() => operator(model, params, data, { parameters: ["third"] })).toThrow(
      refusal("third is not one of the parameters first/kernel, first/bias, second/kernel, scale"),
    );
    expect(() => operator(model, params, data, { parameters: [] })).toThrow(refusal("got none"));
    expect(() => block(model, params, data, { rows: ["scale"], columns: ["third"] })).toThrow(
      refusal("third is not one of"),
    );
    const chunked = operator(model, params, data);
    await expect(blockNorms(chunked, { groups: { a: ["third"] } })).rejects.toThrow(refusal("group a contains third"));
    await expect(blockNorms(chunked, { groups: { a: ["scale"], b: ["scale"] } })).rejects.toThrow(
      refusal("the parameter scale is in two groups"),
    );
    await expect(blockNorms(chunked, { probes: { count: 1, random: () => 0 } })).rejects.toThrow(
      refusal("expected probes.count to be an integer of at least 2, got 1"),
    );
    await expect(blockNorms(chunked, { blockSize: 0 })).rejects.toThrow(refusal("blockSize"));
    chunked.dispose();
    const part = block(model, params, data, { rows: ["scale"], columns: ["first/bias"] });
    await expect(part.apply(new Float64Array(1))).rejects.toThrow(refusal("expected a vector of length 4, got 1"));
    part.dispose();
  });
});

describe("gaussNewtonBlocks", () => {
  it("has the norms and traces of all blocks from the parts of the Gram matrix", async () => {
    const x = tf.tensor(data.inputs, [n, d]);
    const parts = await gram(model, params, x, { perParameter: true });
    const chunked = gaussNewtonOperator(model, params, data);
    for (const groups of [undefined, { a: ["scale", "first/kernel"], b: ["second/kernel"] }]) {
      const expected = await blockNorms(chunked, groups === undefined ? {} : { groups });
      const found = gaussNewtonBlocks(parts, groups);
      expect(found.groups).toEqual(expected.groups);
      expect(
        relativeError(
          found.traces,
          expected.traces.map(({ value }) => value),
        ),
      ).toBeLessThan(2e-6);
      expect(
        relativeError(
          found.squaredNorms.flat(),
          expected.squaredNorms.flat().map(({ value }) => value),
        ),
      ).toBeLessThan(5e-6);
    }
    const whole = sum([...parts.gram].map((each) => each ** 2)) / n ** 2;
    expect(Math.abs(sum(gaussNewtonBlocks(parts).squaredNorms.flat()) / whole - 1)).toBeLessThan(1e-12);
    expect(() => gaussNewtonBlocks(parts, { a: ["third"] })).toThrow("no part of the parameter third");
    const { parameters: _, ...without } = parts;
    expect(() => gaussNewtonBlocks(without)).toThrow("{ perParameter: true }");
    chunked.dispose();
    x.dispose();
  });
});

describe("layersOf", () => {
  it("groups names by what comes before the last dot or slash", () => {
    expect(layersOf(["a.kernel", "b/c/kernel", "a.bias", "b/c/bias", "scale"])).toEqual({
      a: ["a.kernel", "a.bias"],
      "b/c": ["b/c/kernel", "b/c/bias"],
      scale: ["scale"],
    });
    expect(layersOf({ "w.x": 1 })).toEqual({ w: ["w.x"] });
  });
});
