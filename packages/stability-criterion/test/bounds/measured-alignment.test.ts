import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { describe, expect, it } from "vitest";
import { exactThreshold, noiseStructureAt, prepareMinimum, spectralRadius, stabilityBounds } from "../../src/index.js";

/** Three examples in two parameters at which SGD is stable far above the bound with the measured alignment. */
const J = Float64Array.of(2, 2, 2, 3, 3, 2);
const r = Float64Array.of(0, -1, 1);

describe("the alignment theorem", () => {
  const minimum = prepareMinimum(gramSystemFromJacobian(J, r, { examples: 3, outputs: 1 }));
  const batches = { batchSize: 1, sampling: "with-replacement" } as const;
  const of = (id: string) => stabilityBounds(minimum, batches).find((bound) => bound.id === id)!;

  it("is false with the measured μ: SGD is stable at a minimum that is sharper than this allows", () => {
    const learningRate = 0.16;
    expect(exactThreshold(minimum, batches).criticalLearningRate).toBeCloseTo(0.1691, 5);
    expect(spectralRadius(minimum, learningRate, batches).spectralRadius).toBeLessThan(1);
    const { alignmentFactor, frobeniusG } = noiseStructureAt(minimum);
    expect(frobeniusG).toBeCloseTo(11.01, 2);
    expect(1 / (learningRate * Math.sqrt(alignmentFactor!))).toBeCloseTo(5.865, 3);
    const measured = of("alignment-measured");
    expect(measured.criticalLearningRate).toBeCloseTo(0.08526, 5);
    expect(measured.kind).toBe("idealised"); // a heuristic: never called necessary
  });

  it("is true with inf μ, and loose", () => {
    expect(minimum.alignmentRange().infimum).toBeCloseTo(0.0382, 4);
    const valid = of("alignment-worst-case");
    expect(valid.kind).toBe("necessary");
    expect(valid.criticalLearningRate).toBeCloseTo(0.465, 3);
  });
});
