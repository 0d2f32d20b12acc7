import { describe, expect, it } from "vitest";
import { alignmentRange, gramSystemFromJacobian, noiseStructure } from "../src/index.js";

describe("the 3 × 3 system J = [[1,0,1],[0,2,0],[1,1,0]], r = (1, −1, 2)", () => {
  const system = gramSystemFromJacobian(Float64Array.of(1, 0, 1, 0, 2, 0, 1, 1, 0), Float64Array.of(1, -1, 2), {
    examples: 3,
    outputs: 1,
  });
  const found = noiseStructure(system, { eigenvalues: 3 });

  it("has the Gram matrix JJᵀ", () => expect([...system.gram]).toEqual([2, 0, 1, 0, 4, 2, 1, 2, 2]));

  it.each([
    ["loss", 1],
    ["traceG", 8 / 3],
    ["frobeniusG", 1.943650631615],
    ["gradientNorm", Math.sqrt(10 / 9)],
    ["gradientCurvature", 25 / 27],
    ["traceUncentredNoise", 14 / 3],
    ["traceNoise", 32 / 9],
    ["traceUncentredNoiseG", 61 / 9],
    ["traceNoiseG", 158 / 27],
    ["frobeniusUncentredNoise", 3.711842908553],
    ["frobeniusNoise", 3.340732528527],
    ["uncentredAlignmentFactor", 61 / 68],
    ["alignmentFactor", 79 / 102],
    ["uncentredDirectionAlignment", 0.939462683041],
    ["uncentredNoiseMagnitude", 0.954863710632],
    ["directionAlignment", 0.901225379003],
    ["noiseMagnitude", 0.859396352973],
  ] as const)("%s is %d", (name, expected) => expect(found[name]).toBeCloseTo(expected, 11));

  it("has χ = (5/3, 20/3, 3) and the eigenvalues of G", () => {
    [5 / 3, 20 / 3, 3].forEach((value, i) => expect(found.chi[i]).toBeCloseTo(value, 12));
    [1.77446809, 0.78597546, 0.10622312].forEach((value, k) => expect(found.eigenvalues[k]).toBeCloseTo(value, 8));
    expect(found.undefinedBecause).toBeUndefined();
  });

  it("has the alignment range inf μ = .196777476639 and inf μ₁ = 15/34", () => {
    const range = alignmentRange(system);
    expect(range.infimum).toBeCloseTo(0.196777476639, 11);
    expect(range.uncentredInfimum).toBeCloseTo(15 / 34, 11);
    expect(range.rank).toBe(3);
  });
});
