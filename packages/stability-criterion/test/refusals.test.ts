import { describe, expect, it } from "vitest";
import { expectedLoss, kernelNorm, prepareMinimum, structuredNoiseThreshold } from "../src/index.js";
import { crossoverNoise, laplaceOdds, noiseModelStability } from "../src/escape.js";
import { epsilonSharpness } from "../src/invariance.js";
import { isPlainSgd, meanEdge, type Optimizer } from "../src/optimizers.js";
import { batchSource } from "../src/simulation.js";
import { stationaryCovariance } from "../src/stationary.js";
import { outcome } from "./support/entries.js";
import { gramProblem } from "./support/problems.js";

const of = (...values: number[]): Float64Array => Float64Array.from(values);
const well = (...curvatures: number[]) => ({ loss: 0, curvatures });

describe("what depends on several arguments", () => {
  it.each<[string, () => unknown]>([
    [
      "SHAPE_MISMATCH laplaceOdds: expected wells with equally many curvatures, got 1 and 2.",
      () => laplaceOdds(well(1), well(1, 2), 1),
    ],
    [
      "SHAPE_MISMATCH crossoverNoise: expected wells with equally many curvatures, got 0 and 0.",
      () => crossoverNoise(well(), well()),
    ],
    [
      "SHAPE_MISMATCH epsilonSharpness: expected a gradient of length 2, got 1.",
      () => epsilonSharpness({ loss: () => 0, gradient: () => of(1), point: of(0, 0), radius: 1 }),
    ],
    [
      "INVALID_ARGUMENT epsilonSharpness: expected a loss above -1 at point, got -1.",
      () => epsilonSharpness({ loss: () => -1, gradient: () => of(1), point: of(0), radius: 1 }),
    ],
    [
      "INVALID_ARGUMENT structuredNoiseThreshold: expected noise with 1 − c·noise of at least 0.",
      () => structuredNoiseThreshold(of(1, 2), 2, 1),
    ],
    [
      "INVALID_ARGUMENT batchSource: expected random to be a function, got number.",
      () => batchSource(3, { batchSize: 1 }, 1 as never),
    ],
    [
      "BATCH_TOO_LARGE kernelNorm: expected batchSize of at most the 2 examples, got 2.5.",
      () => kernelNorm(prepareMinimum(gramProblem([[1, 0], [0, 1]])), 0.1, 2.5), // prettier-ignore
    ],
    [
      "NO_CURVATURE noiseModelStability: expected a positive eigenvalue, got none.",
      () => noiseModelStability("additive aligned", { eigenvalues: of(0), learningRate: 1 }),
    ],
  ])("%s", (said, act) => expect(outcome(act)).toBe(said));

  it.each([2 ** -110, 2 ** 110])("a Gram matrix in units of %d is refused with the unit that would do", (unit) =>
    expect(outcome(() => prepareMinimum(gramProblem([[unit]])))).toMatch(
      /^INVALID_ARGUMENT prepareMinimum: expected gram with a largest diagonal entry between 2\^-100 and 2\^100, got one of about 2\^-?1[01]\d\./,
    ),
  );
});

describe("a cloud", () => {
  const pair = gramProblem([[1, 0], [0, 1]]); // prettier-ignore
  const options = { batchSize: 1, learningRate: 0.1, optimizer: { kind: "sgd", weightDecay: 0.1 } } as const;

  it("and a curve of expected losses know no weight decay, which pulls the parameters themselves", () => {
    const said = (caller: string): string =>
      `INVALID_ARGUMENT ${caller}: expected options.optimizer without weight decay, whose pull depends on the parameters themselves, got 0.1.`;
    expect(outcome(() => stationaryCovariance(pair, options))).toBe(said("stationaryCovariance"));
    expect(outcome(() => expectedLoss(pair, { ...options, steps: 1 }))).toBe(said("expectedLoss"));
  });

  it("exists below the threshold, 2 for orthogonal examples drawn singly", () => {
    const at = (learningRate: number): string =>
      outcome(() => stationaryCovariance(pair, { batchSize: 1, learningRate }));
    expect(at(1.999)).toBe("no error");
    expect(at(2.001)).toMatch(
      /^INVALID_ARGUMENT stationaryCovariance: expected options\.learningRate below the threshold (2|1\.99999\d+|2\.00000\d+), got 2\.001\.$/,
    );
  });
});

describe("an optimizer that is none", () => {
  it.each<[string, object]>([
    ['optimizer.kind "sgd", "heavy-ball", "nesterov" or "ema", got "adam"', { kind: "adam", momentum: 0 }],
    ["optimizer.momentum in (-1, 1), got -1", { kind: "heavy-ball", momentum: -1 }],
    ["optimizer.momentum in (-1, 1), got 1", { kind: "ema", momentum: 1 }],
    ["optimizer.momentum in [0, 1), got -0.1", { kind: "nesterov", momentum: -0.1 }],
    ["optimizer.momentum in [0, 1), got 1", { kind: "nesterov", momentum: 1 }],
    ["optimizer.dampening below 1, got 1", { kind: "heavy-ball", momentum: 0.5, dampening: 1 }],
    ["optimizer.dampening below 1, got NaN", { kind: "heavy-ball", momentum: 0.5, dampening: NaN }],
    ["optimizer.dampening below 1, got -Infinity", { kind: "heavy-ball", momentum: 0.5, dampening: -Infinity }],
    ["optimizer.weightDecay of at least 0, got -0.1", { kind: "sgd", weightDecay: -0.1 }],
    ["optimizer.weightDecay of at least 0, got Infinity", { kind: "sgd", weightDecay: Infinity }],
  ])("is refused: expected %s", (said, optimizer) => {
    expect(outcome(() => meanEdge(optimizer as Optimizer, 1))).toBe(`INVALID_ARGUMENT meanEdge: expected ${said}.`);
    expect(outcome(() => isPlainSgd(optimizer as Optimizer))).toBe(`INVALID_ARGUMENT isPlainSgd: expected ${said}.`);
  });

  it.each<[Optimizer, number, boolean]>([
    [{ kind: "sgd" }, 2, true],
    [{ kind: "sgd", weightDecay: 1 }, 1, false],
    [{ kind: "heavy-ball", momentum: 0 }, 2, true],
    // Without momentum PyTorch does not dampen.
    [{ kind: "heavy-ball", momentum: 0, dampening: 0.5 }, 2, true],
    [{ kind: "heavy-ball", momentum: 0.5 }, 3, false],
    [{ kind: "heavy-ball", momentum: -0.5 }, 1, false],
    [{ kind: "heavy-ball", momentum: 0.5, dampening: 0.25 }, 4, false],
    [{ kind: "heavy-ball", momentum: 0.5, dampening: -1 }, 1.5, false],
    [{ kind: "ema", momentum: 0.5 }, 6, false],
    [{ kind: "nesterov", momentum: 0 }, 2, true],
    [{ kind: "nesterov", momentum: 0.5 }, 1.5, false],
  ])("%j is one, with the edge %d of its mean at λ = 1", (optimizer, edge, plain) => {
    expect(meanEdge(optimizer, 1)).toBeCloseTo(edge, 14);
    expect(isPlainSgd(optimizer)).toBe(plain);
  });
});
