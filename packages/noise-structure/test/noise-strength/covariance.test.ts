import { describe, expect, it } from "vitest";
import { noiseCovariance, type Sampling } from "../../src/index.js";
import { allBatches, batchGradient, randomProblem } from "./problems.js";

describe("the covariance of minibatch gradients", () => {
  it.each(["with-replacement", "without-replacement", "bernoulli"] satisfies Sampling[])(
    "is that over all batches, %s",
    (sampling) => {
      for (let batchSize = 1; batchSize <= 5; batchSize++) {
        const { gradients } = randomProblem(batchSize, 1, { examples: 5, parameters: 3 });
        const { minibatch, gradient } = noiseCovariance(gradients, { examples: 5, batchSize, sampling });
        const expected = new Float64Array(9);
        const mean = new Float64Array(3);
        for (const { weights, probability } of allBatches(5, batchSize, sampling)) {
          const g = batchGradient(gradients, weights);
          g.forEach((value, a) => (mean[a]! += probability * value));
          for (let o = 0; o < 9; o++)
            expected[o]! +=
              probability * (g[Math.floor(o / 3)]! - gradient[Math.floor(o / 3)]!) * (g[o % 3]! - gradient[o % 3]!);
        }
        expected.forEach((value, o) => expect(minibatch[o]).toBeCloseTo(value, 13));
        mean.forEach((value, a) => expect(gradient[a]).toBeCloseTo(value, 13));
      }
    },
  );

  it("is without ∇L∇Lᵀ when centred", () => {
    const { gradients } = randomProblem(4, 1, { examples: 6, parameters: 4 });
    const { uncentred, centred, gradient } = noiseCovariance(gradients, { examples: 6, batchSize: 1 });
    centred.forEach((value, o) => expect(value).toBeCloseTo(uncentred[o]! - gradient[o >> 2]! * gradient[o & 3]!, 13));
  });

  it("refuses batches of an epoch, batches above n, and rows that do not fit", () => {
    const gradients = new Float64Array(6);
    expect(() => noiseCovariance(gradients, { examples: 3, batchSize: 1, sampling: "epoch-shuffle" })).toThrow(
      /anti-correlated/,
    );
    expect(() => noiseCovariance(gradients, { examples: 3, batchSize: 4 })).toThrow(/at most the 3 examples/);
    expect(() => noiseCovariance(gradients, { examples: 4, batchSize: 1 })).toThrow(/4 rows, got 6/);
    expect(() => noiseCovariance(gradients, { examples: 3, batchSize: 1.5 })).toThrow(/batchSize/);
    expect(() => noiseCovariance(gradients, { examples: 3, batchSize: 1, sampling: "some" as Sampling })).toThrow(
      /some/,
    );
  });
});
