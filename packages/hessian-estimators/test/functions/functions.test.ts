import { exactTraceAndNorm, topEigenpairs, type SampledEstimate } from "@sgdscope/hessian-estimators";
import {
  checkMoments,
  lanczosQuadrature,
  spectralDensity,
  spectralMoments,
} from "@sgdscope/hessian-estimators/density";
import {
  effectiveDimension,
  entropyRank,
  estimateTraceOfFunction,
  logDeterminant,
  participationRatio,
  stableRank,
} from "@sgdscope/hessian-estimators/functions";
import { describe, expect, test } from "vitest";
import { sum, withSpectrum } from "../support.js";

const spectrum = Array.from({ length: 80 }, (_, i) => 4 * 0.9 ** i);
const operator = withSpectrum(spectrum);
const quadrature = (seed: number) => lanczosQuadrature(operator, { seed, probes: 8, steps: 16 });
const square = sum(spectrum.map((x) => x * x));
const shares = spectrum.map((x) => x / sum(spectrum));

describe.each<[string, number, (q: Awaited<ReturnType<typeof quadrature>>) => SampledEstimate]>([
  ["logDeterminant", sum(spectrum.map((x) => Math.log(x + 0.5))), (q) => logDeterminant(q, { shift: 0.5 })],
  ["effectiveDimension", sum(spectrum.map((x) => x / (x + 0.2))), (q) => effectiveDimension(q, 0.2)],
  ["participationRatio", sum(spectrum) ** 2 / square, participationRatio],
  ["stableRank", square / 16, (q) => stableRank(q, 4)],
  ["entropyRank", Math.exp(-sum(shares.map((p) => p * Math.log(p)))), entropyRank],
])("%s", (_, truth, f) => {
  test("is that of the dense spectrum within its standard error", async () => {
    let standardised = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { value, standardError, samples, matvecs } = f(await quadrature(seed));
      expect([samples, matvecs]).toEqual([8, 128]);
      standardised += ((value - truth) / standardError) ** 2 / 40;
      expect(Math.abs(value / truth - 1)).toBeLessThan(0.5);
    }
    // Student's t with seven degrees of freedom has variance 7/5.
    expect(standardised).toBeGreaterThan(0.4);
    expect(standardised).toBeLessThan(3);
  });
});

test("with as many steps as the size all of it is exact for one eigenvalue repeated", async () => {
  const identity = await lanczosQuadrature(withSpectrum(new Array<number>(20).fill(3)), {
    seed: 1,
    probes: 2,
    steps: 20,
  });
  const close = (value: number): object => ({ value: expect.closeTo(value, 9) as number });
  expect(logDeterminant(identity, { shift: 1 })).toMatchObject(close(20 * Math.log(4)));
  expect(effectiveDimension(identity, 1)).toMatchObject(close(15));
  for (const f of [participationRatio, stableRank, entropyRank]) expect(f(identity)).toMatchObject(close(20));
});

test("a logarithm of what is not positive is refused", async () => {
  const indefinite = await lanczosQuadrature(withSpectrum([1, 2, -3]), { seed: 1, probes: 2, steps: 3 });
  for (const run of [() => logDeterminant(indefinite, { shift: 2 }), () => effectiveDimension(indefinite, 1)])
    expect(run).toThrow(expect.objectContaining({ code: "NOT_POSITIVE" }));
  expect(() => effectiveDimension(indefinite, 0)).toThrow("lambda");
});

test("Tr f(A) to 2 % is off by more than 4 % in fewer than 1 in 20 runs", async () => {
  const truth = sum(spectrum.map((x) => Math.log1p(x)));
  let off = 0;
  for (let seed = 0; seed < 40; seed++) {
    const estimate = await estimateTraceOfFunction(operator, Math.log1p, {
      seed,
      relativeError: 0.02,
      steps: 8,
      maxMatvecs: 4000,
    });
    expect(estimate.converged).toBe(true);
    if (Math.abs(estimate.value / truth - 1) > 0.04) off++;
  }
  expect(off / 40).toBeLessThan(0.05);
  const spent = await estimateTraceOfFunction(operator, Math.log1p, {
    seed: 1,
    relativeError: 1e-6,
    steps: 4,
    maxMatvecs: 50,
  });
  expect(spent).toMatchObject({ converged: false, matvecs: 48 });
});

test("the density's band holds the smoothed spectrum at most points, and is narrower at a lower level", async () => {
  const sigma = 0.4;
  const grid = Array.from({ length: 30 }, (_, i) => -0.5 + i * 0.16);
  const height = 1 / (sigma * Math.sqrt(2 * Math.PI) * spectrum.length);
  const truth = grid.map((x) => height * sum(spectrum.map((y) => Math.exp(-(((x - y) / sigma) ** 2) / 2))));
  let held = 0;
  for (let seed = 0; seed < 30; seed++) {
    const band = spectralDensity(await quadrature(seed), grid, sigma);
    held +=
      truth.filter((y, i) => band.lower[i]! <= y + 1e-9 && y - 1e-9 <= band.upper[i]!).length / (30 * grid.length);
    const narrow = spectralDensity(await quadrature(seed), grid, sigma, 0.5);
    narrow.upper.forEach((x, i) => expect(x).toBeLessThanOrEqual(band.upper[i]!));
  }
  expect(held).toBeGreaterThan(0.88);
  expect(held).toBeLessThan(1);
  expect(() => spectralDensity({ size: 1, runs: [], matvecs: 0 }, grid, sigma, 1)).toThrow("level");
});

test("the moments are those of the spectrum, agree with trace and norm, and give another operator away", async () => {
  const rules = await quadrature(4);
  const { values, standardErrors } = spectralMoments(rules, 4);
  expect(values[0]).toBeCloseTo(1, 12);
  for (const k of [1, 2, 3]) {
    const moment = sum(spectrum.map((x) => x ** k)) / spectrum.length;
    expect(Math.abs(values[k]! - moment)).toBeLessThan(5 * standardErrors[k]!);
  }
  expect(checkMoments(rules, await exactTraceAndNorm(operator)).consistent).toBe(true);
  const other = await exactTraceAndNorm(withSpectrum(spectrum.map((x) => 2 * x)));
  expect(checkMoments(rules, other)).toMatchObject({ consistent: false });
});

test("eigenvectors of an earlier checkpoint as start save products in a cluster", async () => {
  const cluster = [5, 4.99, 4.98, 4.97, ...Array.from({ length: 146 }, (_, i) => 4.9 - i * 0.03)];
  const before = await topEigenpairs(withSpectrum(cluster), { seed: 1, count: 4 });
  const now = withSpectrum(cluster.map((x, i) => x * (1 + 1e-4 * Math.sin(i))));
  const cold = await topEigenpairs(now, { seed: 2, count: 4, confirm: false });
  const warm = await topEigenpairs(now, { seed: 2, count: 4, confirm: false, start: before.vectors });
  expect(warm.converged).toEqual([true, true, true, true]);
  warm.values.forEach((value, k) => expect(value).toBeCloseTo(cold.values[k]!, 5));
  expect(warm.matvecs).toBeLessThan(cold.matvecs / 2);
  const noise = topEigenpairs(now, { seed: 2, count: 1, start: [before.vectors[0]!, before.vectors[0]!] });
  expect((await noise).converged).toEqual([true]);
});

test("a block finds a repeated eigenvalue without a confirming search", async () => {
  const threefold = withSpectrum([5, 5, 5, ...Array.from({ length: 57 }, (_, i) => 4 * Math.cos(i))]);
  const pairs = await topEigenpairs(threefold, { seed: 1, count: 3, block: 3, confirm: false, which: "largest" });
  pairs.values.forEach((value) => expect(value).toBeCloseTo(5, 8));
  const small = await topEigenpairs(threefold, { seed: 1, count: 3, block: 3, maxBasis: 12, which: "largest" });
  small.values.forEach((value) => expect(value).toBeCloseTo(5, 6));
  expect(small.converged).toEqual([true, true, true]);
});
