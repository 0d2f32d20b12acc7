import {
  confidenceInterval,
  curvature,
  deflatedNorm,
  measureCurvature,
  xTrace,
  type LinearOperator,
} from "@sgdscope/hessian-estimators";
import { effectiveDimension } from "@sgdscope/hessian-estimators/functions";
import { gramOfRows, symmetricEigenvalues } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, test } from "vitest";
import { deviation, frobenius, mean, relativeRmse, sum, withSpectrum } from "../support.js";

const spectrum = Array.from({ length: 100 }, (_, i) => 10 * 0.92 ** i * (i % 5 === 4 ? -0.6 : 1));
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

  test("residuals are those of the operator, and repeated eigenvalues are found as often as they are there", async () => {
    const repeated = withSpectrum([6, 6, 6, 5, ...Array.from({ length: 76 }, (_, i) => 3 * Math.cos(i))]);
    const { eigenpairs } = await curvature(repeated, { seed: 2, maxMatvecs: 72, count: 4, which: "largest" });
    [6, 6, 6, 5].forEach((value, k) => expect(eigenpairs.values[k]).toBeCloseTo(value, 3));
    for (const [k, v] of eigenpairs.vectors.entries()) {
      const image = await repeated.apply(v);
      const measured = Math.hypot(...image.map((x, i) => x - eigenpairs.values[k]! * v[i]!));
      expect(Math.abs(measured - eigenpairs.residuals[k]!)).toBeLessThan(1e-6);
    }
  });

  test("Float32 products do as well", async () => {
    const single: LinearOperator = {
      size: 100,
      apply: async (v) =>
        Float64Array.from(new Float32Array(await operator.apply(Float64Array.from(new Float32Array(v))))),
    };
    const values: number[] = [];
    for (let seed = 0; seed < 20; seed++) values.push((await curvature(single, { seed, maxMatvecs: 72 })).norm.value);
    expect(relativeRmse(values, norm)).toBeLessThan(0.01);
  });

  test("of low rank, where runs end early, is exact up to rounding", async () => {
    const lowRank = withSpectrum([4, -3, 2, ...new Array<number>(57).fill(0)]);
    const found = await curvature(lowRank, { seed: 1, maxMatvecs: 48 });
    expect(found.trace.value).toBeCloseTo(3, 6);
    expect(found.norm.value).toBeCloseTo(Math.sqrt(29), 6);
    expect(found.matvecs).toBeLessThan(48);
  });

  test("from `size` products on is exact", async () => {
    const small = withSpectrum([3, 1, -2, 0.5]);
    const found = await curvature(small, { seed: 1, count: 2 });
    expect(found).toMatchObject({ method: "exact", matvecs: 4, moments: { consistent: true } });
    for (const key of ["trace", "norm", "participationRatio", "stableRank"] as const)
      expect(found[key].standardError).toBe(0);
    expect(found.trace.value).toBeCloseTo(2.5, 12);
    expect(found.norm.value).toBeCloseTo(frobenius([3, 1, -2, 0.5]), 12);
    expect([...found.eigenpairs.values]).toEqual([expect.closeTo(3, 10), expect.closeTo(-2, 10)]);
    found.diagonal!.values.forEach((x, i) => expect(x).toBeCloseTo(small.matrix[i * 5]!, 12));
    expect(effectiveDimension(found.quadrature, 4).standardError).toBeLessThan(1e-12);
  });

  test.each([
    ["too few runs", { probes: 2 }, "probes"],
    ["no room for two steps", { maxMatvecs: 15 }, "maxMatvecs"],
    ["an unknown end", { which: "top" as "largest" }, "which"],
  ])("refuses %s", async (_, options, name) => {
    await expect(curvature(operator, { seed: 1, ...options })).rejects.toThrow(`curvature: expected ${name}`);
  });
});

describe("measureCurvature", () => {
  const [examples, outputs, parameters] = [6, 2, 30];
  const jacobian = gaussian(12 * parameters, seededRandom(1));
  const gram = { examples, outputs, gram: gramOfRows(jacobian, 12, parameters) };

  test("of a small Gram matrix is exact: that of K/n", async () => {
    const found = await measureCurvature({ gram, operator }, { seed: 1 });
    const values = symmetricEigenvalues(gram.gram, 12).map((x) => x / examples);
    expect(found).toMatchObject({ method: "exact", of: "gram", matvecs: 0, why: "n·C = 12 is at most 3000" });
    expect(found.trace.value).toBeCloseTo(sum(values), 12);
    expect(found.norm.value).toBeCloseTo(frobenius([...values]), 12);
    expect([...found.eigenvalues]).toEqual([...values.slice(0, 5)]);
  });

  test("of a small operator is exact, of a large one estimated, and says why", async () => {
    const exact = await measureCurvature({ operator }, { seed: 1 });
    expect(exact).toMatchObject({ method: "exact", of: "operator", why: "the size 100 is at most 1000" });
    expect(exact.norm.value).toBeCloseTo(norm, 10);
    const estimated = await measureCurvature(
      { gram, operator },
      { seed: 1, largestGram: 5, largestDense: 50, maxMatvecs: 64 },
    );
    expect(estimated).toMatchObject({ method: "estimated", of: "operator", matvecs: 64 });
    expect(estimated.why).toBe("n·C = 12 is above 5; the size 100 is above 50");
    expect(Math.abs(estimated.norm.value / norm - 1)).toBeLessThan(0.02);
  });

  test("the choice can be overridden", async () => {
    const asked = 'method "estimated" was requested';
    const estimated = await measureCurvature({ operator }, { seed: 1, method: "estimated", maxMatvecs: 48 });
    expect(estimated).toMatchObject({ method: "estimated", why: asked, matvecs: 48 });
    const ofGram = await measureCurvature({ gram }, { seed: 1, method: "estimated", probes: 3 });
    expect(ofGram).toMatchObject({ method: "estimated", of: "gram" });
    const exact = await measureCurvature({ gram, operator }, { seed: 1, method: "exact", largestGram: 1 });
    expect(exact).toMatchObject({ method: "exact", of: "operator" });
  });

  test("refuses nothing, and a Gram matrix of another size", async () => {
    await expect(measureCurvature({}, { seed: 1 })).rejects.toThrow("expected gram or operator");
    await expect(measureCurvature({ gram: { ...gram, examples: 5 } }, { seed: 1 })).rejects.toThrow("gram.gram");
  });
});
