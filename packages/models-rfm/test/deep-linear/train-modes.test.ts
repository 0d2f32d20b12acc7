import { seededRandom } from "@sgdscope/random";
import { beforeAll, describe, expect, it } from "vitest";
import { alignedStart, deepLinear, diffusionPeak, modesOf, trainModes, twoLayerTimeTo } from "@sgdscope/models-rfm";
import type { ModeHistory } from "@sgdscope/models-rfm";

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
      expect([7024, 9125, 13181, 24628, 45785][a]! - predicted).toBeLessThan(1);
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
