import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { gaussianDesignMinimum } from "../../src/index.js";

describe("linear regression on Gaussian inputs", () => {
  it("has inputs whose variances fall linearly from 1 to 0.2, and the residuals after them", () => {
    const [examples, dimension, seed] = [7, 5, 3];
    const random = seededRandom(seed);
    const variances = [1, 0.8, 0.6, 0.4, 0.2];
    const inputs = gaussian(examples * dimension, random).map((z, k) => z * Math.sqrt(variances[k % dimension]!));
    const expected = gramSystemFromJacobian(inputs, gaussian(examples, random), { examples, outputs: 1 });
    const { system, ...rest } = gaussianDesignMinimum({ examples, dimension, seed });
    expect(rest).toEqual({
      name: "linear regression on Gaussian inputs, seed 3",
      loss: "square",
      precision: "float64",
    });
    expect([system.examples, system.outputs]).toEqual([7, 1]);
    expect([...system.residuals]).toEqual([...expected.residuals]);
    expect(system.gram).toHaveLength(49);
    system.gram.forEach((value, k) => expect(value).toBeCloseTo(expected.gram[k]!, 12));
  });

  it("of one dimension has variance 1, and is of 200 examples in 8 by seed 1 unless asked otherwise", () => {
    const random = seededRandom(1);
    const [z] = gaussian(1, random);
    expect(gaussianDesignMinimum({ examples: 1, dimension: 1 }).system.gram[0]).toBeCloseTo(z! ** 2, 14);
    const { system } = gaussianDesignMinimum();
    expect(system.examples).toBe(200);
    expect(system).toEqual(gaussianDesignMinimum({ examples: 200, dimension: 8, seed: 1 }).system);
    expect(system).not.toEqual(gaussianDesignMinimum({ seed: 2 }).system);
  });
});
