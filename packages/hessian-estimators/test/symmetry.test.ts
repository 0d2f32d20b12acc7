import {
  curvature,
  deflatedNorm,
  gaussNewtonSplit,
  hutchinsonDiagonal,
  hutchinsonNorm,
  hutchinsonTrace,
  hutchPlusPlusTrace,
  topEigenpairs,
  traceAndNorm,
  xDiagonal,
  xTrace,
  type LinearOperator,
} from "@sgdscope/hessian-estimators";
import { lanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { estimateTraceOfFunction } from "@sgdscope/hessian-estimators/functions";
import { worstCaseQuadratic } from "@sgdscope/hessian-estimators/sharpness";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, test } from "vitest";
import { repetitions } from "../../../tooling/soak.js";
import { dense, withSpectrum } from "./support.js";

const SIZE = 60;
const spectrum = Array.from({ length: SIZE }, (_, i) => 5 * 0.9 ** i + 0.5);
const { matrix } = withSpectrum(spectrum);

/** The matrix with ‖A − Aᵀ‖_F/‖A‖_F = `asymmetry`. */
function skewed(asymmetry: number, seed: number): LinearOperator {
  const noise = gaussian(SIZE * SIZE, seededRandom(seed));
  const skew = noise.map((x, at) => x - noise[(at % SIZE) * SIZE + Math.floor(at / SIZE)]!);
  const scale = (asymmetry * Math.hypot(...matrix)) / Math.hypot(...skew) / 2;
  return dense(
    matrix.map((x, at) => x + scale * skew[at]!),
    SIZE,
  );
}

const single = (operator: LinearOperator): LinearOperator => ({
  size: operator.size,
  apply: async (v) => Float64Array.from(Float32Array.from(await operator.apply(v))),
});

type Door = (operator: LinearOperator, seed: number) => Promise<unknown>;
const symmetric = dense(matrix, SIZE);
const doors: [string, Door][] = [
  ["hutchinsonTrace", (a, seed) => hutchinsonTrace(a, { seed, maxMatvecs: 20 })],
  ["hutchPlusPlusTrace", (a, seed) => hutchPlusPlusTrace(a, { seed, maxMatvecs: 20 })],
  ["xTrace", (a, seed) => xTrace(a, { seed, maxMatvecs: 20 })],
  ["hutchinsonNorm", (a, seed) => hutchinsonNorm(a, { seed, maxMatvecs: 20 })],
  ["deflatedNorm", (a, seed) => deflatedNorm(a, { seed, maxMatvecs: 20 })],
  ["traceAndNorm", (a, seed) => traceAndNorm(a, { seed, maxMatvecs: 20 })],
  ["traceAndNorm, exact", (a, seed) => traceAndNorm(a, { seed, maxMatvecs: SIZE })],
  ["hutchinsonDiagonal", (a, seed) => hutchinsonDiagonal(a, { seed, maxMatvecs: 20 })],
  ["xDiagonal", (a, seed) => xDiagonal(a, { seed, maxMatvecs: 20 })],
  ["curvature", (a, seed) => curvature(a, { seed, maxMatvecs: 24, diagonal: false })],
  ["lanczosQuadrature", (a, seed) => lanczosQuadrature(a, { seed, probes: 4, steps: 6 })],
  ["estimateTraceOfFunction", (a, seed) => estimateTraceOfFunction(a, Math.exp, { seed, steps: 6 })],
  ["topEigenpairs", (a, seed) => topEigenpairs(a, { seed, count: 3 })],
  ["worstCaseQuadratic", (a, seed) => worstCaseQuadratic(a, { seed, radius: 1 })],
  ["gaussNewtonSplit, H", (a, seed) => gaussNewtonSplit(a, symmetric, { seed, maxMatvecs: 40 })],
  ["gaussNewtonSplit, G", (a, seed) => gaussNewtonSplit(symmetric, a, { seed, maxMatvecs: 40 })],
];

describe.each(doors)("%s", (_name, door) => {
  test("refuses an asymmetry of a thousandth, and takes Float32 products of a symmetric matrix", async () => {
    for (let seed = 0; seed < repetitions(2, 50); seed++) {
      await expect(door(skewed(1e-3, seed), seed)).rejects.toMatchObject({ code: "NOT_SYMMETRIC" });
      await door(single(symmetric), seed);
    }
  });
});

test("an asymmetry of a thousandth is seen in every run of 12 products, Float32 rounding in none", async () => {
  for (let seed = 0; seed < repetitions(200, 10_000); seed++) {
    const options = { seed, maxMatvecs: 12 };
    await hutchinsonTrace(single(symmetric), options);
    if (seed % 10 === 0)
      await expect(hutchinsonTrace(skewed(1e-3, seed), options)).rejects.toMatchObject({ code: "NOT_SYMMETRIC" });
  }
}, 600_000);

test("what is taken for rounding can be widened, and the refusal names it", async () => {
  const operator = skewed(1e-2, 1);
  await expect(hutchinsonTrace(operator, { seed: 1, maxMatvecs: 20 })).rejects.toThrow("more than asymmetry = 0.0001");
  await expect(hutchinsonTrace(operator, { seed: 1, maxMatvecs: 20, asymmetry: 0.1 })).resolves.toBeDefined();
  await expect(hutchinsonTrace(operator, { seed: 1, maxMatvecs: 20, asymmetry: 0 })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
