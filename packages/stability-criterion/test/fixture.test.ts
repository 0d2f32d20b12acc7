import { describe, expect, it } from "vitest";
import { coherence, nonUniformity } from "../src/bounds.js";
import {
  exactThreshold,
  oneStepLoss,
  prepareMinimum,
  stabilityBounds,
  structuredNoiseThreshold,
  type BoundId,
} from "../src/index.js";
import { problem } from "./support/problems.js";

const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);
const minimum = prepareMinimum(system);

describe("thresholds of J = [[1,0,1],[0,2,0],[1,1,0]]", () => {
  it.each([
    ["without-replacement", 1, 0.572340172017],
    ["without-replacement", 2, 0.937005453848],
    ["without-replacement", 3, 1.127098316946],
    ["with-replacement", 1, 0.572340172017],
    ["with-replacement", 2, 0.77911441009],
    ["with-replacement", 3, 0.879437105713],
    ["bernoulli", 1, 0.502179594749],
  ] as const)("%s, B = %d: %d", (sampling, batchSize, expected) => {
    const found = exactThreshold(minimum, { batchSize, sampling });
    expect(found.criticalLearningRate).toBeCloseTo(expected, 9);
    expect(found.converged).toBe(true);
  });

  it.each<[number, Partial<Record<BoundId, number>>]>([
    [
      1,
      {
        "gradient-descent": 1.127098316946,
        "top-eigenvector": 0.687301119206,
        trace: 2 / 3,
        "trace-jensen": 3 / 4,
        "trace-simple": 3 / 4,
        chi: 0.648221343874,
        "chi-jensen": 0.851211072664,
        frobenius: 1.028991510855,
        "alignment-worst-case": 1.159829371544,
        "wu-ma-e": 0.5,
        "structured-decoupled-with-gradient": 0.75,
        "structured-decoupled": 0.479873518726,
        "structured-gaussian-inputs": 0.34584232109,
      },
    ],
    [
      2,
      {
        "top-eigenvector": 0.971659489389,
        trace: 1.103448275862,
        "trace-simple": 3,
        "alignment-worst-case": 2.319658743087,
        chi: 0.979104477612,
        "wu-ma-e": 0.902983111967,
        "structured-decoupled-with-gradient": 1.072578402337,
        "structured-decoupled": 0.872644031227,
        "structured-gaussian-inputs": 0.734223723795,
      },
    ],
  ])("has the bounds for B = %d", (batchSize, expected) => {
    const bounds = stabilityBounds(minimum, { batchSize });
    for (const [name, value] of Object.entries(expected))
      expect(bounds.find((bound) => bound.id === name)!.criticalLearningRate, name).toBeCloseTo(value, 10);
  });

  it.each([
    [1, 0.5842],
    [2, 0.9431],
  ])("has the rank-one bound for B = %d near %d", (batchSize, expected) => {
    const found = stabilityBounds(minimum, { batchSize }).find(({ id }) => id === "rank-one")!;
    expect(Math.abs(found.criticalLearningRate - expected)).toBeLessThan(1e-4);
  });

  it("has coherence, its two bounds, sharpness and non-uniformity", () => {
    expect(coherence(minimum)).toBeCloseTo(1.330851069022, 10);
    const bounds = stabilityBounds(minimum, { batchSize: 1, sampling: "bernoulli" });
    const at = (name: BoundId): number => bounds.find((bound) => bound.id === name)!.criticalLearningRate;
    expect(at("coherence")).toBeCloseTo(0.530330085891, 9);
    expect(at("coherence-best-case")).toBeCloseTo(0.450335355414, 9);
    expect(minimum.eigenvalues[0]).toBeCloseTo(1.774468092029, 11);
    expect(nonUniformity(minimum) ** 2).toBeCloseTo(3.122188226877, 10);
  });

  it("has structured-noise thresholds that depend on the spectrum alone", () => {
    expect(structuredNoiseThreshold(minimum.eigenvalues, 0.25, 0)).toBeCloseTo(0.872644031227, 11);
    expect(structuredNoiseThreshold(minimum.eigenvalues.toReversed(), 0.25, 0)).toBeCloseTo(0.872644031227, 11);
  });
});

describe("one step from r = (1, −1, 2) at η = 0.3", () => {
  it.each([
    ["without-replacement", 1, 0.9716666667],
    ["without-replacement", 2, 0.7741666667],
    ["without-replacement", 3, 0.7083333333],
    ["with-replacement", 2, 0.84],
    ["with-replacement", 3, 0.7961111111],
  ] as const)("%s, B = %d: expects the loss %d", (sampling, batchSize, expected) => {
    const found = oneStepLoss(system, 0.3, { batchSize, sampling });
    expect(found.expectedLoss).toBeCloseTo(expected, 9);
    expect(found.gradientDescentLoss).toBeCloseTo(17 / 24, 13);
    expect(found.contraction).toBeCloseTo(17 / 24, 13);
  });
});
