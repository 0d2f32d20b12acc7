import { describe, expect, it } from "vitest";
import {
  chiJensenBound,
  coherence,
  coherenceBound,
  frobeniusBound,
  gradientDescentBound,
  nonUniformity,
  simpleTraceBound,
  topEigenvectorBound,
  traceBound,
  traceJensenBound,
  uncentredAlignmentBound,
  worstCaseAlignmentBound,
} from "../src/bounds.js";
import { exactThreshold, prepareMinimum, samplingWeights, type Batches, type BoundId } from "../src/index.js";
import { PROBLEMS, randomProblem, seededRandom } from "./support/problems.js";

describe("how tight the bounds are", () => {
  const median = (values: number[]): number => values.sort((one, other) => one - other)[values.length >> 1]!;

  it(
    "over 300 random problems, without replacement, is as documented: medians of bound/η*",
    { timeout: 120_000 },
    () => {
      const ratios: Partial<Record<BoundId, number[]>> = {};
      for (let seed = 0; seed < 400; seed++) {
        const { system } = randomProblem(seededRandom(8000 + seed), seed, { examples: 11, parameters: 13 });
        const minimum = prepareMinimum(system);
        const n = system.examples;
        for (const batchSize of new Set([1, Math.min(2, n), Math.max(1, n >> 1), n])) {
          const { criticalLearningRate } = exactThreshold(minimum, { batchSize });
          const weights = samplingWeights(n, { batchSize });
          for (const bound of [
            topEigenvectorBound(minimum, weights),
            traceBound(minimum, weights),
            traceJensenBound(minimum, weights),
            simpleTraceBound(minimum, weights),
            gradientDescentBound(minimum),
            worstCaseAlignmentBound(minimum, weights),
          ])
            (ratios[bound.id] ??= []).push(bound.criticalLearningRate / criticalLearningRate);
        }
      }
      // Bands of the sampling error about medians found with another generator.
      for (const [name, expected, band] of [
        ["top-eigenvector", 1.01, 0.02],
        ["trace", 1.15, 0.05],
        ["trace-jensen", 1.3, 0.1],
        ["gradient-descent", 1.28, 0.1],
        ["trace-simple", 3.9, 0.6],
        ["alignment-worst-case", 9.9, 3],
      ] as const)
        expect(Math.abs(median(ratios[name]!) - expected), `${name}: ${median(ratios[name]!)}`).toBeLessThan(band);
    },
  );

  it(
    "at single examples, half the examples and p = 1/n: chi after Jensen 1.3, Frobenius 3.0",
    { timeout: 120_000 },
    () => {
      const ratios: Partial<Record<BoundId, number[]>> = {};
      for (let seed = 0; seed < PROBLEMS; seed++) {
        const { system } = randomProblem(seededRandom(9000 + seed), seed, { examples: 13, parameters: 15 });
        const minimum = prepareMinimum(system);
        const n = system.examples;
        for (const options of [
          { batchSize: 1 },
          { batchSize: Math.max(1, n >> 1) },
          { batchSize: n, sampling: "with-replacement" },
        ] satisfies Batches[]) {
          const { criticalLearningRate } = exactThreshold(minimum, options);
          const weights = samplingWeights(n, options);
          for (const bound of [
            chiJensenBound(minimum, weights),
            frobeniusBound(minimum, weights),
            uncentredAlignmentBound(minimum, weights)!,
          ])
            (ratios[bound.id] ??= []).push(bound.criticalLearningRate / criticalLearningRate);
        }
      }
      for (const [name, expected, band] of [
        ["chi-jensen", 1.3, 0.1],
        ["frobenius", 3.04, 0.5],
      ] as const)
        expect(Math.abs(median(ratios[name]!) - expected), `${name}: ${median(ratios[name]!)}`).toBeLessThan(band);
      expect(median(ratios["alignment-uncentred"]!)).toBeGreaterThan(2);
    },
  );

  it("of the coherence bound with Hessians of any rank is between 1 and 2, median near 1.15", () => {
    const ratios: number[] = [];
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const random = seededRandom(10_000 + seed);
      const { system } = randomProblem(random, seed % 2, {
        examples: 8,
        parameters: 4,
        outputs: 1 + Math.floor(random() * 4),
      });
      const minimum = prepareMinimum(system);
      const batchSize = 1 + Math.floor(random() * (system.examples - 1));
      const options = { batchSize, sampling: "bernoulli" as const };
      const divergence = Math.min(
        coherenceBound(minimum, samplingWeights(system.examples, options))!.criticalLearningRate,
        gradientDescentBound(minimum).criticalLearningRate,
      );
      ratios.push(divergence / exactThreshold(minimum, options).criticalLearningRate);
      const sigma = coherence(minimum);
      expect(sigma).toBeGreaterThan(1 - 1e-9);
      expect(sigma).toBeLessThan(system.examples * (1 + 1e-9));
    }
    console.info(
      `bernoulli: coherence bound/η* from ${Math.min(...ratios)} to ${Math.max(...ratios)}, median ${median(ratios)}`,
    );
    expect(Math.min(...ratios)).toBeGreaterThan(1 - 1e-9);
    expect(Math.max(...ratios)).toBeLessThan(2.5);
    expect(Math.abs(median(ratios) - 1.15)).toBeLessThan(0.08);
  });

  it("some problems are stable beyond the region of non-uniformity, ηs√p up to about 1.07, never by much", () => {
    let [beyond, most] = [0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const { system } = randomProblem(seededRandom(11_000 + seed), seed % 2, { examples: 6, parameters: 4 });
      const minimum = prepareMinimum(system);
      const { criticalLearningRate } = exactThreshold(minimum, { batchSize: 1 });
      const product = criticalLearningRate * nonUniformity(minimum);
      if (product > 1 + 1e-9) beyond++;
      most = Math.max(most, product);
    }
    console.info(`${beyond} of 400 problems stable with ηs√p above 1, the largest ${most.toFixed(4)}.`);
    expect(beyond).toBeGreaterThan(10);
    expect(beyond).toBeLessThan(120);
    expect(most).toBeGreaterThan(1.02);
    expect(most).toBeLessThan(1.2);
  });
});
