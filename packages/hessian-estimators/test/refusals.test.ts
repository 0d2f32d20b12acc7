import * as estimators from "@sgdscope/hessian-estimators";
import { HessianEstimatorsError } from "@sgdscope/hessian-estimators";
import * as density from "@sgdscope/hessian-estimators/density";
import { effectiveDimension, estimateTraceOfFunction, stableRank } from "@sgdscope/hessian-estimators/functions";
import * as operators from "@sgdscope/hessian-estimators/operators";
import {
  averageCaseSharpness,
  quadraticModel,
  worstCaseQuadratic,
  worstCaseSharpness,
} from "@sgdscope/hessian-estimators/sharpness";
import { seededRandom } from "@sgdscope/random";
import { expect, test } from "vitest";
import { diagonal, withSpectrum } from "./support.js";

const operator = withSpectrum(Array.from({ length: 30 }, (_, i) => 30 / (i + 1)));
const random = seededRandom(1);
const diagonalOf = (samples: number): estimators.DiagonalEstimate => ({
  values: Float64Array.of(1),
  standardErrors: Float64Array.of(1),
  matvecs: samples,
  samples,
  converged: true,
});
const size = operator.size;
const model = quadraticModel(operator);
const point = new Float64Array(size);
const gram = { examples: 2, outputs: 2, gram: new Float64Array(16) };
const short = new Float64Array(size - 1);
const broken = (at: number, value: number): Float64Array => new Float64Array(size).fill(1).with(at, value);
const named: [string, string, () => unknown][] = [
  [
    "hutchinsonTrace",
    "asymmetry to be a positive number, got 0",
    () => estimators.hutchinsonTrace(operator, { random, asymmetry: 0 }),
  ],
  [
    "hutchinsonTrace",
    "blockSize to be an integer of at least 1, got 0",
    () => estimators.hutchinsonTrace(operator, { random, blockSize: 0 }),
  ],
  [
    "hutchinsonTrace",
    "maxMatvecs to be an integer of at least 1, got 0",
    () => estimators.hutchinsonTrace(operator, { random, maxMatvecs: 0 }),
  ],
  [
    "hutchinsonTrace",
    "maxMatvecs of at least 2, because a standard error needs two samples, got 1",
    () => estimators.hutchinsonTrace(operator, { random, maxMatvecs: 1 }),
  ],
  [
    "hutchinsonTrace",
    "relativeError to be a positive number, got -1",
    () => estimators.hutchinsonTrace(operator, { random, relativeError: -1 }),
  ],
  [
    "hutchinsonTrace",
    "relativeError to be a positive number, got Infinity",
    () => estimators.hutchinsonTrace(operator, { random, relativeError: Infinity }),
  ],
  [
    "hutchinsonTrace",
    "probes to be one of rademacher, gaussian, got x",
    () => estimators.hutchinsonTrace(operator, { random, probes: "x" as "gaussian" }),
  ],
  [
    "hutchinsonTrace",
    "random to be a function that returns numbers on [0, 1), got object",
    () => estimators.hutchinsonTrace(operator, { random: {} as never }),
  ],
  ["hutchinsonTrace", "random or seed, got both", () => estimators.hutchinsonTrace(operator, { random, seed: 1 })],
  ...[0.5, NaN, 2 ** 32, -(2 ** 31) - 1].map((seed): (typeof named)[number] => [
    "hutchinsonTrace",
    `seed to be an integer that fits 32 bits, got ${seed}`,
    () => estimators.hutchinsonTrace(operator, { seed }),
  ]),
  [
    "hutchPlusPlusTrace",
    "maxMatvecs of at least 6, because a standard error needs two samples, got 5",
    () => estimators.hutchPlusPlusTrace(operator, { random, maxMatvecs: 5 }),
  ],
  [
    "hutchPlusPlusTrace",
    "maxRank to be an integer of at least 1, got 0",
    () => estimators.hutchPlusPlusTrace(operator, { random, maxRank: 0 }),
  ],
  [
    "xTrace",
    "maxMatvecs of at least 4, because a standard error needs two samples, got 3",
    () => estimators.xTrace(operator, { random, maxMatvecs: 3 }),
  ],
  [
    "xTrace",
    "relativeError to be a positive number, got 0",
    () => estimators.xTrace(operator, { random, relativeError: 0 }),
  ],
  [
    "traceAndNorm",
    "relativeError to be a positive number, got 0",
    () => estimators.traceAndNorm(operator, { random, relativeError: { trace: 0 } }),
  ],
  [
    "traceAndNorm",
    "relativeError to be a positive number, got NaN",
    () => estimators.traceAndNorm(operator, { random, relativeError: { trace: 1, norm: NaN } }),
  ],
  [
    "traceAndNorm",
    "method to be one of deflated, hutchinson, got x",
    () => estimators.traceAndNorm(operator, { random, method: "x" as "deflated" }),
  ],
  [
    "hutchinsonDiagonal",
    "maxMatvecs to be an integer of at least 2, got 1",
    () => estimators.hutchinsonDiagonal(operator, { random, maxMatvecs: 1 }),
  ],
  [
    "hutchinsonDiagonal",
    "relativeError to be a positive number, got 0",
    () => estimators.hutchinsonDiagonal(operator, { random, relativeError: 0 }),
  ],
  [
    "xDiagonal",
    "maxMatvecs to be an integer of at least 4, got 3",
    () => estimators.xDiagonal(operator, { random, maxMatvecs: 3 }),
  ],
  [
    "curvature",
    "probes to be an integer of at least 3, got 2",
    () => estimators.curvature(operator, { random, probes: 2 }),
  ],
  [
    "curvature",
    "count between 1 and 16, got 17",
    () => estimators.curvature(operator, { random, maxMatvecs: 16, count: 17 }),
  ],
  ["curvature", `count between 1 and ${size}, got 31`, () => estimators.curvature(operator, { random, count: 31 })],
  [
    "curvature",
    "count between 1 and 24, got 0",
    () => estimators.curvature(operator, { random, maxMatvecs: 24, count: 0 }),
  ],
  ["measureCurvature", "gram or operator, got neither", () => estimators.measureCurvature({}, { random })],
  [
    "measureCurvature",
    "method to be one of auto, exact, estimated, got x",
    () => estimators.measureCurvature({ operator }, { random, method: "x" as "auto" }),
  ],
  [
    "measureCurvature",
    "gram.examples to be an integer of at least 1, got 0",
    () => estimators.measureCurvature({ gram: { ...gram, examples: 0 } }, { random }),
  ],
  [
    "measureCurvature",
    "gram.outputs to be an integer of at least 1, got 1.5",
    () => estimators.measureCurvature({ gram: { ...gram, outputs: 1.5 } }, { random }),
  ],
  [
    "measureCurvature",
    "gram.gram of length 36, got 16",
    () => estimators.measureCurvature({ gram: { ...gram, outputs: 3 } }, { random }),
  ],
  [
    "gaussNewtonSplit",
    "maxMatvecs to be an integer of at least 20, got 19",
    () => estimators.gaussNewtonSplit(operator, operator, { random, maxMatvecs: 19 }),
  ],
  [
    "lanczosQuadrature",
    "probes to be an integer of at least 2, got 1",
    () => density.lanczosQuadrature(operator, { random, probes: 1 }),
  ],
  [
    "lanczosQuadrature",
    `steps between 1 and ${size}, got 0`,
    () => density.lanczosQuadrature(operator, { random, steps: 0 }),
  ],
  [
    "spectralDensity",
    "sigma to be a positive number, got 0",
    () => density.spectralDensity({ size, runs: [], matvecs: 0 }, [0], 0),
  ],
  [
    "spectralDensity",
    "level between 0 and 1, got 0",
    () => density.spectralDensity({ size, runs: [], matvecs: 0 }, [0], 1, 0),
  ],
  [
    "estimateTraceOfFunction",
    "relativeError to be a positive number, got 0",
    () => estimateTraceOfFunction(operator, Math.exp, { random, relativeError: 0 }),
  ],
  [
    "estimateTraceOfFunction",
    `steps between 1 and ${size}, got 31`,
    () => estimateTraceOfFunction(operator, Math.exp, { random, steps: 31 }),
  ],
  [
    "estimateTraceOfFunction",
    `steps between 1 and ${size}, got 0`,
    () => estimateTraceOfFunction(operator, Math.exp, { random, steps: 0 }),
  ],
  [
    "estimateTraceOfFunction",
    "maxMatvecs to be an integer of at least 32, got 31",
    () => estimateTraceOfFunction(operator, Math.exp, { random, steps: 4, maxMatvecs: 31 }),
  ],
  ["stableRank", "largest to be a positive number, got 0", () => stableRank({ size, runs: [], matvecs: 0 }, 0)],
  [
    "effectiveDimension",
    "lambda to be a positive number, got -1",
    () => effectiveDimension({ size, runs: [], matvecs: 0 }, -1),
  ],
  [
    "effectiveDimension",
    "lambda to be a positive number, got NaN",
    () => effectiveDimension({ size, runs: [], matvecs: 0 }, NaN),
  ],
  ["quadraticModel", `gradient of length ${size}, got 29`, () => quadraticModel(operator, { gradient: short })],
  [
    "worstCaseQuadratic",
    "radius to be a positive number, got 0",
    () => worstCaseQuadratic(operator, { random, radius: 0 }),
  ],
  [
    "worstCaseQuadratic",
    "tolerance to be a positive number, got 0",
    () => worstCaseQuadratic(operator, { random, radius: 1, tolerance: 0 }),
  ],
  [
    "worstCaseQuadratic",
    `gradient of length ${size}, got 29`,
    () => worstCaseQuadratic(operator, { random, radius: 1, gradient: short }),
  ],
  [
    "worstCaseQuadratic",
    "maxMatvecs to be an integer of at least 2, got 1",
    () => worstCaseQuadratic(operator, { random, radius: 1, maxMatvecs: 1 }),
  ],
  [
    "worstCaseSharpness",
    `point of length ${size}, got 29`,
    () => worstCaseSharpness(model, short, { random, radius: 1 }),
  ],
  [
    "worstCaseSharpness",
    "radius to be a positive number, got -1",
    () => worstCaseSharpness(model, point, { random, radius: -1 }),
  ],
  [
    "worstCaseSharpness",
    "ball to be one of l2, linf, got x",
    () => worstCaseSharpness(model, point, { random, radius: 1, ball: "x" as "l2" }),
  ],
  [
    "worstCaseSharpness",
    "steps to be an integer of at least 1, got 0",
    () => worstCaseSharpness(model, point, { random, radius: 1, steps: 0 }),
  ],
  [
    "worstCaseSharpness",
    "starts to be an integer of at least 1, got 0",
    () => worstCaseSharpness(model, point, { random, radius: 1, starts: 0 }),
  ],
  [
    "worstCaseSharpness",
    `scale of length ${size}, got 29`,
    () => worstCaseSharpness(model, point, { random, radius: 1, scale: short }),
  ],
  ...[-1, NaN, Infinity].map((value): (typeof named)[number] => [
    "worstCaseSharpness",
    `scale to be finite and not negative, got ${value}`,
    () => worstCaseSharpness(model, point, { random, radius: 1, scale: broken(7, value) }),
  ]),
  [
    "worstCaseSharpness",
    "loss to be finite at point, got Infinity",
    () => worstCaseSharpness({ ...model, value: () => Promise.resolve(Infinity) }, point, { random, radius: 1 }),
  ],
  [
    "averageCaseSharpness",
    `point of length ${size}, got 29`,
    () => averageCaseSharpness(model, short, { random, sigma: 1 }),
  ],
  [
    "averageCaseSharpness",
    "sigma to be a positive number, got 0",
    () => averageCaseSharpness(model, point, { random, sigma: 0 }),
  ],
  [
    "averageCaseSharpness",
    "samples to be an integer of at least 2, got 1",
    () => averageCaseSharpness(model, point, { random, sigma: 1, samples: 1 }),
  ],
  [
    "averageCaseSharpness",
    "relativeError to be a positive number, got 0",
    () => averageCaseSharpness(model, point, { random, sigma: 1, relativeError: 0 }),
  ],
  [
    "averageCaseSharpness",
    "loss to be finite at point, got NaN",
    () => averageCaseSharpness({ ...model, value: () => Promise.resolve(NaN) }, point, { random, sigma: 1 }),
  ],
  ...[-1, size, 1.5, NaN].map((index): (typeof named)[number] => [
    "submatrix",
    `indices to be different integers from 0 to ${size - 1}, got ${index}`,
    () => operators.submatrix(operator, [0, index]),
  ]),
  [
    "submatrix",
    `indices to be different integers from 0 to ${size - 1}, got 4`,
    () => operators.submatrix(operator, [4, 0, 4]),
  ],
  [
    "submatrix",
    `indices to be different integers from 0 to ${size - 1}, got none`,
    () => operators.submatrix(operator, []),
  ],
  ["rangeBlock", `start between 0 and ${size - 1}, got -1`, () => operators.rangeBlock(operator, -1, 3)],
  ["rangeBlock", `end between 4 and ${size}, got 3`, () => operators.rangeBlock(operator, 3, 3)],
  ["rangeBlock", `end between 4 and ${size}, got 31`, () => operators.rangeBlock(operator, 3, 31)],
  ["layerBlocks", `sizes that sum to ${size}, got 29`, () => operators.layerBlocks(operator, { a: 9, b: 20 })],
  ["linearCombination", "at least one operator, got none", () => operators.linearCombination([])],
  [
    "linearCombination",
    "operators of equal size, got sizes 30, 2",
    () => operators.linearCombination([operator, diagonal([1, 2])]),
  ],
  [
    "linearCombination",
    "coefficients of length 2, got 1",
    () => operators.linearCombination([operator, operator], [1]),
  ],
  ["deflated", `directions of length ${size}, got 29`, () => operators.deflated(operator, [short])],
  [
    "deflated",
    "directions to be orthonormal, got an inner product that is off by 1",
    () => operators.deflated(operator, [broken(0, 1).fill(0).with(0, 1), broken(0, 1).fill(0).with(0, 1)]),
  ],
  ["denseOperator", "matrix of length 9, got 8", () => operators.denseOperator(new Float64Array(8), 3)],
  ["diagonalIntervals", "level between 0 and 1, got 1", () => estimators.diagonalIntervals(diagonalOf(9), 1)],
  [
    "diagonalIntervals",
    "diagonal.samples to be an integer of at least 2, got 1",
    () => estimators.diagonalIntervals(diagonalOf(1)),
  ],
  [
    "confidenceInterval",
    "level between 0 and 1, got NaN",
    () => estimators.confidenceInterval({ value: 1, standardError: 1, samples: 9, matvecs: 9, converged: true }, NaN),
  ],
];

test.each(named)("%s: expected %s", async (caller, said, run) => {
  let error: unknown;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(HessianEstimatorsError);
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: `${caller}: expected ${said}` });
});

test("arguments at their limits are taken", async () => {
  for (const seed of [-(2 ** 31), 2 ** 32 - 1, 0])
    await expect(estimators.hutchinsonTrace(operator, { seed, maxMatvecs: 2 })).resolves.toBeDefined();
  await expect(estimators.deflatedNorm(operator, { random, maxMatvecs: 6, maxRank: 1 })).resolves.toBeDefined();
  await expect(estimators.xTrace(operator, { random, maxMatvecs: 4 })).resolves.toBeDefined();
  await expect(estimators.xDiagonal(operator, { random, maxMatvecs: 4 })).resolves.toBeDefined();
  await expect(estimators.hutchinsonDiagonal(operator, { random, maxMatvecs: 2 })).resolves.toBeDefined();
  await expect(estimators.curvature(operator, { random, probes: 3, maxMatvecs: 6, count: 6 })).resolves.toBeDefined();
  await expect(estimators.gaussNewtonSplit(operator, operator, { random, maxMatvecs: 20 })).resolves.toBeDefined();
  await expect(density.lanczosQuadrature(operator, { random, probes: 2, steps: 1 })).resolves.toBeDefined();
  await expect(worstCaseQuadratic(operator, { random, radius: 1, maxMatvecs: 2 })).resolves.toBeDefined();
  await expect(
    worstCaseSharpness(model, point, { random, radius: 1, steps: 1, starts: 1, scale: point }),
  ).resolves.toMatchObject({ value: 0 });
  await expect(averageCaseSharpness(model, point, { random, sigma: 1, samples: 2 })).resolves.toBeDefined();
  // An operator so small that the exact value costs less needs no more products than it has columns.
  const [one, three] = [diagonal([2]), diagonal([1, 2, 3])];
  await expect(estimators.hutchinsonTrace(one, { random, maxMatvecs: 1 })).resolves.toMatchObject({ value: 2 });
  await expect(estimators.deflatedNorm(three, { random, maxMatvecs: 3 })).resolves.toMatchObject({ matvecs: 3 });
  expect([...(await estimators.hutchinsonDiagonal(one, { random, maxMatvecs: 1 })).values]).toEqual([2]);
  expect([...(await estimators.xDiagonal(three, { random, maxMatvecs: 3 })).values]).toEqual([1, 2, 3]);
  expect(operators.rangeBlock(operator, 0, size).size).toBe(size);
  expect(operators.rangeBlock(operator, size - 1, size).size).toBe(1);
  expect(operators.submatrix(operator, [size - 1, 0]).size).toBe(2);
});
