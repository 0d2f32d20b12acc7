import { describe, expect, it } from "vitest";
import { noiseModelStability, escapeDirections, logBasinWeight, type NoiseModel } from "../src/escape.js";
import { epsilonSharpness, invarianceReport, type MeasureName } from "../src/invariance.js";
import { problem } from "./support/problems.js";

const of = (...values: number[]): Float64Array => Float64Array.from(values);

describe("escape directions", () => {
  const { system } = problem([2, 0, 0, 1, 1, 1, 0.5, 2], [1, -1, 0.5, 1]);
  const batches = { batchSize: 1, sampling: "with-replacement" } as const;

  it("end where a second moment overflows, with finite ratios up to there", () => {
    // In the second case one direction grows and the other shrinks.
    for (const [one, learningRate] of [
      [system, 1e3],
      [problem([2, 0, 0, 1e-3], [1, -1]).system, 1e3],
    ] as const) {
      const { ratios } = escapeDirections(one, { ...batches, learningRate, directions: 1, steps: 200 });
      expect(ratios.length).toBeGreaterThan(30);
      expect(ratios.length).toBeLessThan(100);
      expect(ratios.every((ratio) => ratio >= 0 && Number.isFinite(ratio))).toBe(true);
    }
  });

  it("of gradient descent start where the residuals are, also at a learning rate that empties a direction at once", () => {
    const { system: diagonal } = problem([2, 0, 0, 1], [1, 1]);
    // Curvatures 2 and ½ with the displacement (½, 1): at η = ½ the first is gone after a step.
    const { gradientDescent } = escapeDirections(diagonal, { ...batches, learningRate: 0.5, directions: 1, steps: 2 });
    expect(gradientDescent[0]).toBeCloseTo((0.5 * 1) / (2 * 0.25), 14);
    expect([...gradientDescent.subarray(1)]).toEqual([Infinity, Infinity]);
  });
});

describe("the weight of a basin", () => {
  const quadratic = (noise: number, from: number, to: number) => {
    let evaluations = 0;
    const weight = logBasinWeight({
      loss: (t) => (evaluations++, 5 + (t - (from + to) / 2) ** 2 / 2),
      noise,
      breakpoints: [from, to],
    });
    expect(weight).toBeCloseTo(0.5 * Math.log(2 * Math.PI * noise) - 5 / noise, 9);
    return evaluations;
  };

  it("neither overflows nor vanishes wherever on the line and however cold it is", () => {
    for (const [from, to] of [
      [2, 4],
      [-4, -2],
      [-1, 1],
      [-3, -1],
    ] as const)
      // prettier-ignore
      for (const noise of [1e-2, 1e-4]) quadratic(noise, from, to);
  });

  it("takes no more panels than it needs", () => expect(quadratic(1e-2, -1, 1)).toBeLessThan(3000));
});

describe("noise at its own threshold", () => {
  const options = { eigenvalues: of(2, 1, 0), noise: 0.5, strength: 0.7 };
  it.each<NoiseModel>(["additive isotropic", "additive aligned", "loss-scaled isotropic", "loss-scaled aligned"])(
    "has a spectral radius of 1 and no stationary moments, %s",
    (model) => {
      const { criticalLearningRate: edge } = noiseModelStability(model, { ...options, learningRate: 0.1 });
      const at = (factor: number) => noiseModelStability(model, { ...options, learningRate: factor * edge });
      expect(at(1).spectralRadius).toBeCloseTo(1, 12);
      expect(at(1)).toMatchObject({ stationary: undefined, stationaryLoss: undefined });
      expect(at(1.01).stationary).toBeUndefined();
      expect(at(0.99).stationary).toHaveLength(3);
      expect(at(0.99).stationaryLoss).toBeGreaterThanOrEqual(0);
    },
  );
});

describe("ε-sharpness", () => {
  it("takes as many gradients as it is told, at most, from each of the 2d starts", () => {
    const hessian = [3, 1, 1, 2];
    const gradient = ([x, y]: Float64Array): Float64Array =>
      of(hessian[0]! * x! + hessian[1]! * y!, hessian[2]! * x! + hessian[3]! * y!);
    const loss = (t: Float64Array): number => (t[0]! * gradient(t)[0]! + t[1]! * gradient(t)[1]!) / 2;
    const taken = (steps: number) => epsilonSharpness({ loss, gradient, point: of(0, 0), radius: 0.1, steps });
    expect(taken(1).gradients).toBe(4);
    expect(taken(3).gradients).toBe(12);
    expect(taken(200).gradients).toBeLessThan(400);
    const largest = (5 + Math.sqrt(5)) / 2;
    expect(taken(200).sharpness / (0.005 * largest)).toBeCloseTo(1, 12);
    expect(Math.hypot(...taken(200).displacement)).toBeCloseTo(0.1, 14);
    expect(taken(3).sharpness).toBeLessThan(taken(200).sharpness);
  });

  it("halves a step that would go down", () => {
    // On the circle alone a slope leads to the top at angle 0.6; the whole step along it, a right angle, is beyond.
    const top = [Math.cos(0.6), Math.sin(0.6)] as const;
    const loss = ([x, y]: Float64Array): number => 1 - Math.abs(Math.atan2(y!, x!) - 0.6) ** 1.5;
    const gradient = ([x, y]: Float64Array): Float64Array => {
      const angle = Math.atan2(y!, x!);
      const slope = -1.5 * Math.sign(angle - 0.6) * Math.abs(angle - 0.6) ** 0.5;
      const square = x! * x! + y! * y!;
      return of((-slope * y!) / square, (slope * x!) / square);
    };
    const found = epsilonSharpness({ loss, gradient, point: of(0, 0), radius: 1, steps: 500 });
    expect(found.displacement[0]).toBeCloseTo(top[0], 3);
    expect(found.displacement[1]).toBeCloseTo(top[1], 3);
  });
});

describe("measures that move", () => {
  const point = (hessian: number[], noise: number[]) => ({ hessian: of(...hessian), noise: of(...noise) });
  const moved = (before: ReturnType<typeof point>, after: ReturnType<typeof point>): MeasureName[] =>
    invarianceReport(before, after)
      .filter((one) => one.moved)
      .map(({ measure }) => measure);

  it("are judged each by its own size: a largest eigenvalue beside a far larger negative one", () => {
    const none = [0, 0, 0, 0];
    // Of the determinant nothing can be said at a condition number of 1e9 on both sides.
    expect(moved(point([1, 0, 0, -1e9], none), point([1.5, 0, 0, -1e9], none))).toEqual([
      "largest eigenvalue",
      "stable learning rate",
    ]);
  });

  it("are none where a trace of nearly 0 moves by the rounding of what cancels in it", () => {
    const none = [0, 0, 0, 0];
    expect(moved(point([1e6, 0, 0, -1e6], none), point([1e6, 0, 0, -1e6 + 1e-4], none))).toEqual([]);
  });

  it("are none at a maximum, where no learning rate is too large on both sides", () => {
    const top = point([-1, 0, 0, -2], [1, 0, 0, 1]);
    expect(moved(top, top)).toEqual([]);
    const report = invarianceReport(top, top);
    expect(report.find(({ measure }) => measure === "stable learning rate")!.after).toBe(Infinity);
  });

  it("are none where nothing is curved and nothing is noisy", () => {
    const flat = point([0, 0, 0, 0], [0, 0, 0, 0]);
    expect(moved(flat, flat)).toEqual([]);
    const ratios = invarianceReport(flat, flat).find(({ measure }) => measure === "noise-to-curvature ratios")!;
    expect(ratios.before).toEqual(of(0, 0));
    expect(() => invarianceReport(flat, point([0, 0, 0, 0], [1, 0, 0, 0]))).toThrow(/without curvature/);
  });
});
