import { gramOfRows } from "@sgdscope/linear-algebra";
import { gaussian } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { exactThreshold, prepareMinimum, samplingWeights, StabilityError, type Sampling } from "../../src/index.js";
import { chiBound, testMatrixBound, topEigenvectorBound, traceBound } from "../../src/bounds.js";
import { problem, randomProblem, seededRandom } from "../support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];
const diagonal = (values: Float64Array | number[]): Float64Array => {
  const matrix = new Float64Array(values.length ** 2);
  values.forEach((value, a) => (matrix[a * (values.length + 1)] = value));
  return matrix;
};

describe.each(modes)("the bound of a test matrix, %s", (sampling) => {
  it("is at or above η* for powers of H, directions and random matrices, and η* itself at the marginal mode", () => {
    let tried = 0;
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const { system } = randomProblem(random, seed, { examples: 7, parameters: 7, outputs: 1 + (seed % 3) });
      const minimum = prepareMinimum(system);
      const batchSize = 1 + (seed % system.examples);
      const weights = samplingWeights(system.examples, { batchSize, sampling });
      const { criticalLearningRate, mode } = exactThreshold(minimum, { batchSize, sampling });
      const of = (moment: Float64Array): number => testMatrixBound(minimum, weights, moment) / criticalLearningRate;
      const { eigenvalues, rank } = minimum;
      for (const power of [0, 0.5, 1, 2, 4])
        expect(of(diagonal(eigenvalues.map((v) => v ** power)))).toBeGreaterThan(1 - 1e-9);
      for (const columns of [1, 2, rank])
        expect(of(gramOfRows(gaussian(rank * columns, random), rank, columns))).toBeGreaterThan(1 - 1e-9);
      expect(Math.abs(of(mode) - 1)).toBeLessThan(1e-8);
      tried += 9;
    }
    console.info(`${sampling}: ${tried} test matrices of 300 problems, none below η*, the mode at it.`);
  });

  it("is the trace bound at I, the chi bound at H, and that of the top eigenvector at vvᵀ", () => {
    for (let seed = 0; seed < 30; seed++) {
      const { system } = randomProblem(seededRandom(seed), seed, {
        examples: 6,
        parameters: 5,
        outputs: 1 + (seed % 2),
      });
      const minimum = prepareMinimum(system);
      const weights = samplingWeights(system.examples, { batchSize: 2, sampling });
      const first = minimum.eigenvalues.map((_, a) => (a === 0 ? 1 : 0));
      for (const [moment, bound] of [
        [diagonal(minimum.eigenvalues.map(() => 1)), traceBound(minimum, weights)],
        [diagonal(minimum.eigenvalues), chiBound(minimum, weights)],
        [diagonal(first), topEigenvectorBound(minimum, weights)],
      ] as const)
        expect(testMatrixBound(minimum, weights, moment) / bound.criticalLearningRate).toBeCloseTo(1, 12);
    }
  });
});

it("refuses matrices of another size, asymmetric ones and NaN; a matrix of zeros sets no bound", () => {
  const minimum = prepareMinimum(problem([1, 0, 0, 2], [1, 1]).system);
  const weights = samplingWeights(2, { batchSize: 1 });
  const at = (...values: number[]) => testMatrixBound(minimum, weights, Float64Array.from(values));
  expect(at(0, 0, 0, 0)).toBe(Infinity);
  for (const values of [[1], [1, 2, 0, 1], [1, 0, 0, NaN]]) expect(() => at(...values)).toThrow(StabilityError);
});
