import type { NamedArray } from "@sgdscope/array-files";
import { noiseStructure } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnalysisError, minimumOfArrays, type MinimumArrays } from "../../src/index.js";

const array = (shape: number[], valueAt: (index: number[]) => number): NamedArray => {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  for (let at = 0; at < data.length; at++) {
    data[at] = valueAt(index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, data };
};

const random = seededRandom(3);
const numbers = gaussian(4096, random);

/** J[i, c, p] and r[i, c] of a minimum with n examples, C outputs and P parameters, and its arrays in every layout. */
function problem(n: number, C: number, P: number) {
  const J = (i: number, c: number, p: number): number => numbers[(i * C + c) * P + p]!;
  const r = (i: number, c: number): number => numbers[4000 + i * C + c]!;
  const K = (i: number, j: number, c: number, d: number): number => {
    let sum = 0;
    for (let p = 0; p < P; p++) sum += J(i, c, p) * J(j, d, p);
    return sum;
  };
  const row = (index: number): [number, number] => [Math.floor(index / C), index % C];
  return {
    jacobian: {
      "[n, C, P]": array([n, C, P], ([i, c, p]) => J(i!, c!, p!)),
      "[nC, P]": array([n * C, P], ([k, p]) => J(...row(k!), p!)),
      "[C, n, P]": array([C, n, P], ([c, i, p]) => J(i!, c!, p!)),
    },
    gram: {
      "[nC, nC]": array([n * C, n * C], ([k, l]) => K(row(k!)[0], row(l!)[0], row(k!)[1], row(l!)[1])),
      "[n, n, C, C]": array([n, n, C, C], ([i, j, c, d]) => K(i!, j!, c!, d!)),
      "[n, C, n, C]": array([n, C, n, C], ([i, c, j, d]) => K(i!, j!, c!, d!)),
    },
    residuals: {
      "[n, C]": array([n, C], ([i, c]) => r(i!, c!)),
      "[nC]": array([n * C], ([k]) => r(...row(k!))),
      "[C, n]": array([C, n], ([c, i]) => r(i!, c!)),
    },
  };
}

const read = (arrays: MinimumArrays) => minimumOfArrays("a minimum", arrays);
const refusal = (arrays: MinimumArrays): AnalysisError => {
  try {
    read(arrays);
  } catch (error) {
    if (error instanceof AnalysisError) return error;
    throw error;
  }
  throw new Error("expected a refusal, got a minimum");
};

describe("every layout that says n and C", () => {
  it("is the same minimum", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 7, max: 20 }),
        (n, C, P) => {
          fc.pre(n !== C && n >= C);
          const { jacobian, gram, residuals } = problem(n, C, P);
          const of = (arrays: MinimumArrays): number[] => {
            const { system } = read(arrays).minimum;
            expect([system.examples, system.outputs]).toEqual([n, C]);
            const { traceG, frobeniusG, gradientNorm, traceNoise } = noiseStructure(system);
            return [traceG, frobeniusG, gradientNorm, traceNoise];
          };
          const truth = of({ jacobian: jacobian["[n, C, P]"], residuals: residuals["[n, C]"] });
          const others: MinimumArrays[] = [
            { jacobian: jacobian["[n, C, P]"], residuals: residuals["[nC]"] },
            { jacobian: jacobian["[nC, P]"], residuals: residuals["[n, C]"] },
            { jacobian: jacobian["[nC, P]"], residuals: residuals["[nC]"], outputs: C },
            { gram: gram["[nC, nC]"], residuals: residuals["[n, C]"] },
            { gram: gram["[nC, nC]"], residuals: residuals["[nC]"], outputs: C },
            { gram: gram["[n, n, C, C]"], residuals: residuals["[n, C]"] },
            { gram: gram["[n, n, C, C]"], residuals: residuals["[nC]"] },
            { gram: gram["[n, C, n, C]"], residuals: residuals["[n, C]"] },
          ];
          for (const arrays of others)
            for (const [k, value] of of(arrays).entries()) expect(value).toBeCloseTo(truth[k]!, 10);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe("what contradicts itself is refused with both shapes and the cure", () => {
  const { jacobian, gram, residuals } = problem(5, 3, 8);
  it.each<[string, MinimumArrays, string, string[]]>([
    [
      "a Jacobian with its outputs first",
      { jacobian: jacobian["[C, n, P]"], residuals: residuals["[n, C]"] },
      "jacobian",
      ["[3, 5, 8]", "[5, 3]", "J.transpose(1, 0, 2)"],
    ],
    [
      "transposed residuals beside a Jacobian",
      { jacobian: jacobian["[n, C, P]"], residuals: residuals["[C, n]"] },
      "jacobian",
      ["[5, 3, 8]", "[3, 5]", "r.T"],
    ],
    [
      "transposed residuals beside a kernel",
      { gram: gram["[n, n, C, C]"], residuals: residuals["[C, n]"] },
      "gram",
      ["[5, 5, 3, 3]", "[3, 5]", "r.T"],
    ],
    [
      "transposed residuals beside rows",
      { jacobian: jacobian["[nC, P]"], residuals: residuals["[C, n]"] },
      "residuals",
      ["[3, 5]", "15 rows", "r.T"],
    ],
    [
      "a row of residuals",
      { jacobian: array([5, 40], ([k, p]) => numbers[k! * 40 + p!]!), residuals: array([1, 5], ([, i]) => i!) },
      "residuals",
      ["[1, 5]", "5 rows", "r.T"],
    ],
    [
      "a transposed Jacobian",
      { jacobian: array([40, 5], ([p, k]) => numbers[k! * 40 + p!]!), residuals: array([5], ([i]) => i!) },
      "jacobian",
      ["[40, 5]", "[5]", "J.T"],
    ],
    [
      "outputs that the shape denies",
      { jacobian: jacobian["[n, C, P]"], outputs: 5 },
      "outputs",
      ["[5, 3, 8]", "3 per example", "5"],
    ],
    ["outputs that do not divide the rows", { gram: gram["[nC, nC]"], outputs: 4 }, "outputs", ["[15, 15]", "4"]],
    [
      "a kernel whose examples come second",
      { gram: array([3, 3, 5, 5], ([c, d, i, j]) => c! + d! + i! + j!), residuals: residuals["[n, C]"] },
      "gram",
      ["[3, 3, 5, 5]", "[5, 3]", "K.transpose(2, 3, 0, 1)"],
    ],
    [
      "a kernel that may be read in two ways",
      { gram: problem(3, 3, 8).gram["[n, n, C, C]"] },
      "gram",
      ["[3, 3, 3, 3]", "[n, n, C, C] or [n, C, n, C]", "reshape(9, -1)"],
    ],
    ["a matrix that is not square", { gram: array([3, 4], () => 1) }, "gram", ["[3, 4]"]],
    ...([
      [2, 3, 4, 4],
      [2, 2, 3, 4],
      [2, 3, 2, 4],
      [2, 3, 4, 3],
      [2, 3, 4, 5],
      [2, 3, 3, 2],
    ].map((shape) => [
      `a kernel of shape [${shape.join(", ")}]`,
      { gram: array(shape, () => 1) },
      "gram",
      [`expected shape [nC, nC], [n, n, C, C] or [n, C, n, C], got [${shape.join(", ")}]`],
    ]) as [string, MinimumArrays, string, string[]][]),
    ...([[4], [2, 2, 2], [2, 2, 1, 1, 1]].map((shape) => [
      `a Gram matrix of shape [${shape.join(", ")}]`,
      { gram: array(shape, () => 1) },
      "gram",
      [`expected shape [nC, nC] or [n, n, C, C], got [${shape.join(", ")}]`],
    ]) as [string, MinimumArrays, string, string[]][]),
    ...([[4], [2, 2, 2, 2], []].map((shape) => [
      `a Jacobian of shape [${shape.join(", ")}]`,
      { jacobian: array(shape, () => 1) },
      "jacobian",
      [`expected shape [n, P], [nC, P] or [n, C, P], got [${shape.join(", ")}]`, "flatten the parameters"],
    ]) as [string, MinimumArrays, string, string[]][]),
    ...([[3, 7], [7, 5], [4, 3], [5, 4], [5], [14], [5, 3, 1], [3, 5, 1], [15, 2]].map((shape) => [
      `a Jacobian beside residuals of shape [${shape.join(", ")}]`,
      { jacobian: jacobian["[n, C, P]"], residuals: array(shape, () => 1) },
      "jacobian",
      [
        `shape [5, 3, 8] has n = 5, C = 3, and residuals of shape [${shape.join(", ")}] do not fit: expected [5, 3] or [15]`,
        "J.reshape(5, -1)",
      ],
    ]) as [string, MinimumArrays, string, string[]][]),
    [
      "a Gram matrix whose rows have C first",
      { gram: array([3, 5, 3, 5], () => 1), residuals: residuals["[n, C]"] },
      "gram",
      ["[3, 5, 3, 5]", "[5, 3]", "the examples of a Gram matrix come first: pass K.transpose(1, 0, 3, 2)"],
    ],
    ["no number in the Gram matrix", { gram: array([0, 0], () => 1) }, "gram", ["at least one number", "[0, 0]"]],
    [
      "no number in the residuals",
      { gram: gram["[nC, nC]"], residuals: array([0], () => 1) },
      "residuals",
      ["at least one number", "[0]"],
    ],
    [
      "no number in the residuals beside a Jacobian",
      { jacobian: jacobian["[nC, P]"], residuals: array([3, 0], () => 1) },
      "residuals",
      ["at least one number", "[3, 0]"],
    ],
    [
      "a number without an axis",
      { jacobian: array([1, 3], () => 1), residuals: { shape: [], data: Float64Array.of(1) } },
      "jacobian",
      ["has 1 rows, and residuals have shape []"],
    ],
    [
      "residuals in three axes",
      { jacobian: array([5, 2], () => 1), residuals: array([5, 1, 1], () => 1) },
      "residuals",
      ["5 rows", "[5, 1, 1]: expected [5], or [n, C] with nC = 5"],
    ],
    [
      "too few residuals where C is said",
      { gram: array([6, 6], () => 1), residuals: array([5], () => 1), outputs: 2 },
      "gram",
      ["6 rows", "[5]: expected [6] or [3, 2], or [n, C] with nC = 6"],
    ],
    [
      "too few residuals where C is said to be 1",
      { gram: array([6, 6], () => 1), residuals: array([5], () => 1), outputs: 1 },
      "gram",
      ["[5]: expected [6], or [n, C] with nC = 6"],
    ],
    [
      "residuals of other outputs than those that are said",
      { gram: array([6, 6], () => 1), residuals: array([3, 2], () => 1), outputs: 3 },
      "outputs",
      ["residuals of shape [3, 2] have 2 per example, got 3"],
    ],
    [
      "fewer examples than outputs in the residuals",
      { gram: array([6, 6], () => 1), residuals: array([1, 6], () => 1) },
      "residuals",
      ["[1, 6] says 1 example with 6 outputs each", "pass r.T; if not, set `outputs` to 6"],
    ],
    ["no number at all", { jacobian: array([0, 4], () => 1) }, "jacobian", ["[0, 4]"]],
  ])("%s", (_, arrays, argument, parts) => {
    const error = refusal(arrays);
    expect(error.code).toBe("SHAPE_MISMATCH");
    expect(error.argument).toBe(argument);
    for (const part of parts) expect(error.message).toContain(part);
  });

  it("a Gram matrix is never advised to be transposed as a Jacobian is", () => {
    expect(refusal({ gram: array([6, 6], () => 1), residuals: array([3, 2, 1], () => 1) }).advice).toBeUndefined();
    expect(refusal({ gram: array([6, 6], () => 1), residuals: array([5], () => 1) }).advice).toBeUndefined();
    expect(refusal({ jacobian: array([6, 4], () => 1), residuals: array([5], () => 1) }).advice).toBeUndefined();
  });

  it("two matrices, or none", () => {
    expect(refusal({ gram: gram["[nC, nC]"], jacobian: jacobian["[nC, P]"] })).toMatchObject({
      code: "INVALID_ARGUMENT",
      argument: "gram",
    });
    expect(refusal({ residuals: residuals["[n, C]"] })).toMatchObject({ code: "MISSING", argument: "gram" });
  });

  it.each([NaN, Infinity, -Infinity])("%d, at its position", (value) => {
    const bad = array([3, 3], ([i, j]) => (i === 1 && j === 2 ? value : 1));
    expect(refusal({ gram: bad })).toMatchObject({ code: "NOT_FINITE", argument: "gram" });
    expect(refusal({ gram: bad }).message).toContain("position 5");
    expect(
      refusal({ jacobian: array([2, 2], () => 1), residuals: array([2], ([i]) => (i === 1 ? value : 0)) }),
    ).toMatchObject({ code: "NOT_FINITE", argument: "residuals" });
  });
});

describe("what no shape says", () => {
  const { gram, residuals } = problem(5, 3, 8);
  it("is said: that C is taken as 1, and which argument says otherwise", () => {
    const { notes, minimum } = read({ gram: gram["[nC, nC]"], residuals: residuals["[nC]"] });
    expect(minimum.system.outputs).toBe(1);
    expect(notes).toEqual([
      { argument: "gram", text: "15 rows are taken as 15 examples with one output each", otherwise: "outputs" },
    ]);
  });

  it("is said of kernels: how their axes were read", () => {
    expect(read({ gram: gram["[n, n, C, C]"] }).notes).toEqual([
      { argument: "gram", text: "shape [5, 5, 3, 3] is taken as [n, n, C, C]" },
    ]);
    expect(read({ gram: gram["[n, C, n, C]"] }).notes).toEqual([
      { argument: "gram", text: "shape [5, 3, 5, 3] is taken as [n, C, n, C]" },
    ]);
    // One number is one example of one output, however it is read.
    expect(read({ gram: array([1, 1, 1, 1], () => 2) }).minimum.system).toMatchObject({ examples: 1, outputs: 1 });
  });

  it("is the row i·C + c for output c of example i, of a kernel too", () => {
    const kernel = array([2, 2, 3, 3], ([i, j, c, d]) => 1000 * i! + 100 * j! + 10 * c! + d!);
    const { system } = read({ gram: kernel, outputs: 3 }).minimum;
    expect([system.examples, system.outputs]).toEqual([2, 3]);
    for (let row = 0; row < 6; row++)
      for (let column = 0; column < 6; column++)
        expect(system.gram[row * 6 + column]).toBe(
          1000 * Math.floor(row / 3) + 100 * Math.floor(column / 3) + 10 * (row % 3) + (column % 3),
        );
    expect(system.residuals).toEqual(new Float64Array(6));
    expect(read({ jacobian: problem(2, 3, 4).jacobian["[n, C, P]"], outputs: 3 }).minimum.system.examples).toBe(2);
  });

  it("is said of a Jacobian, and of one row it needs no word", () => {
    expect(read({ jacobian: array([4, 2], () => 1) }).notes).toMatchObject([
      { argument: "jacobian", text: "4 rows are taken as 4 examples with one output each" },
    ]);
    expect(read({ jacobian: array([1, 2], () => 1) }).notes).toEqual([]);
    expect(read({ jacobian: array([4, 2], () => 1), residuals: array([4, 1], () => 1) }).notes).toEqual([]);
  });

  it("is silent once somebody says it", () => {
    const column = { gram: gram["[nC, nC]"], residuals: array([15, 1], ([k]) => numbers[k!]!) };
    expect(read({ ...column, outputs: 3 }).minimum.system).toMatchObject({ examples: 5, outputs: 3 });
    expect(read({ ...column, outputs: 3 }).notes).toEqual([]);
    expect(read({ gram: gram["[nC, nC]"], outputs: 3 }).minimum.system).toMatchObject({ examples: 5, outputs: 3 });
    expect(
      read({ gram: gram["[nC, nC]"], residuals: array([3, 5], () => 1), outputs: 5 }).minimum.system,
    ).toMatchObject({
      examples: 3,
      outputs: 5,
    });
    expect(read({ gram: gram["[nC, nC]"], residuals: residuals["[n, C]"] }).notes).toEqual([]);
    expect(read({ gram: gram["[nC, nC]"], residuals: residuals["[nC]"], outputs: 1 }).notes).toEqual([]);
  });
});
