import { seededRandom } from "@sgdscope/random";
import { beforeAll, describe, expect, it } from "vitest";
import { deepLinear } from "@sgdscope/models-rfm";
import {
  alignedStart,
  boltzmannVariance,
  diffusionPeak,
  modesOf,
  stationaryLaw,
  trainModes,
  twoLayerTimeTo,
} from "@sgdscope/models-rfm/deep-linear";
import type { ModeHistory } from "@sgdscope/models-rfm/deep-linear";

describe("a two-layer 5 × 5 linear network trained by SGD, one fresh example a step", () => {
  const target = [4, 3, 2, 1, 0.5];
  const [start, learningRate] = [1e-3, 2e-4];
  const model = deepLinear({ inputs: 5, outputs: 5, depth: 2 });
  let history: ModeHistory;
  beforeAll(() => {
    history = trainModes(model, {
      target,
      start: alignedStart(
        model,
        target.map(() => start),
      ),
      learningRate,
      steps: 60_000,
      every: 20,
      random: seededRandom(3),
    });
  });

  it("learns its modes one after the other, each when gradient flow says", () => {
    target.forEach((s, a) => {
      const reached = history.steps[history.modes[a]!.findIndex((w) => w > 0.95 * s)]!;
      const predicted = twoLayerTimeTo({ target: s, start }, 0.95) / learningRate;
      expect(Math.round(predicted)).toBe([7024, 9125, 13181, 24628, 45785][a]!);
      // The noise 2w√(2T)(s − w) advances or delays the flow 2w(s − w): the time varies by √(2Tt), T = η, t = ηk.
      expect(Math.abs(reached - predicted)).toBeLessThan(5 * Math.sqrt(2 * predicted));
    });
  });

  it("diffuses most in each mode when half of it is learned", () => {
    target.forEach((s, a) => {
      const noise = history.modes[a]!.map((w) => Math.abs(w) * Math.SQRT2 * Math.abs(s - w));
      const at = noise.indexOf(Math.max(...noise));
      expect(Math.abs(history.modes[a]![at]! / s - diffusionPeak(2).mode)).toBeLessThan(0.02);
    });
  });

  it("comes to rest at the teacher, and the record ends where θ does", () => {
    const modes = modesOf(model, history.theta);
    history.modes.forEach((mode, a) => expect(mode.at(-1)).toBe(modes[a]));
    for (let a = 0; a < 4; a++) expect(modes[a]).toBeCloseTo(target[a]!, 2);
  });
});

describe("one mode of a deep linear network under SGD with label noise", () => {
  // Var(w): the Boltzmann limit, and by another generator over 6·10⁶ steps.
  it.each([
    [1, 1, 0.02, 1e-2, 1.034e-2],
    [2, 1, 0.01, 1e-2, 1.026e-2],
    [3, 1.5, 0.004, 1.03e-2, 1.052e-2],
  ])("fluctuates by the stationary law: L = %i, s = %f, η = %f", (depth, s, learningRate, limit, sampled) => {
    const model = deepLinear({ inputs: 1, depth });
    const [blocks, length] = [40, 15_000];
    const random = seededRandom(depth);
    let start = alignedStart(model, [s]);
    const averages = Array.from({ length: blocks }, () => {
      const history = trainModes(model, {
        target: [s],
        start,
        learningRate,
        noiseVariance: 1,
        steps: length,
        every: 10,
        random,
      });
      start = history.theta;
      const w = history.modes[0]!;
      const mean = w.reduce((sum, value) => sum + value, 0) / w.length;
      return [mean, w.reduce((sum, value) => sum + (value - s) ** 2, 0) / w.length] as const;
    });
    const estimate = (k: 0 | 1): { value: number; error: number } => {
      const value = averages.reduce((sum, pair) => sum + pair[k], 0) / blocks;
      return { value, error: Math.sqrt(averages.reduce((sum, pair) => sum + (pair[k] - value) ** 2, 0)) / blocks };
    };
    const [mean, square] = [estimate(0), estimate(1)];
    const variance = square.value - (mean.value - s) ** 2;
    // Reference and steps of finite size: one part in a hundred each at most.
    expect(Math.abs(variance - sampled)).toBeLessThan(4 * square.error + 0.01 * sampled);
    const mode = { depth, target: s, temperature: learningRate, noiseVariance: 1 };
    expect(Number(boltzmannVariance(mode).toPrecision(4))).toBe(limit);
    expect(Math.abs(variance / stationaryLaw(mode).variance - 1)).toBeLessThan(4 * (square.error / variance) + 0.03);
    if (depth === 1) expect(Math.abs(variance - 0.02 / 1.94)).toBeLessThan(4 * square.error);
  });
});

describe("trainModes", () => {
  it("leaves the start as it was, averages its batch and stops at label noise", () => {
    const model = deepLinear({ inputs: 2, outputs: 3, depth: 1 });
    const start = new Float64Array(6);
    const options = { target: [1, 2], start, learningRate: 0.05, batchSize: 4, steps: 4000, every: 1000 };
    const history = trainModes(model, { ...options, random: seededRandom(1), noiseVariance: 0.01 });
    expect([...start]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...history.steps]).toEqual([0, 1000, 2000, 3000, 4000]);
    // One layer: Var(w) = ησ²/(B(2 − η(1 + (d + 1)/B))), the floor of linear regression, with d = 2 inputs.
    const deviation = Math.sqrt((0.05 * 0.01) / (4 * (2 - 0.05 * 1.75)));
    expect(Math.abs(history.modes[0]!.at(-1)! - 1)).toBeLessThan(5 * deviation);
    expect(Math.abs(history.modes[1]!.at(-1)! - 2)).toBeLessThan(5 * deviation);
    expect(history.modes[1]!.at(-1)).not.toBe(2);
  });

  it("refuses a start of another length and rates that are none", () => {
    const model = deepLinear({ inputs: 2, depth: 2 });
    const options = { target: [1], start: new Float64Array(6), learningRate: 0.1, steps: 1, random: seededRandom(1) };
    expect(() => trainModes(model, { ...options, start: new Float64Array(5) })).toThrow(
      "trainModes: expected start of length 6, got 5",
    );
    expect(() => trainModes(model, { ...options, learningRate: 0 })).toThrow(
      expect.objectContaining({ code: "INVALID_SIZE" }),
    );
  });
});
