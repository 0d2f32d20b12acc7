import { describe, expect, it } from "vitest";
import { StabilityError } from "../../src/index.js";
import { epsilonSharpness } from "../../src/invariance.js";

/** L = ½(w₁w₂ − 1)². */
const loss = ([a, b]: Float64Array): number => 0.5 * (a! * b! - 1) ** 2;
const gradient = ([a, b]: Float64Array): Float64Array => Float64Array.of((a! * b! - 1) * b!, (a! * b! - 1) * a!);
const at = (alpha: number, radius: number) =>
  epsilonSharpness({ loss, gradient, point: Float64Array.of(alpha, 1 / alpha), radius });

describe("the ε-sharpness of L = ½(w₁w₂ − 1)² at (α, 1/α)", () => {
  it.each([
    [1, 2],
    [2, 4.25],
    [5, 25.04],
  ])("is ½ε²λ_max to leading order, at α = %d with λ_max = %d", (alpha, curvature) => {
    for (const radius of [1e-2, 1e-3, 1e-4])
      expect(Math.abs(at(alpha, radius).sharpness / ((radius ** 2 * curvature) / 2) - 1)).toBeLessThan(3 * radius);
  });

  it.each([
    [1, 0.3],
    [2, 0.5],
    [0.2, 1],
    [1, 2],
  ])("is the maximum over the disk, by a scan: α = %d, ε = %d", (alpha, radius) => {
    let highest = 0;
    for (let ring = 1; ring <= 20; ring++)
      for (let k = 0; k < 20_000; k++) {
        const [r, t] = [(radius * ring) / 20, (2 * Math.PI * k) / 20_000];
        highest = Math.max(highest, loss(Float64Array.of(alpha + r * Math.cos(t), 1 / alpha + r * Math.sin(t))));
      }
    const { sharpness, displacement } = at(alpha, radius);
    expect(Math.abs(sharpness / highest - 1)).toBeLessThan(1e-7);
    expect(Math.hypot(...displacement)).toBeCloseTo(radius, 13);
  });

  it("grows with α though the function does not change", () => {
    const values = [1, 2, 5].map((alpha) => at(alpha, 0.01).sharpness);
    expect(values[1]! / values[0]!).toBeGreaterThan(2);
    expect(values[2]! / values[1]!).toBeGreaterThan(5);
  });
});

it("ε-sharpness is relative to 1 + L, 0 on a plateau, and refuses what fits not", () => {
  const flat = { loss: () => 3, gradient: () => new Float64Array(2), point: new Float64Array(2), radius: 1 };
  expect(epsilonSharpness(flat).sharpness).toBe(0);
  const slope = { ...flat, loss: ([x]: Float64Array) => 3 + x!, gradient: () => Float64Array.of(1, 0) };
  expect(epsilonSharpness(slope).sharpness).toBeCloseTo(0.25, 14);
  expect(() => epsilonSharpness({ ...flat, radius: 0 })).toThrow(StabilityError);
  expect(() => epsilonSharpness({ ...flat, loss: () => -2 })).toThrow(/above -1/);
  expect(() => epsilonSharpness({ ...flat, gradient: () => new Float64Array(1) })).toThrow(/length 2, got 1/);
});
