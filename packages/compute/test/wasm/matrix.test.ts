import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { expectSame, kernel, random } from "../support.js";

beforeAll(() => prepareBackend("wasm").then(() => undefined));

const turn = (shape: number[], turned: boolean): number[] =>
  turned ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

const check = async (a: number[], b: number[], transposeA: boolean, transposeB: boolean): Promise<void> =>
  expectSame(
    { a: random(turn(a, transposeA)), b: random(turn(b, transposeB), 2) },
    kernel("BatchMatMul", { transposeA, transposeB }),
  );

describe("matrix product", () => {
  describe.each(transposes)("transposeA %s, transposeB %s", (transposeA, transposeB) => {
    it.each([
      [
        [1, 5],
        [5, 1],
      ],
      [
        [1, 40],
        [40, 70],
      ],
      [
        [2, 40],
        [40, 37],
      ],
      [
        [3, 7],
        [7, 11],
      ],
      [
        [8, 9],
        [9, 10],
      ],
      [
        [9, 9],
        [9, 10],
      ],
      [
        [33, 17],
        [17, 8],
      ],
      [
        [70, 600],
        [600, 19],
      ],
      [
        [256, 64],
        [64, 10],
      ],
      [
        [4, 3, 5],
        [4, 5, 6],
      ],
      [
        [4, 3, 5],
        [1, 5, 6],
      ],
      [
        [1, 3, 5],
        [4, 5, 6],
      ],
      [
        [2, 3, 40, 5],
        [2, 3, 5, 12],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      [
        [0, 2],
        [2, 3],
      ],
    ])("agrees with cpu: %j · %j", (a, b) => check(a, b, transposeA, transposeB));
  });

  it("agrees with cpu for any shape", async () => {
    const size = fc.integer({ min: 1, max: 45 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.constantFrom(...transposes), async (rows, depth, columns, [a, b]) =>
        check([rows, depth], [depth, columns], a, b),
      ),
      { numRuns: 80, seed: 1 },
    );
  });

  it("broadcasts every batch axis on its own", async () => {
    await tf.setBackend("wasm");
    const [a, b] = [random([2, 1, 3, 4]), random([1, 5, 4, 6], 2)];
    const product = tf.tidy(() => tf.matMul(tf.tensor(a.values, a.shape), tf.tensor(b.values, b.shape)));
    const tiled = tf.tidy(() =>
      tf.matMul(
        tf.tile(tf.tensor(a.values, a.shape), [1, 5, 1, 1]),
        tf.tile(tf.tensor(b.values, b.shape), [2, 1, 1, 1]),
      ),
    );
    expect(product.shape).toEqual([2, 5, 3, 6]);
    expect(Array.from(await product.data())).toEqual(Array.from(await tiled.data()));
    tf.dispose([product, tiled]);
  });

  it("refuses inner sizes that differ", () => {
    expect(() => tf.tidy(() => kernel("BatchMatMul")({ a: tf.ones([2, 3]), b: tf.ones([4, 5]) }))).toThrow(
      "BatchMatMul: expected inner sizes to agree, got 3 and 4",
    );
  });

  it.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const)(
    "fused with bias and %s agrees with cpu",
    async (activation) => {
      const attrs = { transposeA: false, transposeB: false, activation, leakyreluAlpha: 0.1 };
      const given = { a: random([1, 20, 30]), b: random([1, 30, 12], 2), bias: random([12], 3) };
      await expectSame(given, kernel("_FusedMatMul", attrs));
      await expectSame({ a: given.a, b: given.b }, kernel("_FusedMatMul", attrs));
    },
  );
});

describe("einsum", () => {
  it.each([
    ["ij,jk->ik", [3, 4], [4, 5]],
    ["ij,jk->ki", [3, 4], [4, 5]],
    ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
    ["bijc,bijd->cd", [2, 3, 4, 5], [2, 3, 4, 6]],
    ["abc,cad->bd", [2, 3, 4], [4, 2, 5]],
    ["i,j->ij", [3], [4]],
    ["i,i->", [7], [7]],
    ["ij,ij->ij", [3, 4], [3, 4]],
    ["ij,j->i", [3, 4], [4]],
  ])("agrees with cpu: %s", async (equation, a, b) =>
    expectSame({ a: random(a), b: random(b, 2) }, (tensors) => tf.einsum(equation, tensors["a"]!, tensors["b"]!)),
  );
  it.each(["ijk->kij", "ijk->j", "ijk->"])("agrees with cpu: %s", async (equation) =>
    expectSame({ a: random([2, 3, 4]) }, (tensors) => tf.einsum(equation, tensors["a"]!)),
  );

  it("sums what only one factor has, where cpu fails", async () =>
    expectSame({ a: random([2, 3]), b: random([4, 5], 2) }, ({ a, b }) =>
      tf.getBackend() === "wasm"
        ? tf.einsum("ij,kl->jl", a!, b!)
        : tf.outerProduct(tf.sum<tf.Tensor1D>(a!, 0), tf.sum<tf.Tensor1D>(b!, 0)),
    ));

  it("leaves its input alive where nothing is to be done", async () => {
    await tf.setBackend("wasm");
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const same = tf.einsum("ij->ij", x);
    same.dispose();
    expect(Array.from(await x.data())).toEqual([1, 2, 3, 4]);
    x.dispose();
  });
});
