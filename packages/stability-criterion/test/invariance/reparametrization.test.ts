import { gramOfRows, multiply } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { invarianceReport, reparametrized, StabilityError, type MeasureComparison } from "../../src/index.js";

const of = (...values: number[]): Float64Array => Float64Array.from(values);
const row = (report: MeasureComparison[], measure: string): MeasureComparison =>
  report.find((entry) => entry.measure === measure)!;
const still = ["noise-to-curvature ratios"];

describe("L = ½(w₁w₂ − 1)² at (α, 1/α)", () => {
  /** At (1, 1), with noise of variance .3 in the label. */
  const even = { hessian: of(1, 1, 1, 1), noise: of(0.3, 0.3, 0.3, 0.3) };

  it.each([
    [2, 4.25],
    [5, 25.04],
    [0.2, 25.04],
  ])("for α = %d has curvature %d, and 2 for α = 1", (alpha, sharpness) => {
    const moved = reparametrized(even, of(1 / alpha, 0, 0, alpha));
    [1 / alpha / alpha, 1, 1, alpha * alpha].forEach((entry, k) => {
      expect(moved.hessian[k]).toBeCloseTo(entry, 13);
    });
    const report = invarianceReport(even, moved);
    const expected: [string, number, number][] = [
      ["trace", 2, sharpness],
      ["Frobenius norm", 2, sharpness],
      ["largest eigenvalue", 2, sharpness],
      ["log-determinant on the range", Math.log(2), Math.log(sharpness)],
      ["Tr(CH)", 1.2, 0.3 * sharpness ** 2],
      ["stable learning rate", 1, 2 / sharpness],
    ];
    for (const [measure, before, after] of expected) {
      expect(row(report, measure).before).toBeCloseTo(before, 12);
      expect(row(report, measure).after).toBeCloseTo(after, 11);
    }
    const ratios = row(report, "noise-to-curvature ratios");
    for (const values of [ratios.before, ratios.after] as Float64Array[]) {
      expect(values[0]).toBeCloseTo(0.3, 12);
      expect(values[1]).toBeCloseTo(0, 12);
    }
    expect(report.filter((entry) => !entry.moved).map((entry) => entry.measure)).toEqual(still);
  });
});

describe("a random reparametrisation", () => {
  it.each([
    ["a minimum", 6, (k: number) => k + 1],
    ["a saddle", 6, (k: number) => (k < 2 ? -1 - k : k)],
    ["a minimum with two flat directions", 4, (k: number) => k + 1],
  ])("of %s moves everything but the noise-to-curvature ratios", (_, rank, weight) => {
    const size = 6;
    for (let seed = 0; seed < 20; seed++) {
      const random = seededRandom(seed);
      // H = ZWZᵀ and C = Z(XXᵀ)Zᵀ: the noise lies in the range of H.
      // Well conditioned: rounding moves the ratios by ε times the condition numbers of H and J.
      const z = gaussian(size * rank, random).map((value, k) => value + (k % (rank + 1) === 0 ? 6 : 0));
      const zx = multiply(z, gaussian(rank * rank, random), size, rank, rank);
      const hessian = Float64Array.from({ length: size * size }, (_, k) => {
        let sum = 0;
        for (let j = 0; j < rank; j++)
          sum += weight(j) * z[Math.floor(k / size) * rank + j]! * z[(k % size) * rank + j]!;
        return sum;
      });
      const point = { hessian, noise: gramOfRows(zx, size, rank) };
      const jacobian = gaussian(size * size, random).map((value, k) => value + (k % (size + 1) === 0 ? 6 : 0));
      const report = invarianceReport(point, reparametrized(point, jacobian));
      expect(report).toHaveLength(7);
      expect(report.filter((entry) => !entry.moved).map((entry) => entry.measure)).toEqual(still);
    }
  });

  it("that turns the axes alone moves nothing", () => {
    const [c, s] = [0.8, 0.6];
    const point = { hessian: of(3, 1, 1, 2), noise: of(1, 0.2, 0.2, 5) };
    const report = invarianceReport(point, reparametrized(point, of(c, -s, s, c)));
    expect(report.every((entry) => !entry.moved)).toBe(true);
  });
});

describe("the ratios", () => {
  it("are the eigenvalues of H⁻¹C: trace and determinant agree", () => {
    const point = { hessian: of(3, 1, 1, 2), noise: of(1, 0.2, 0.2, 5) };
    const [a, b] = row(invarianceReport(point, point), "noise-to-curvature ratios").before as Float64Array;
    expect(a! + b!).toBeCloseTo((2 * 1 - 0.2 - 0.2 + 3 * 5) / 5, 13);
    expect(a! * b!).toBeCloseTo((5 - 0.04) / 5, 13);
  });

  const flat = { hessian: of(1, 0, 0, 0), noise: of(1, 0, 0, 0) };
  it.each([
    ["noise where there is no curvature", () => invarianceReport({ ...flat, noise: of(1, 0, 0, 1) }, flat)],
    ["noise of negative variance", () => invarianceReport(flat, { ...flat, noise: of(-1, 0, 0, 0) })],
    ["another number of parameters", () => invarianceReport(flat, { hessian: of(1), noise: of(1) })],
    ["a Jacobian that is singular", () => reparametrized(flat, of(1, 1, 1, 1))],
    ["a Jacobian of another size", () => reparametrized(flat, of(1))],
    ["a Jacobian that is not finite", () => reparametrized(flat, of(1, 0, 0, NaN))],
    ["a Hessian that is not symmetric", () => reparametrized({ ...flat, hessian: of(1, 1, 0, 1) }, of(1, 0, 0, 1))],
  ])("refuse %s", (_, call) => {
    expect(call).toThrow(StabilityError);
  });
});
