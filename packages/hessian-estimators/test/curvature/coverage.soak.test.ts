import { confidenceInterval, curvature, deflatedNorm, xTrace } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { ALTERNATING, deviation, frobenius, mean, relativeRmse, sum, withSpectrum } from "../support.js";

const spectrum = ALTERNATING;
const operator = withSpectrum(spectrum);
const [trace, norm] = [sum(spectrum), frobenius(spectrum)];
const largest = Math.max(...spectrum);

describe("curvature", () => {
  test("every quantity holds the dense one as often as its interval says, over 50 runs of 64 products", async () => {
    const held = { trace: 0, norm: 0, participationRatio: 0, stableRank: 0 };
    const truth = { trace, norm, participationRatio: (trace / norm) ** 2, stableRank: (norm / largest) ** 2 };
    const keys = Object.keys(truth) as (keyof typeof truth)[];
    const values: Record<string, number[]> = { trace: [], norm: [] };
    let [diagonal, consistent] = [0, 0];
    for (let seed = 0; seed < 50; seed++) {
      const found = await curvature(operator, { seed, maxMatvecs: 64 });
      expect(found).toMatchObject({ method: "estimated", matvecs: 64 });
      if (found.moments.consistent) consistent++;
      for (const key of keys) {
        const { lower, upper } = confidenceInterval(found[key]);
        if (lower <= truth[key] && truth[key] <= upper) held[key]++;
      }
      values["trace"]!.push(found.trace.value);
      values["norm"]!.push(found.norm.value);
      expect(found.eigenpairs.values[0]).toBeCloseTo(largest, 5);
      const { values: entries, standardErrors } = found.diagonal!;
      entries.forEach((x, i) => {
        diagonal += ((x - operator.matrix[i * 101]!) / standardErrors[i]!) ** 2 / (50 * 100);
      });
    }
    expect(consistent).toBeGreaterThan(47);
    for (const key of keys) expect(held[key] / 50).toBeGreaterThan(0.86);
    expect(Math.abs(mean(values["trace"]!) - trace)).toBeLessThan((4 * deviation(values["trace"]!)) / Math.sqrt(50));
    // Student's t with seven degrees of freedom has variance 7/5.
    expect(diagonal).toBeGreaterThan(0.8);
    expect(diagonal).toBeLessThan(2);
  });

  test("is as accurate as the estimators of one quantity, for all of them at once", async () => {
    const rmse = async (run: (seed: number) => Promise<number>, truth: number): Promise<number> => {
      const values: number[] = [];
      for (let seed = 0; seed < 24; seed++) values.push(await run(seed));
      return relativeRmse(values, truth);
    };
    const options = (seed: number) => ({ seed, maxMatvecs: 64, diagonal: false });
    const onePass = [
      await rmse(async (seed) => (await curvature(operator, options(seed))).trace.value, trace),
      await rmse(async (seed) => (await curvature(operator, options(seed))).norm.value, norm),
    ];
    expect(onePass[0]).toBeLessThan(1.5 * (await rmse(async (s) => (await xTrace(operator, options(s))).value, trace)));
    expect(onePass[1]).toBeLessThan(await rmse(async (s) => (await deflatedNorm(operator, options(s))).value, norm));
  });
});
