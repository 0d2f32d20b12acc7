import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { boltzmannVariance, eulerMaruyama, modeDynamics, stationaryLaw } from "@sgdscope/models-rfm/deep-linear";

describe("boltzmannVariance", () => {
  it.each([
    [1, 1, 0.02, 1e-2],
    [2, 1, 0.01, 1e-2],
    [3, 1.5, 0.004, 1.03e-2],
  ])("is L s^(2−2/L) ησ²/(2B): L = %i, s = %f, η/B = %f gives %f", (depth, target, temperature, value) => {
    const variance = boltzmannVariance({ depth, target, temperature, noiseVariance: 1 });
    expect(Number(variance.toPrecision(4))).toBe(value);
  });

  it.each([1, 2, 3, 5])("is the limit of small temperatures, at depth %i", (depth) => {
    for (const temperature of [1e-3, 1e-5]) {
      const mode = { depth, target: 1.3, temperature, noiseVariance: 0.7 };
      expect(Math.abs(stationaryLaw(mode).variance / boltzmannVariance(mode) - 1)).toBeLessThan(10 * temperature);
    }
  });
});

describe("stationaryLaw", () => {
  it("has variance 1.01527e-2 for two layers at η/B = 0.01 under label noise of variance 1", () => {
    const { variance } = stationaryLaw({ depth: 2, target: 1, temperature: 0.01, noiseVariance: 1 });
    expect(variance.toExponential(5)).toBe("1.01527e-2");
  });

  // Independent references: Simpson's rule in ln u with millions of points, NumPy.
  it.each([
    [2, 1, 1, 0.01, 0.0101526665972, 0.99489821305],
    [2, 1, 1, 0.1, 0.119801794668, 0.93763082919],
    [3, 1.5, 1, 0.02, 0.0563415659994, 1.47467529672],
    [4, 2, 0.5, 0.02, 0.0714775370363, 1.97255685878],
  ])("has the variance and mean of w: L = %i, s = %f, σ² = %f, T = %f", (...row) => {
    const [depth, target, noiseVariance, temperature, variance, mean] = row;
    const law = stationaryLaw({ depth, target, temperature, noiseVariance });
    expect(Math.abs(law.variance / variance - 1)).toBeLessThan(1e-9);
    expect(Math.abs(law.mean / mean - 1)).toBeLessThan(1e-9);
  });

  it("carries no flux and has mass 1", () => {
    for (const depth of [1, 2, 3]) {
      const mode = { depth, target: 1.2, temperature: 0.05, noiseVariance: 0.5 };
      const { layer } = modeDynamics(mode);
      const { u, density } = stationaryLaw(mode);
      let mass = 0;
      for (let k = 1; k < u.length; k++) mass += ((density[k]! + density[k - 1]!) / 2) * (u[k]! - u[k - 1]!);
      expect(mass).toBeCloseTo(1, 3);
      // a·p = ½(D·p)′, by central differences where there is mass.
      const peak = Math.max(...density);
      for (let k = 1; k + 1 < u.length; k += 7) {
        if (density[k]! < 1e-3 * peak) continue;
        const flow = (j: number): number => layer.noise(u[j]!) ** 2 * density[j]!;
        const slope = (flow(k + 1) - flow(k - 1)) / (2 * (u[k + 1]! - u[k - 1]!));
        expect(Math.abs(layer.drift(u[k]!) * density[k]! - slope)).toBeLessThan(0.002 * peak);
      }
    }
  });

  it("is Tσ²/(2(1 − T)) for one layer, and infinite from T = 1", () => {
    const one = { depth: 1, target: 2, noiseVariance: 3 };
    expect(stationaryLaw({ ...one, temperature: 0.25 }).variance).toBeCloseTo(0.5, 14);
    expect(stationaryLaw({ ...one, temperature: 0.25 }).mean).toBe(2);
    expect(stationaryLaw({ ...one, temperature: 1 }).variance).toBe(Infinity);
    // The density on its own says the same.
    const { u, density } = stationaryLaw({ ...one, temperature: 0.25 });
    let variance = 0;
    for (let k = 1; k < u.length; k++)
      variance += (u[k]! - u[k - 1]!) * ((density[k]! * (u[k]! - 2) ** 2 + density[k - 1]! * (u[k - 1]! - 2) ** 2) / 2);
    expect(variance).toBeCloseTo(0.5, 2);
  });

  it("is where simulated paths settle", () => {
    const mode = { depth: 2, target: 1, temperature: 0.05, noiseVariance: 1 };
    const { layer } = modeDynamics(mode);
    const [batches, steps] = [40, 20_000];
    const random = seededRandom(8);
    let start = 1;
    const ends = Array.from({ length: batches }, () => {
      const path = eulerMaruyama(layer, { start, timeStep: 0.005, steps, random });
      start = path[steps]!;
      return [
        path.reduce((sum, u) => sum + u ** 2, 0) / path.length,
        path.reduce((sum, u) => sum + u ** 4, 0) / path.length,
      ];
    });
    const { mean, variance } = stationaryLaw(mode);
    [mean, variance + mean ** 2].forEach((expected, power) => {
      const values = ends.map((pair) => pair[power]!);
      const average = values.reduce((a, b) => a + b) / batches;
      const error = Math.sqrt(values.reduce((sum, v) => sum + (v - average) ** 2, 0)) / batches;
      // Half a percent for the finite time step.
      expect(Math.abs(average - expected)).toBeLessThan(5 * error + 0.005 * expected);
    });
  });

  it("refuses a mode without noise, and one whose noise kills it", () => {
    expect(() => stationaryLaw({ depth: 2, target: 1, temperature: 0.1 })).toThrow(
      expect.objectContaining({ code: "NO_STATIONARY_LAW" }),
    );
    expect(() => stationaryLaw({ depth: 2, target: 1, temperature: 0.8, noiseVariance: 0.5 })).toThrow(
      "stationaryLaw: no stationary law exists at temperature 0.8, because the mode dies out from 0.8 on",
    );
  });
});
