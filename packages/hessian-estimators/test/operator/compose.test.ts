import {
  denseMatrix,
  exactTrace,
  topEigenpairs,
  traceAndNorm,
  type LinearOperator,
} from "@sgdscope/hessian-estimators";
import {
  counted,
  deflated,
  denseOperator,
  differenceOf,
  layerBlocks,
  linearCombination,
  rangeBlock,
  scaled,
  shifted,
  submatrix,
  sumOf,
} from "@sgdscope/hessian-estimators/operators";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sum, withSpectrum } from "../support.js";

const size = 12;
const spectrum = Array.from({ length: size }, (_, i) => 5 - i);
const a = withSpectrum(spectrum, 1);
const b = withSpectrum(
  spectrum.map((x) => x * x),
  2,
);

async function expectMatrix(operator: LinearOperator, entry: (i: number, j: number) => number): Promise<void> {
  const n = operator.size;
  const { data } = await denseMatrix(operator);
  data.forEach((x, at) => expect(x).toBeCloseTo(entry(Math.floor(at / n), at % n), 10));
  // One by one and in a block are the same.
  const vectors = [0, 1, 2].map((k) => Float64Array.from({ length: n }, (_, i) => Math.sin(i + k)));
  const block = await operator.applyBlock!(vectors.map((v) => v.slice()));
  for (const [k, v] of vectors.entries()) {
    const image = await operator.apply(v);
    image.forEach((x, i) => expect(block[k]![i]).toBeCloseTo(x, 10));
  }
}

describe("composed operators are their matrices", () => {
  const [A, B] = [a.matrix, b.matrix];
  const at = (i: number, j: number): number => i * size + j;
  test("sum, difference, multiple, shift and any combination", async () => {
    await expectMatrix(sumOf(a, b), (i, j) => A[at(i, j)]! + B[at(i, j)]!);
    await expectMatrix(differenceOf(a, b), (i, j) => A[at(i, j)]! - B[at(i, j)]!);
    await expectMatrix(scaled(a, -0.3), (i, j) => -0.3 * A[at(i, j)]!);
    await expectMatrix(shifted(a, 7), (i, j) => A[at(i, j)]! + (i === j ? 7 : 0));
    await expectMatrix(linearCombination([a, b, a], [1, 2, 3]), (i, j) => 4 * A[at(i, j)]! + 2 * B[at(i, j)]!);
    await expectMatrix(denseOperator(A, size), (i, j) => A[at(i, j)]!);
  });

  test("submatrix, range and layers", async () => {
    const indices = [7, 0, 3];
    await expectMatrix(submatrix(a, indices), (i, j) => A[at(indices[i]!, indices[j]!)]!);
    await expectMatrix(rangeBlock(a, 4, 9), (i, j) => A[at(i + 4, j + 4)]!);
    const { kernel, bias } = layerBlocks(a, { kernel: 9, bias: 3 });
    await expectMatrix(bias!, (i, j) => A[at(i + 9, j + 9)]!);
    const traces = [await exactTrace(kernel!), await exactTrace(bias!)];
    expect(sum(traces.map(({ value }) => value))).toBeCloseTo(sum(spectrum), 10);
  });

  test("deflation leaves the rest of the spectrum", async () => {
    const { vectors } = await topEigenpairs(a, { seed: 1, count: 3, which: "largest", tolerance: 1e-10 });
    const rest = await topEigenpairs(deflated(a, vectors), { seed: 1, count: 2, which: "largest" });
    expect([...rest.values]).toEqual([expect.closeTo(2, 8), expect.closeTo(1, 8)]);
    await expectMatrix(deflated(a, [Float64Array.from({ length: size }, (_, i) => (i === 2 ? 1 : 0))]), (i, j) =>
      i === 2 || j === 2 ? 0 : A[at(i, j)]!,
    );
  });

  test("of random combinations the products are linear in the vector", async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: -3, max: 3, noNaN: true }), fc.integer({ min: 1, max: 11 }), async (c, end) => {
        const operator = shifted(scaled(rangeBlock(sumOf(a, b), 0, end), c), 1 - c);
        const v = Float64Array.from({ length: end }, (_, i) => i - 1);
        const [one, two] = [await operator.apply(v.slice()), await operator.apply(v.map((x) => 2 * x))];
        one.forEach((x, i) => expect(two[i]).toBeCloseTo(2 * x, 8));
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});

test("counts what several estimates spend together, in blocks too", async () => {
  const operator = counted(a);
  await traceAndNorm(operator, { seed: 1, maxMatvecs: 9 });
  expect(operator.products).toBe(9);
  const blocks = counted(denseOperator(a.matrix, size));
  await traceAndNorm(blocks, { seed: 1, maxMatvecs: 9 });
  expect(blocks.products).toBe(9);
});

test("says what is wrong with a block product", async () => {
  const short: LinearOperator = { ...denseOperator(a.matrix, size), applyBlock: () => Promise.resolve([]) };
  await expect(traceAndNorm(short, { seed: 1, maxMatvecs: 9 })).rejects.toMatchObject({ code: "WRONG_LENGTH" });
});

test.each([
  ["no operators", () => linearCombination([]), "at least one operator"],
  ["sizes that differ", () => sumOf(a, rangeBlock(a, 0, 3)), "operators of equal size"],
  ["coefficients too few", () => linearCombination([a, b], [1]), "coefficients"],
  ["an index twice", () => submatrix(a, [1, 1]), "indices"],
  ["no index", () => submatrix(a, []), "indices"],
  ["an empty range", () => rangeBlock(a, 3, 3), "end"],
  ["layers that do not add up", () => layerBlocks(a, { all: 11 }), "sizes"],
  ["directions that are not orthonormal", () => deflated(a, [new Float64Array(size).fill(1)]), "directions"],
  ["a matrix of another size", () => denseOperator(a.matrix, 11), "matrix"],
])("refuses %s", (_, make, name) => {
  expect(make).toThrow(`expected ${name}`);
});
