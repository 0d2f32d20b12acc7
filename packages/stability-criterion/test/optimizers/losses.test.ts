import { crossEntropyLoss, generalisedGramSystem, labelRows } from "@sgdscope/noise-structure/losses";
import { describe, expect, it } from "vitest";
import { batchSharpness, exactThreshold, prepareMinimum } from "../../src/index.js";
import { optimizerThreshold } from "../../src/optimizers.js";

describe("softmax cross-entropy at three examples of two classes", () => {
  const system = generalisedGramSystem(
    { jacobian: Float64Array.of(1, 0, 1, 0, 1, 0, 0, 2, 0, 1, 0, 1, 1, 1, 0, 0, 0, 2) },
    {
      outputs: [0.5, -0.5, 1, 0, -0.2, 0.3],
      targets: labelRows([0, 1, 1], 2),
      loss: crossEntropyLoss(),
    },
    { examples: 3, outputs: 2 },
  );
  const minimum = prepareMinimum(system);

  it.each([
    ["plain", { kind: "sgd" }, [1.5717974338, 2.3901457548, 2.5444306938]],
    ["heavy ball", { kind: "heavy-ball", momentum: 0.9 }, [0.311188363, 1.122884191, 4.8344183183]],
  ] as const)("has the thresholds of %s that enumeration of all batches gives", (_, optimizer, answers) => {
    answers.forEach((answer, k) => {
      const { criticalLearningRate } = optimizerThreshold(minimum, { optimizer, batchSize: k + 1 });
      expect(Math.abs(criticalLearningRate - answer)).toBeLessThan(1e-10);
      if (optimizer.kind === "sgd")
        expect(exactThreshold(minimum, { batchSize: k + 1 }).criticalLearningRate).toBeCloseTo(answer, 9);
    });
  });

  it("has the known batch sharpness", () => expect(batchSharpness(system)).toBeCloseTo(1.059843224128, 11));
});
