import { noiseStructure } from "@sgdscope/noise-structure";
import { describe, expect, it } from "vitest";
import {
  batchSharpness,
  exactThreshold,
  isotropicNoiseThreshold,
  kernelNorm,
  prepareMinimum,
  samplingFactor,
  spectralRadius,
  stabilityBounds,
  structuredNoiseThreshold,
} from "../src/index.js";
import { coherence } from "../src/bounds.js";
import { gramProblem, problem, randomProblem, seededRandom } from "./support/problems.js";

const threshold = (system: Parameters<typeof exactThreshold>[0], batchSize: number, sampling?: "with-replacement") =>
  exactThreshold(system, { batchSize, ...(sampling && { sampling }) }).criticalLearningRate;

describe("the exact threshold in closed form", () => {
  it("is 2a/(a² + p·Var) in one dimension", () => {
    const { system } = problem([1, 2, 5].map(Math.sqrt), [1, 1, 1]);
    [0.533333333333, 0.68085106383, 0.75].forEach((expected, k) =>
      expect(threshold(system, k + 1)).toBeCloseTo(expected, 11),
    );
    expect(threshold(problem([1, Math.sqrt(5)], [1, 1]).system, 1)).toBeCloseTo(6 / 13, 13);
  });

  it("is 2B/max c for orthogonal examples without replacement, 2n/(c(1 + (n−1)/B)) with", () => {
    const c = [1, 4, 9, 2];
    const system = gramProblem(c.map((value, i) => c.map((_, j) => (i === j ? value : 0))));
    for (const batchSize of [1, 2, 3, 4]) {
      expect(threshold(system, batchSize)).toBeCloseTo((2 * batchSize) / 9, 12);
      expect(threshold(system, batchSize, "with-replacement")).toBeCloseTo(8 / (9 * (1 + 3 / batchSize)), 12);
    }
  });

  it("is 2/λ_max for every batch size when all examples are the same, where μ = 0", () => {
    const { system } = problem([1, 2, 1, 2, 1, 2, 1, 2], [1, 1, 1, 1]);
    expect(noiseStructure(system).alignmentFactor).toBeCloseTo(0, 15);
    expect(prepareMinimum(system).alignmentRange().infimum).toBeCloseTo(0, 15);
    for (const batchSize of [1, 2, 3, 4]) expect(threshold(system, batchSize)).toBeCloseTo(2 / 5, 12);
  });

  it("is 2/λ_max for the full batch", () => {
    const { system } = randomProblem(seededRandom(5), 0);
    const minimum = prepareMinimum(system);
    expect(threshold(minimum, system.examples)).toBeCloseTo(2 / minimum.eigenvalues[0]!, 12);
  });

  it("is that of decoupled noise for equiangular examples, 2/Tr H at B = 1", () => {
    const rows = Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (__, j) => (i === j ? 3.8 : 0.8)));
    const system = gramProblem(rows);
    const { eigenvalues } = prepareMinimum(system);
    [
      [1, 2 / 3.8],
      [2, 0.989555119495],
      [4, 1.481481481481],
    ].forEach(([batchSize, expected]) => {
      expect(threshold(system, batchSize!)).toBeCloseTo(expected!, 11);
      const p = samplingFactor(6, batchSize!, "without-replacement");
      expect(structuredNoiseThreshold(eigenvalues, p, 1)).toBeCloseTo(expected!, 11);
    });
  });

  it("is that of decoupled noise for a circulant Gram matrix, where μ₁ = 1 for all residuals", () => {
    const first = [5, 2, 0.5, 0.3, 0.5, 2];
    const system = gramProblem(first.map((_, i) => first.map((__, j) => first[(j - i + 6) % 6]!)));
    [
      [1, 0.4],
      [2, 0.736670029247],
      [4, 1.11178921409],
    ].forEach(([batchSize, expected]) => expect(threshold(system, batchSize!)).toBeCloseTo(expected!, 11));
    const range = prepareMinimum(system).alignmentRange();
    expect(range.uncentredInfimum).toBeCloseTo(1, 12);
    expect(range.uncentredSupremum).toBeCloseTo(1, 12);
  });
});

describe("Bernoulli batches", () => {
  it.each([
    ["orthogonal", [3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3], 1],
    ["identical", [3, 3, 3, 3], 4],
  ])("have the best-case coherence bound as their threshold for %s examples", (_, jacobian, sigma) => {
    const minimum = prepareMinimum(problem(jacobian, [1, 1, 1, 1]).system);
    expect(coherence(minimum)).toBeCloseTo(sigma, 10);
    for (const batchSize of [1, 2, 3]) {
      const options = { batchSize, sampling: "bernoulli" as const };
      const bound = stabilityBounds(minimum, options).find(({ id }) => id === "coherence-best-case")!;
      const { criticalLearningRate } = exactThreshold(minimum, options);
      expect(bound.criticalLearningRate / criticalLearningRate).toBeCloseTo(1, 10);
    }
  });
});

describe("structured noise", () => {
  const gaussianSpectrum = Float64Array.of(3, 1, 0.5);

  it.each([
    [1, 0.2063472725],
    [0.5, 0.319221783],
    [0.1, 0.5528218778],
    [0.01, 0.6535506798],
  ])("of Gaussian inputs λ = (3, 1, ½) at p = %d: %d", (p, expected) => {
    expect(structuredNoiseThreshold(gaussianSpectrum, p, -1)).toBeCloseTo(expected, 9);
  });

  it("of isotropic Gaussian inputs is 2/(λ(1 + p + pd))", () => {
    expect(structuredNoiseThreshold(new Float64Array(7).fill(2), 0.3, -1)).toBeCloseTo(2 / (2 * (1 + 0.3 + 2.1)), 12);
  });

  it.each([
    [1, 0.191140052499],
    [0.25, 0.377500380545],
    [0.05, 0.474599440932],
  ])("decoupled from residuals, λ = (4, 2, 1, .3, .1), at p = %d: %d, where the kernel norm is 1", (p, expected) => {
    expect(structuredNoiseThreshold(Float64Array.of(4, 2, 1, 0.3, 0.1), p, 0)).toBeCloseTo(expected, 11);
  });

  it.each([
    [1, 0.412010030579],
    [0.2, 0.48640236992],
  ])("isotropic in proportion to the loss at p = %d: %d", (p, expected) => {
    expect(isotropicNoiseThreshold(Float64Array.of(4, 2, 1, 0.3), p, 0.5)).toBeCloseTo(expected, 11);
  });

  it("has noise kernel norm 1 at its threshold for p = 1/B − 1/n", () => {
    const { system } = randomProblem(seededRandom(11), 0, { examples: 9, parameters: 9 });
    const minimum = prepareMinimum(system);
    const p = 1 - 1 / system.examples;
    expect(kernelNorm(minimum, structuredNoiseThreshold(minimum.eigenvalues, p, 0), 1)).toBeCloseTo(1, 11);
    expect(kernelNorm(minimum, 2 / minimum.eigenvalues[0]!, 1)).toBe(Infinity);
  });
});

describe("alignment in closed form", () => {
  it("is μ = 1 + 1/d and μ₁ = 1 + 2/d for every θ, for inputs with the moments of a Gaussian up to the fourth", () => {
    // Half of the points at 0, half on a regular octagon of radius 2: the moments of N(0, I₂) up to order five.
    const inputs = Array.from({ length: 16 }, (_, i) =>
      i < 8 ? [0, 0] : [2 * Math.cos((Math.PI * i) / 4), 2 * Math.sin((Math.PI * i) / 4)],
    );
    for (const angle of [0.1, 1.3, 4]) {
      const residuals = inputs.map(([x, y]) => x! * Math.cos(angle) + y! * Math.sin(angle));
      const found = noiseStructure(problem(inputs.flat(), residuals).system);
      expect(found.alignmentFactor).toBeCloseTo(1.5, 12);
      expect(found.uncentredAlignmentFactor).toBeCloseTo(2, 12);
    }
  });

  it("is near 1/C for isotropic residuals of C outputs", () => {
    const { system } = randomProblem(seededRandom(3), 0, { examples: 2, parameters: 1 });
    expect(system.outputs).toBe(1);
    const random = seededRandom(8);
    const [n, outputs, parameters] = [60, 5, 30];
    const jacobian = Array.from({ length: n * outputs * parameters }, () => random() - 0.5);
    const residuals = Array.from({ length: n * outputs }, () => random() - 0.5);
    const found = noiseStructure(problem(jacobian, residuals, outputs).system);
    expect(Math.abs(found.uncentredAlignmentFactor! - 1 / outputs)).toBeLessThan(0.03);
    expect(found.outputsTimesAlignmentFactor).toBe(outputs * found.alignmentFactor!);
  });
});

describe("batch sharpness of single examples", () => {
  it("is Tr G for one output, whatever the residuals", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system } = randomProblem(seededRandom(seed), seed);
      const { traceG } = noiseStructure(system);
      expect(batchSharpness(system) / traceG).toBeCloseTo(1, 12);
    }
  });
});

describe("the toy of two minima of equal loss", () => {
  it("amplifies second moments by 1.7476 per step at the sharp one and is at the edge at η = 0.55249", () => {
    const { system } = problem([0.2, 3.8].map(Math.sqrt), [1, 1]);
    expect(spectralRadius(system, 0.7, { batchSize: 1 }).spectralRadius).toBeCloseTo(1.7476, 10);
    expect(threshold(system, 1)).toBeCloseTo(0.55249, 5);
  });
});
