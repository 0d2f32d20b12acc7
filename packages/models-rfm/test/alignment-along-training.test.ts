import { seededRandom } from "@sgdscope/random";
import { train, vectorTrainee } from "@sgdscope/sgd";
import { describe, expect, it } from "vitest";
import { leastSquares, twoLayerRelu, type GramSystem } from "@sgdscope/models-rfm";
import { problem } from "./problems.js";

/** L and μ = Tr(ΣG)/(2L‖G‖_F²), with centred Σ, from K and r alone. */
function alignment({ examples: n, gram, residuals }: GramSystem): { loss: number; mu: number } {
  let [loss, frobenius, traceUncentred, drift] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    let [chi, u] = [0, 0];
    for (let j = 0; j < n; j++) {
      chi += gram[i * n + j]! ** 2 / n;
      u += (gram[i * n + j]! * residuals[j]!) / n;
    }
    loss += residuals[i]! ** 2 / (2 * n);
    frobenius += chi / n;
    traceUncentred += (residuals[i]! ** 2 * chi) / n;
    drift += u ** 2 / n;
  }
  return { loss, mu: (traceUncentred - drift) / (2 * loss * frobenius) };
}

describe("alignment along training of a two-layer network", () => {
  it.each([
    ["SGD, B = 4", 0.01, 4],
    ["SGD, B = 1", 0.005, 1],
    ["gradient descent", 0.01, 80],
  ])("stays in [0.5, 2] while the loss falls from large initialisation: %s", async (_, learningRate, batchSize) => {
    const [n, width, d] = [80, 120, 20];
    const { X, y } = problem(n, d, 0);
    const model = twoLayerRelu({ inputs: d, width });
    const trainee = vectorTrainee({ parameters: model.init(seededRandom(1)), ...leastSquares(model, X, y) });
    const { history, probes } = await train(trainee, {
      learningRate,
      batchSize,
      clipNorm: 20,
      random: seededRandom(5),
      maxSteps: 6000,
      // Below, residuals are round-off and their alignment means nothing.
      stop: { lossBelow: 1e-20, every: 100 },
      probe: {
        at: [0, 10, 100, 500, 1000, 2000, 4000, 6000],
        measure: ({ parameters }) => alignment(model.gramSystem(parameters, X, y)),
      },
    });
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss / 50);
    expect(probes.length).toBeGreaterThanOrEqual(4);
    for (const { value } of probes) {
      expect(value.mu).toBeGreaterThan(0.5);
      expect(value.mu).toBeLessThan(2);
    }
  });
});
