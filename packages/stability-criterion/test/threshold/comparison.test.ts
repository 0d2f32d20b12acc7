import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  decoupledStabilitySum,
  decoupledThreshold,
  gaussianThreshold,
  isotropicGaussianThreshold,
  prepareMinimum,
  StabilityError,
  structuredNoiseThreshold,
  thresholdComparison,
} from "../../src/index.js";
import { problem } from "../support/problems.js";

const spectrum = Float64Array.of(1, 0.5, 0.25, 0.1);

describe("the critical learning rate of Gaussian inputs", () => {
  it.each([
    [1, 1, 1, 2 / 3],
    [4, 2, 0.5, 8 / 7],
    [5, 8, 2, 4 / 7],
  ])("isotropic, D = %d, S = %d, a = %d, is %d", (dimension, batchSize, curvature, expected) => {
    expect(isotropicGaussianThreshold({ dimension, curvature, batchSize })).toBeCloseTo(expected, 15);
    expect(gaussianThreshold(new Float64Array(dimension).fill(curvature), batchSize)).toBeCloseTo(expected, 13);
  });

  it("of the spectrum (1, ½, ¼, .1) at S = 2 is .9160843705, and under decoupling 1.5285085502", () => {
    expect(gaussianThreshold(spectrum, 2)).toBeCloseTo(0.9160843705289603, 13);
    expect(decoupledThreshold(spectrum, 2)).toBeCloseTo(1.5285085501840974, 13);
  });

  it("is where the second moments keep their size: ρ of (1 − λa)² + (λ²/S)(a² + a Tr) is 1", () => {
    const [rate, batchSize] = [gaussianThreshold(spectrum, 2), 2];
    // Diagonal second moments: q' = [(1 − λa)² + λ²a²/S]q + (λ²/S)a·Σaq, by Isserlis' theorem.
    let q = spectrum.map(() => 1);
    let growth = 0;
    for (let t = 0; t < 4000; t++) {
      const total = q.reduce((sum, value, i) => sum + spectrum[i]! * value, 0);
      const next = q.map(
        (value, i) =>
          ((1 - rate * spectrum[i]!) ** 2 + (rate * spectrum[i]!) ** 2 / batchSize) * value +
          (rate ** 2 / batchSize) * spectrum[i]! * total,
      );
      growth = Math.max(...next);
      q = next.map((value) => value / growth);
    }
    expect(growth).toBeCloseTo(1, 11);
  });
});

describe("the stability sum under decoupling", () => {
  it("is S at the threshold, less below and more above", () => {
    for (const batchSize of [1, 2, 7]) {
      const rate = decoupledThreshold(spectrum, batchSize);
      expect(decoupledStabilitySum(spectrum, rate, batchSize) / batchSize).toBeCloseTo(1, 12);
      expect(decoupledStabilitySum(spectrum, 0.99 * rate, batchSize)).toBeLessThan(batchSize);
      expect(decoupledStabilitySum(spectrum, 1.01 * rate, batchSize)).toBeGreaterThan(batchSize);
    }
    expect(decoupledThreshold(spectrum, 1)).toBeCloseTo(2 / 1.85, 14);
    expect(decoupledStabilitySum(spectrum, 10, 2)).toBe(Infinity);
  });

  it("refuses half a batch and a negative curvature", () => {
    expect(() => decoupledStabilitySum(spectrum, 1, 0.5)).toThrow(StabilityError);
    expect(() => decoupledStabilitySum(Float64Array.of(-1), 1, 1)).toThrow(StabilityError);
  });
});

/** The spectrum of 200 Gaussian inputs in 8 dimensions with variances from 1 to .2, one draw of numpy. */
const draw = Float64Array.of(
  1.070812220561,
  0.8943621792392,
  0.6926470766099,
  0.6330820527116,
  0.4338661668096,
  0.4173934110749,
  0.2806656554773,
  0.1888559908005,
);
/** B; exact; Gaussian population, decoupled, 2B/Tr H, √B/‖H‖_F, 2/λ_max. */
const documented = [
  [1, 0.33, 0.3274497703776, 0.433680987968, 0.433680987968, 0.550150867736, 1.86774110492773],
  [2, 0.5831, 0.57961121935, 0.748481401533, 0.867361975936, 0.778030818504, 1.86774110492773],
  [8, 1.3139, 1.313280343726, 1.547917444773, 3.469447903742, 1.556061637008, 1.86774110492773],
  [32, 1.7385, 1.739323375549, 1.84531389926, 13.877791614969, 3.112123274017, 1.86774110492773],
] as const;

describe("the comparison of thresholds", () => {
  it("has the documented columns for the documented spectrum", () => {
    // Any system with that spectrum will do for the columns that see the spectrum alone.
    const jacobian = new Float64Array(8 * 200);
    draw.forEach((value, a) => (jacobian[9 * a] = Math.sqrt(200 * value)));
    const { system } = problem(jacobian, new Float64Array(200).fill(1));
    const rows = thresholdComparison(system, { batchSizes: documented.map(([batchSize]) => batchSize) });
    rows.forEach((row, k) => {
      const [batchSize, , gaussianColumn, decoupled, trace, frobenius, gradientDescent] = documented[k]!;
      expect(row.batchSize).toBe(batchSize);
      expect(row.gaussian).toBeCloseTo(gaussianColumn, 10);
      expect(row.decoupled).toBeCloseTo(decoupled, 10);
      expect(row.trace).toBeCloseTo(trace, 9);
      expect(row.frobenius).toBeCloseTo(frobenius, 10);
      expect(row.gradientDescent).toBeCloseTo(gradientDescent, 11);
    });
  });

  it("is within bands of the documented values for draws of another generator, and ordered", () => {
    for (let seed = 0; seed < 3; seed++) {
      const inputs = gaussian(200 * 8, seededRandom(seed));
      for (let k = 0; k < inputs.length; k++) inputs[k]! *= Math.sqrt(1 - (0.8 * (k % 8)) / 7);
      const minimum = prepareMinimum(problem(inputs, new Float64Array(200).fill(1)).system);
      thresholdComparison(minimum, { batchSizes: [1, 2, 8, 32] }).forEach((row, k) => {
        const [, exact, ...others] = documented[k]!;
        const columns = [row.gaussian, row.decoupled, row.trace, row.frobenius, row.gradientDescent];
        // λ_max spreads by 8 % among draws, Tr H and ‖H‖_F by 4 to 5 %.
        expect(Math.abs(row.exact / exact - 1)).toBeLessThan(0.25);
        columns.forEach((value, c) => expect(Math.abs(value / others[c]! - 1)).toBeLessThan(0.25));
        // Fourth moments of 200 inputs spread: over 60 draws the ratio has a standard deviation of 4 %, at most 16 %.
        expect(Math.abs(row.gaussian / row.exact - 1)).toBeLessThan(0.2);
        for (const above of [row.decoupled, row.trace, row.frobenius, row.gradientDescent])
          expect(above).toBeGreaterThan(row.exact);
      });
    }
  });

  it("puts p in the place of 1/B without replacement, and is gradient descent at the full batch", () => {
    const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);
    const [two, full] = thresholdComparison(system, { batchSizes: [2, 3], sampling: "without-replacement" });
    expect(two!.exact).toBeCloseTo(0.937005453848, 11);
    expect(two!.decoupled).toBeCloseTo(1.072578402337, 11);
    expect(two!.gaussian).toBeCloseTo(0.734223723795, 11);
    expect(two!.trace).toBeCloseTo(3, 12);
    for (const key of ["exact", "gaussian", "decoupled"] as const)
      expect(full![key]).toBeCloseTo(full!.gradientDescent, 13);
    expect(structuredNoiseThreshold(prepareMinimum(system).eigenvalues, 0.25, 1)).toBeCloseTo(two!.decoupled, 14);
    for (const sampling of ["bernoulli", "epoch-shuffle"])
      expect(() => thresholdComparison(system, { batchSizes: [1], sampling: sampling as "with-replacement" })).toThrow(
        StabilityError,
      );
  });
});
