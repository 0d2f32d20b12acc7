import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { criticalSharpness, StabilityError } from "../src/index.js";
import { problem } from "./support/problems.js";

describe("critical sharpness", () => {
  it("of a quadratic has η_c = 2 gᵀu/uᵀHu along any u, with at most 6 losses near it", async () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const [n, p] = [5, 4];
      const jacobian = gaussian(n * p, random);
      const residuals = gaussian(n, random);
      const direction = gaussian(p, random);
      const image = residuals.map((_, i) => direction.reduce((sum, u, a) => sum + jacobian[i * p + a]! * u, 0));
      const along = (values: Float64Array): number => values.reduce((sum, r, i) => sum + r * image[i]!, 0) / n;
      const sign = Math.sign(along(residuals));
      const lossAt = (step: number): number =>
        residuals.reduce((sum, r, i) => sum + (r - sign * step * image[i]!) ** 2, 0) / (2 * n);
      const critical = (2 * sign * along(residuals)) / along(image);
      const found = await criticalSharpness(lossAt, { learningRate: critical * (0.51 + 1.4 * random()) });
      expect(found.criticalStep / critical).toBeCloseTo(1, 9);
      expect(found.sharpness).toBe(2 / found.criticalStep);
      expect(found.evaluations).toBeLessThanOrEqual(6);
    }
  });

  it("of gradient descent on one is gᵀHg/‖g‖², from far away too", async () => {
    const { system, jacobian } = problem([1, 2, -1, 0.5, 3, 1], [1, -2, 0.5]);
    const gradient = [0, 1].map((a) => system.residuals.reduce((sum, r, i) => sum + (r * jacobian[2 * i + a]!) / 3, 0));
    const image = [0, 1, 2].map((i) => gradient.reduce((sum, g, a) => sum + g * jacobian[2 * i + a]!, 0));
    const curvature = image.reduce((sum, value) => sum + value ** 2, 0) / 3;
    const expected = curvature / gradient.reduce((sum, g) => sum + g ** 2, 0);
    const lossAt = (step: number): number =>
      system.residuals.reduce((sum, r, i) => sum + (r - step * image[i]!) ** 2, 0) / 6;
    for (const learningRate of [1e-6, 1, 1e6])
      expect((await criticalSharpness(lossAt, { learningRate })).sharpness / expected).toBeCloseTo(1, 9);
  });

  it("of a loss that is not quadratic is within its tolerance", async () => {
    const cases: [(step: number) => number, number][] = [
      [(x) => Math.cosh(x - 1), 2],
      [(x) => (x - 1) ** 6, 2],
      [(x) => Math.exp(-5 * x) + (x < 3 ? 0 : 10), 3],
      [(x) => (x < 0.7 ? -x : NaN), 0.7],
      [(x) => (x < 1e3 ? -x : Infinity), 1e3],
    ];
    for (const [lossAt, critical] of cases)
      for (const tolerance of [0.2, 0.02, 1e-4]) {
        const found = await criticalSharpness((step) => Promise.resolve(lossAt(step)), {
          learningRate: 0.3,
          tolerance,
        });
        expect(Math.abs(found.criticalStep / critical - 1)).toBeLessThanOrEqual(tolerance);
      }
  });

  it("is infinite along what goes up, and 0 where nothing does", async () => {
    expect(await criticalSharpness((x) => x, { learningRate: 1 })).toEqual({
      criticalStep: 0,
      sharpness: Infinity,
      evaluations: 32,
    });
    expect(await criticalSharpness(() => 1, { learningRate: 1, doublings: 5 })).toEqual({
      criticalStep: Infinity,
      sharpness: 0,
      evaluations: 7,
    });
  });

  it("refuses a loss that is not finite where it starts, and a tolerance that is none", async () => {
    await expect(criticalSharpness(() => NaN, { learningRate: 1 })).rejects.toThrow(
      new StabilityError("INVALID_ARGUMENT", "criticalSharpness: expected a finite loss at step 0, got NaN."),
    );
    expect(() => criticalSharpness(() => 1, { learningRate: 1, tolerance: 1 })).toThrow(
      "criticalSharpness: expected tolerance in (0, 1), got 1.",
    );
  });
});
