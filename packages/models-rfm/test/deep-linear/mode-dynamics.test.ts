import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { deepLinear } from "@sgdscope/models-rfm";
import {
  alignedStart,
  diffusionPeak,
  eulerMaruyama,
  modeDynamics,
  twoLayerFlow,
  twoLayerTimeTo,
} from "@sgdscope/models-rfm/deep-linear";

describe("modeDynamics", () => {
  it.each([
    [2, 0.5, 1, 0, 0.5, 0.5],
    [3, 0.7, 1.5, 0.4, 1.4917, 5.0065],
    [4, 1.2, 2, 1, 4.2065, 63.04],
  ])("has the drift and noise of a step of SGD on the network: L = %i, w = %f, s = %f, σ = %f", (...row) => {
    const [depth, w, target, sigma, drift, variance] = row;
    const dynamics = modeDynamics({ depth, target, temperature: 1, noiseVariance: sigma ** 2 });
    expect(Math.abs(dynamics.flow(w) - drift)).toBeLessThan(5e-5);
    expect(Math.abs(dynamics.mode.noise(w) ** 2 / variance - 1)).toBeLessThan(2e-4);

    // To first order in η, w moves by η·Σ_l (w/u)·(−∂ℓ/∂u_l), for one example.
    const model = deepLinear({ inputs: 1, depth });
    const theta = alignedStart(model, [w]);
    const [x, noise] = [gaussian(200_000, seededRandom(1)), gaussian(200_000, seededRandom(2))];
    const y = x.map((value, i) => target * value + sigma * noise[i]!);
    const gradient = new Float64Array(depth);
    let [m1, m2, m4] = [0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      model.gradient(theta, x, y, [i], gradient.fill(0));
      const move = -gradient.reduce((sum, g) => sum + g, 0) * w ** (1 - 1 / depth) - dynamics.flow(w);
      m1 += move / x.length;
      m2 += move ** 2 / x.length;
      m4 += move ** 4 / x.length;
    }
    expect(Math.abs(m1)).toBeLessThan(5 * Math.sqrt(m2 / x.length));
    expect(Math.abs(m2 - dynamics.mode.noise(w) ** 2)).toBeLessThan(5 * Math.sqrt((m4 - m2 ** 2) / x.length));
  });

  it("is one process in two coordinates: Itô's formula takes u to w = u^L", () => {
    for (const depth of [1, 2, 3, 6]) {
      const { layer, mode } = modeDynamics({ depth, target: 1.7, temperature: 0.3, noiseVariance: 0.8 });
      for (const u of [0.2, 0.9, 1.4]) {
        const [w, first, second] = [u ** depth, depth * u ** (depth - 1), depth * (depth - 1) * u ** (depth - 2)];
        expect(mode.noise(w) / (first * layer.noise(u))).toBeCloseTo(1, 13);
        expect(mode.drift(w) / (first * layer.drift(u) + 0.5 * second * layer.noise(u) ** 2)).toBeCloseTo(1, 12);
      }
    }
  });

  it("is absorbed at w = s without label noise, and at w = 0 for L ≥ 2", () => {
    const { layer, mode } = modeDynamics({ depth: 3, target: 8, temperature: 0.1 });
    for (const [process, points] of [
      [layer, [0, 2]],
      [mode, [0, 8]],
    ] as const)
      for (const x of points) expect([process.drift(x), process.noise(x)]).toEqual([0, 0]);
  });

  it("refuses what is no mode", () => {
    expect(() => modeDynamics({ depth: 0, target: 1, temperature: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_SIZE" }),
    );
    expect(() => modeDynamics({ depth: 2, target: 1, temperature: -1 })).toThrow(
      "modeDynamics: expected temperature to be a finite number ≥ 0, got -1",
    );
  });
});

describe("diffusionPeak", () => {
  it.each([
    [1, 0, 0],
    [2, 1 / 2, 1 / 3],
    [3, 4 / 7, 2 / 5],
    [4, 3 / 5, 3 / 7],
    [10, 18 / 28, 9 / 19],
  ])("is at %f: (2L−2)/(3L−2) of s for w, (L−1)/(2L−1) for u", (depth, ofMode, ofLayer) => {
    const { mode, layer } = diffusionPeak(depth);
    expect(mode).toBeCloseTo(ofMode, 15);
    expect(layer).toBeCloseTo(ofLayer, 15);
    const dynamics = modeDynamics({ depth, target: 2.5, temperature: 0.1 });
    let [bestMode, bestLayer] = [0, 0];
    const peak = { mode: 0, layer: 0 };
    for (let k = 0; k <= 20_000; k++) {
      const w = (2.5 * k) / 20_000;
      const [a, b] = [dynamics.mode.noise(w), dynamics.layer.noise(w ** (1 / depth))];
      if (a > bestMode) [bestMode, peak.mode] = [a, w / 2.5];
      if (b > bestLayer) [bestLayer, peak.layer] = [b, w / 2.5];
    }
    expect(Math.abs(peak.mode - mode)).toBeLessThan(1e-4);
    expect(Math.abs(peak.layer - layer)).toBeLessThan(1e-4);
  });
});

it("diffusionPeak tends to 2/3 of s for w and to ½ for u", () => {
  expect(diffusionPeak(10_000).mode).toBeCloseTo(2 / 3, 4);
  expect(diffusionPeak(10_000).layer).toBeCloseTo(1 / 2, 4);
});

describe("twoLayerFlow", () => {
  it("solves ẇ = 2w(s − w) from w₀ to s", () => {
    const mode = { target: 3, start: 0.01 };
    const { flow } = modeDynamics({ depth: 2, target: 3, temperature: 0 });
    expect(twoLayerFlow(mode, 0)).toBeCloseTo(0.01, 15);
    expect(twoLayerFlow(mode, 50)).toBe(3);
    for (const t of [0.2, 0.9, 1.3]) {
      const slope = (twoLayerFlow(mode, t + 1e-5) - twoLayerFlow(mode, t - 1e-5)) / 2e-5;
      expect(slope / flow(twoLayerFlow(mode, t))).toBeCloseTo(1, 8);
    }
  });

  it("is s/(1 + (s/w₀ − 1)e^{−2st}), reached after (1/2s) ln[w(s − w₀)/(w₀(s − w))]", () => {
    const [s, w0, t] = [3, 0.01, 0.7];
    const w = s / (1 + (s / w0 - 1) * Math.exp(-2 * s * t));
    expect(twoLayerFlow({ target: s, start: w0 }, t)).toBeCloseTo(w, 14);
    const fraction = 0.9;
    expect(twoLayerTimeTo({ target: s, start: w0 }, fraction)).toBeCloseTo(
      Math.log((fraction * s * (s - w0)) / (w0 * (1 - fraction) * s)) / (2 * s),
      14,
    );
  });

  it("reaches a fraction of s when `twoLayerTimeTo` says", () => {
    for (const [target, start] of [
      [4, 1e-3],
      [0.5, 0.2],
    ] as const)
      for (const fraction of [0.5, 0.95, 0.999])
        expect(twoLayerFlow({ target, start }, twoLayerTimeTo({ target, start }, fraction))).toBeCloseTo(
          fraction * target,
          12,
        );
    expect(() => twoLayerTimeTo({ target: 1, start: 0.5 }, 0.4)).toThrow(
      "twoLayerTimeTo: expected a fraction in [0.5, 1), got 0.4",
    );
    expect(() => twoLayerTimeTo({ target: 1, start: 0.5 }, 1)).toThrow(
      expect.objectContaining({ code: "INVALID_VALUE" }),
    );
  });
});

describe("eulerMaruyama", () => {
  it("follows gradient flow without noise", () => {
    const { mode } = modeDynamics({ depth: 2, target: 2, temperature: 0 });
    const path = eulerMaruyama(mode, { start: 0.1, timeStep: 1e-4, steps: 10_000, random: seededRandom(1) });
    expect(path).toHaveLength(10_001);
    expect(Math.abs(path[10_000]! / twoLayerFlow({ target: 2, start: 0.1 }, 1) - 1)).toBeLessThan(1e-3);
  });

  it("has the mean and variance of an Ornstein–Uhlenbeck process", () => {
    const [paths, steps, timeStep] = [20_000, 50, 0.02];
    const process = { drift: (x: number) => -x, noise: () => 0.5 };
    const random = seededRandom(4);
    let [m1, m2] = [0, 0];
    for (let k = 0; k < paths; k++) {
      const end = eulerMaruyama(process, { start: 1, timeStep, steps, random })[steps]!;
      m1 += end / paths;
      m2 += end ** 2 / paths;
    }
    // Of the discrete recursion x ← (1 − Δt)x + ½√Δt·z, exactly.
    const mean = (1 - timeStep) ** steps;
    const variance = (0.25 * timeStep * (1 - (1 - timeStep) ** (2 * steps))) / (1 - (1 - timeStep) ** 2);
    expect(Math.abs(m1 - mean)).toBeLessThan(5 * Math.sqrt(variance / paths));
    expect(Math.abs(m2 - m1 ** 2 - variance)).toBeLessThan(5 * variance * Math.sqrt(2 / paths));
  });
});
