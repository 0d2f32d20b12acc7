import { diagonalOperator } from "@sgdscope/hessian-estimators/operators";
import { lanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { countEigenvalues } from "../src/measure/eigenvalue-count.js";

const size = 80;
/** Spectra of all kinds: outliers over a bulk at zero, a power law, both signs, two clusters. */
const spectra: Record<string, (k: number) => number> = {
  "outliers over zeros": (k) => (k < 4 ? 10 / (k + 1) : 0),
  "a power law": (k) => 1 / (k + 1),
  "both signs": (k) => (k % 3 === 0 ? -1 : 1) * 0.93 ** k,
  "two clusters": (k) => (k % 2 === 0 ? 1 + k / 1e3 : 0.01 + k / 1e5),
};
const ends = [-Infinity, -0.1, -0.001, 0.001, 0.02, 0.1, 0.5, 2, Infinity];

describe("counting eigenvalues", () => {
  it.each(Object.entries(spectra))("brackets the truth whatever the steps: %s", async (name, spectrum) => {
    const values = Float64Array.from({ length: size }, (_, k) => spectrum(k));
    // A diagonal matrix gives every Rademacher probe the same measure, the spectrum itself: what is left is the error of the rule.
    let [judged, missed, open] = [0, 0, 0];
    for (const steps of [3, 6, 12, 30]) {
      const random = seededRandom(steps);
      const quadrature = await lanczosQuadrature(diagonalOperator(values), { probes: 10, steps, random });
      for (const [k, upTo] of ends.entries()) {
        if (k === 0) continue;
        const above = ends[k - 1]!;
        const truth = values.filter((value) => value > above && value <= upTo).length;
        const { value, atLeast, atMost } = countEigenvalues(quadrature, [above, upTo], 0);
        judged++;
        if (truth < atLeast - 1e-6 || truth > atMost + 1e-6) missed++;
        if (Math.abs(value - truth) > 1) open++;
        expect(atLeast).toBeLessThanOrEqual(value + 1e-9);
        expect(atMost).toBeGreaterThanOrEqual(value - 1e-9);
      }
    }
    expect([judged, missed]).toEqual([32, 0]);
    // The rules alone are off by more than one eigenvalue somewhere, but for clusters apart: the bracket is needed.
    if (name !== "two clusters") expect(open).toBeGreaterThan(0);
  });

  it("gives the mass of a rule without residual as it is", () => {
    const runs = [
      { nodes: Float64Array.of(3, 1), weights: Float64Array.of(0.25, 0.75), residual: 0 },
      { nodes: Float64Array.of(3, 1), weights: Float64Array.of(0.25, 0.75), residual: 0 },
    ];
    expect(countEigenvalues({ size: 8, runs, matvecs: 4 }, [2, Infinity], 0)).toEqual({
      value: 2,
      standardError: 0,
      atLeast: 2,
      atMost: 2,
    });
    // An end that rounding cannot tell from a node leaves its eigenvalues open.
    expect(countEigenvalues({ size: 8, runs, matvecs: 4 }, [3, Infinity], 1e-6)).toMatchObject({
      atLeast: 0,
      atMost: 2,
    });
  });
});
