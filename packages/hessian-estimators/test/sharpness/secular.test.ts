import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, test } from "vitest";
import { diagonalTrustRegion } from "../../src/sharpness/secular.js";
import { sum } from "../support.js";

const solve = (theta: number[], b: number[], radius: number) =>
  diagonalTrustRegion(Float64Array.from(theta), Float64Array.from(b), radius);
const valueAt = (theta: readonly number[], b: readonly number[], x: ArrayLike<number>): number =>
  sum(Array.from(x, (each, k) => b[k]! * each + (theta[k]! * each * each) / 2));

/** The conditions of Moré and Sorensen, which hold at the maximum alone. */
function expectOptimal(theta: number[], b: number[], radius: number): void {
  const { x, multiplier, value } = solve(theta, b, radius);
  const length = Math.hypot(...x);
  const scale = 1 + Math.abs(theta[0]!) + Math.hypot(...b);
  expect(multiplier).toBeGreaterThanOrEqual(Math.max(0, theta[0]!) - 1e-12 * scale);
  expect(length).toBeLessThanOrEqual(radius * (1 + 1e-9));
  if (multiplier > 1e-9) expect(length / radius).toBeCloseTo(1, 9);
  x.forEach((each, k) => expect(Math.abs((multiplier - theta[k]!) * each - b[k]!)).toBeLessThan(1e-9 * scale * radius));
  const expected = valueAt(theta, b, x);
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
  expect(value).toBeGreaterThanOrEqual(0);
}

describe("the trust-region problem of a diagonal matrix", () => {
  test.each<[string, number[], number[], number]>([
    ["indefinite", [3, 1, -2], [0.5, -1, 2], 0.7],
    ["indefinite, small radius", [3, 1, -2], [0.5, -1, 2], 1e-3],
    ["indefinite, large radius", [3, 1, -2], [0.5, -1, 2], 1e3],
    ["negative, at the boundary", [-1, -2], [3, 4], 0.5],
    ["negative, inside", [-1, -2], [0.3, 0.4], 5],
    ["negative, just at the boundary", [-1, -2], [3, 0], 3],
    ["singular", [0, -1], [1, 1], 2],
    ["singular without a slope there", [0, -1], [0, 1], 2],
    ["singular, inside the sphere of the others", [0, -1], [0, 1], 0.5],
    ["repeated largest", [2, 2, 1], [1, -1, 0.5], 1],
    ["hard, one largest", [2, 1, -1], [0, 0.3, 0.2], 3],
    ["hard, no slope", [2, 1], [0, 0], 0.25],
    ["hard, but the rest reaches the sphere", [2, 1], [0, 5], 0.5],
    ["nearly hard", [2, 1], [1e-9, 0.1], 1],
    ["nearly hard, the other way", [2, 1], [-1e-9, 0.1], 1],
    ["negative slope at the top", [2, 1], [-0.5, 0.1], 1],
  ])("is optimal: %s", (_, theta, b, radius) => expectOptimal(theta, b, radius));

  test("is optimal for random ones", () => {
    const random = seededRandom(1);
    for (let k = 0; k < 200; k++) {
      const size = 1 + Math.floor(6 * random());
      const theta = [...gaussian(size, random)].sort((p, q) => q - p);
      const b = [...gaussian(size, random)].map((x) => x * 10 ** (4 * random() - 2));
      expectOptimal(theta, b, 10 ** (4 * random() - 2));
    }
  });

  test("has closed forms: ½ρ²θ without a slope, ρ‖b‖ without curvature, −b/θ inside", () => {
    const without = solve([4, 1], [0, 0], 0.5);
    expect(without.value).toBeCloseTo(0.5, 12);
    expect([...without.x].map(Math.abs)).toEqual([expect.closeTo(0.5, 12), 0]);
    expect(without.multiplier).toBe(4);
    const flat = solve([0, 0], [3, 4], 2);
    expect(flat.value).toBeCloseTo(10, 9);
    expect(flat.multiplier).toBeCloseTo(2.5, 9);
    const inside = solve([-2, -4], [1, 2], 3);
    expect([...inside.x]).toEqual([0.5, 0.5]);
    expect(inside).toMatchObject({ multiplier: 0, value: 0.75 });
  });

  test("in the hard case goes along the slope that there is", () => {
    for (const sign of [1, -1]) {
      const { x } = solve([2, 1], [sign * 1e-13, 0.1], 1);
      expect(Math.sign(x[0]!)).toBe(sign);
      expect(Math.hypot(...x)).toBeCloseTo(1, 9);
    }
  });
});
