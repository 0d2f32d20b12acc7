import { gramOfRows, multiply } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { StabilityError } from "../../src/index.js";
import { invarianceReport, reparametrized, type MeasureComparison } from "../../src/invariance.js";

const of = (...values: number[]): Float64Array => Float64Array.from(values);
const row = (report: MeasureComparison[], measure: string): MeasureComparison =>
  report.find((entry) => entry.measure === measure)!;
const still = ["noise-to-curvature ratios"];
const identity = (size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, o) => (o % (size + 1) === 0 ? 1 : 0));

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

describe("ill-conditioned matrices", () => {
  const size = 5;
  /** An orthogonal matrix: products of Householder reflections. */
  const orthogonal = (random: () => number): Float64Array => {
    let q: Float64Array = identity(size);
    for (let k = 0; k < size; k++) {
      const v = gaussian(size, random);
      const square = v.reduce((sum, x) => sum + x * x, 0);
      const reflection = identity(size).map((e, o) => e - (2 * v[Math.floor(o / size)]! * v[o % size]!) / square);
      q = multiply(q, reflection, size, size, size);
    }
    return q;
  };
  /** `Q diag(d) Rᵀ` with d from 1 down to 1/condition in equal ratios. */
  const withCondition = (condition: number, q: Float64Array, r: Float64Array): Float64Array =>
    Float64Array.from({ length: size * size }, (_, o) => {
      let sum = 0;
      for (let k = 0; k < size; k++)
        sum += q[Math.floor(o / size) * size + k]! * condition ** (-k / (size - 1)) * r[(o % size) * size + k]!;
      return sum;
    });
  const symmetricPart = (m: Float64Array): Float64Array =>
    m.map((value, o) => (value + m[(o % size) * size + Math.floor(o / size)]!) / 2);

  it.each([
    [1, 1e4],
    [1e3, 1e3],
    [1e6, 1],
    [1e6, 1e2],
    [1e8, 1e1],
    [1e4, 1e4],
  ])("of condition %d of H and %d of J move nothing that they do not resolve", (ofHessian, ofJacobian) => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(seed);
      const q = orthogonal(random);
      const hessian = symmetricPart(withCondition(ofHessian, q, q));
      const noise = gramOfRows(gaussian(size * size, random), size, size);
      const point = { hessian, noise };
      const report = invarianceReport(point, reparametrized(point, withCondition(ofJacobian, orthogonal(random), q)));
      const ratios = row(report, "noise-to-curvature ratios");
      expect(ratios.moved, `seed ${seed}, resolved to ${ratios.tolerance}`).toBe(false);
      // A rotation is exact but for rounding: nothing moves, the determinant of an ill-conditioned H neither.
      const turned = invarianceReport(point, reparametrized(point, orthogonal(random)));
      expect(turned.filter((entry) => entry.moved).map((entry) => entry.measure)).toEqual([]);
    }
  });

  it.each([
    [1, 1e3],
    [1e3, 1e2],
    [1e4, 1],
  ])("of condition %d of H and %d of J still show a change of the noise by a tenth", (ofHessian, ofJacobian) => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(seed);
      const q = orthogonal(random);
      const hessian = symmetricPart(withCondition(ofHessian, q, q));
      const point = { hessian, noise: gramOfRows(gaussian(size * size, random), size, size) };
      const { hessian: after, noise } = reparametrized(point, withCondition(ofJacobian, orthogonal(random), q));
      const report = invarianceReport(point, { hessian: after, noise: noise.map((value) => 1.1 * value) });
      const ratios = row(report, "noise-to-curvature ratios");
      expect(ratios.moved).toBe(true);
      expect(ratios.tolerance).toBeLessThan(0.05);
    }
  });

  it("of condition 1 leave the tolerance as it is", () => {
    const point = { hessian: of(1, 0, 0, 1), noise: of(1, 0, 0, 2) };
    for (const { tolerance } of invarianceReport(point, point)) expect(tolerance).toBeLessThan(1.001e-8);
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
