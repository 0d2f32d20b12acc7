import {
  crossEntropyLoss,
  generalisedGramSystem,
  labelRows,
  lossNamed,
  type LossId,
  type LossOptions,
} from "@sgdscope/noise-structure/losses";
import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { batchSharpness, exactThreshold, prepareMinimum, samplingWeights } from "../../src/index.js";
import { optimizerThreshold } from "../../src/optimizers.js";
import { denseThreshold } from "../support/kronecker.js";

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

describe.each<
  [name: string, id: LossId, options: LossOptions, outputs: number, curvature: (f: number[], y: number[]) => number[][]]
>([
  ["cross-entropy", "cross-entropy", {}, 3, softmaxCurvature],
  ["smoothed cross-entropy", "cross-entropy", { labelSmoothing: 0.2 }, 3, softmaxCurvature],
  ["logistic", "logistic", {}, 1, ([f]) => [[1 / (2 + Math.exp(f!) + Math.exp(-f!))]]],
  [
    "pseudo-Huber",
    "pseudo-huber",
    { delta: 0.7 },
    2,
    (f, y) => diagonal(f.map((v, c) => (1 + ((v - y[c]!) / 0.7) ** 2) ** -1.5)),
  ],
  ["Poisson", "poisson", {}, 2, (f) => diagonal(f.map((v) => Math.exp(v)))],
])("thresholds of the loss %s", (_, id, options, C, curvature) => {
  it.each([1, 2, 3, 4, 5])("are 2/λ_max(C†D) of dense Hessians JᵢᵀSᵢJᵢ, fixture %d", (seed) => {
    const random = seededRandom(seed).stream(id);
    const [n, P] = [4 + (seed % 3), 4];
    const jacobian = Float64Array.from({ length: n * C * P }, () => 2 * random() - 1);
    const outputs = Array.from({ length: n }, () => Array.from({ length: C }, () => 3 * (random() - 0.5)));
    const classes = outputs.map(() => Math.floor(random() * Math.max(2, C)));
    const targets =
      id === "cross-entropy"
        ? classes.map((label) => Array.from({ length: C }, (_, c) => (c === label ? 1 : 0)))
        : classes.map((label) => Array.from({ length: C }, () => label));
    const hessians = outputs.map((f, i) => {
      const S = curvature(f, targets[i]!);
      const J = (c: number, p: number): number => jacobian[(i * C + c) * P + p]!;
      return Float64Array.from({ length: P * P }, (_, k) => {
        let sum = 0;
        for (let c = 0; c < C; c++)
          for (let d = 0; d < C; d++) sum += J(c, Math.floor(k / P)) * S[c]![d]! * J(d, k % P);
        return sum;
      });
    });
    const system = generalisedGramSystem(
      { jacobian },
      { outputs: outputs.flat(), targets: targets.flat(), loss: lossNamed(id, options) },
      { examples: n, outputs: C },
    );
    for (const sampling of ["with-replacement", "without-replacement", "bernoulli"] as const)
      for (const batchSize of [1, 2, n]) {
        const { criticalLearningRate } = exactThreshold(system, { batchSize, sampling });
        const dense = denseThreshold(hessians, samplingWeights(n, { batchSize, sampling }));
        expect(Math.abs(criticalLearningRate / dense - 1)).toBeLessThan(1e-10);
      }
  });
});

/** diag q − qqᵀ. */
function softmaxCurvature(f: number[]): number[][] {
  const sum = f.reduce((total, value) => total + Math.exp(value), 0);
  const q = f.map((value) => Math.exp(value) / sum);
  return q.map((a, c) => q.map((b, d) => (c === d ? a : 0) - a * b));
}

function diagonal(values: number[]): number[][] {
  return values.map((value, c) => values.map((_, d) => (c === d ? value : 0)));
}
