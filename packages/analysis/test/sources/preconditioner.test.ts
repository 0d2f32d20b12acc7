import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { analyseSync, minimumOfArrays } from "../../src/index.js";

const [n, C, P] = [3, 2, 4];
const random = seededRandom(5);
const array = (shape: number[], data: ArrayLike<number>) => ({ shape, data: Float64Array.from(data) });
const jacobian = array([n, C, P], gaussian(n * C * P, random));
const residuals = array([n, C], gaussian(n * C, random));
const p = [4, 0.25, 9, 1];
const read = (shape: number[], data: ArrayLike<number> = p) =>
  minimumOfArrays("preconditioned", { jacobian, residuals, preconditioner: array(shape, data) }).minimum;

describe("a preconditioned minimum", () => {
  it("has the Gram matrix J·P⁻¹·Jᵀ, and says what it is", () => {
    const found = read([P]);
    expect(found).toMatchObject({ name: "preconditioned", preconditioned: true, precision: "float64", loss: "square" });
    expect([...found.system.residuals]).toEqual([...residuals.data]);
    const rows = n * C;
    for (let a = 0; a < rows; a++)
      for (let b = 0; b < rows; b++) {
        const expected = p.reduce(
          (sum, each, k) => sum + (jacobian.data[a * P + k]! * jacobian.data[b * P + k]!) / each,
          0,
        );
        expect(found.system.gram[a * rows + b]).toBeCloseTo(expected, 12);
      }
    expect(analyseSync(found).minimum.preconditioned).toBe(true);
  });

  it("of P = 1 is the minimum itself, and its record alone says that it is preconditioned", () => {
    const plain = minimumOfArrays("plain", { jacobian, residuals }).minimum;
    expect(plain).not.toHaveProperty("preconditioned");
    expect(analyseSync(plain).minimum).not.toHaveProperty("preconditioned");
    expect([...read([P], [1, 1, 1, 1]).system.gram]).toEqual([
      ...gramSystemFromJacobian(jacobian.data, residuals.data, { examples: n, outputs: C }).gram,
    ]);
    expect([...plain.system.gram]).toEqual([...read([P], [1, 1, 1, 1]).system.gram]);
  });

  it("keeps the precision of its Jacobian, which no longer shows in J·P^(−1/2)", () => {
    const rounded = array([n, C, P], jacobian.data.map(Math.fround));
    const preconditioner = array([P], p.map(Math.sqrt));
    expect(minimumOfArrays("x", { jacobian: rounded, residuals, preconditioner }).minimum.precision).toBe("float32");
  });

  it.each([[[1, P]], [[P, 1]], [[1, P, 1]]])("takes P of shape %j", (shape) => {
    expect([...read(shape).system.gram]).toEqual([...read([P]).system.gram]);
  });

  it.each<[string, number[], string | undefined]>([
    ["one number too few", [P - 1], undefined],
    ["the rows of J", [n * C], undefined],
    ["numbers in two axes", [2, 2], undefined],
    ["a matrix of other size", [P, P + 1], undefined],
    ["the transpose of such", [P + 1, P], undefined],
    ["three axes", [P, P, 1], undefined],
    ["a full matrix", [P, P], "a full matrix P = LLᵀ goes into the Jacobian: pass J @ inv(L).T instead"],
  ])("refuses %s", (_, shape, advice) => {
    const data = new Float64Array(shape.reduce((a, b) => a * b)).fill(1);
    expect(() => read(shape, data)).toThrow(
      expect.objectContaining({ code: "SHAPE_MISMATCH", argument: "preconditioner", advice }),
    );
  });

  it.each([
    ["a zero first", [0, 1, 1, 1], 0, 0],
    ["a negative number", [1, 1, -2, 1], -2, 2],
  ])("refuses %s, at its position", (_, data, value, position) => {
    expect(() => read([P], data)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        argument: "preconditioner",
        problem: `expected positive numbers, got ${value} at position ${position}`,
        advice: "of Adam it is sqrt(v) + eps, not v itself",
      }),
    );
  });

  it("refuses NaN, and a preconditioner without its Jacobian", () => {
    expect(() => read([P], [1, NaN, 1, 1])).toThrow(
      expect.objectContaining({ code: "NOT_FINITE", argument: "preconditioner" }),
    );
    const gram = array([2, 2], [1, 0, 0, 1]);
    expect(() => minimumOfArrays("x", { gram, preconditioner: array([P], p) })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        argument: "preconditioner",
        advice: expect.stringContaining("JP⁻¹Jᵀ") as string,
      }),
    );
  });
});
