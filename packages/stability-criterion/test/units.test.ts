import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { exactThreshold, expectedLoss, prepareMinimum, spectralRadius } from "../src/index.js";
import { optimizerGrowth, optimizerThreshold, type Optimizer } from "../src/optimizers.js";
import { regularMinimum, stationaryCovariance, stationaryCovarianceWithMomentum } from "../src/stationary.js";
import { problem } from "./support/problems.js";

const jacobian = [1, 0.5, -0.3, 1.2, 0.7, -1, 0.2, 0.9, -0.6, 1.1, 0.4, 0.8];
const residuals = [1, -0.5, 0.3, 0.8, -1.2, 0.6];
/** The same problem with the Gram matrix `gram` times as large and residuals `by` times. */
const scaled = (gram: number, by = 1) =>
  prepareMinimum(
    problem(
      jacobian.map((value) => value * Math.sqrt(gram)),
      residuals.map((value) => value * by),
      2,
    ).system,
  );
const batches = { batchSize: 1, sampling: "with-replacement" } as const;
const optimizers: Optimizer[] = [
  { kind: "sgd" },
  { kind: "heavy-ball", momentum: 0.9 },
  { kind: "heavy-ball", momentum: -0.3, dampening: 0.5 },
  { kind: "ema", momentum: 0.8 },
  { kind: "nesterov", momentum: 0.9 },
];

describe.each([2 ** -40, 2 ** 40])("in units in which curvature is %d times as large", (unit) => {
  it.each(optimizers)("learning rates are that much smaller, and as well known, for %j", (optimizer) => {
    const usual = optimizerThreshold(scaled(1), { ...batches, optimizer });
    const found = optimizerThreshold(scaled(unit), { ...batches, optimizer });
    expect((found.criticalLearningRate * unit) / usual.criticalLearningRate).toBeCloseTo(1, 11);
    expect(found.converged).toBe(true);
    expect(found.relativeStep).toBeLessThan(1e-8);
    expect(found.residual).toBeLessThan(1e-6);
    found.exampleShares.forEach((share, i) => expect(share).toBeCloseTo(usual.exampleShares[i]!, 6));
  });

  it.each(optimizers)("growth per step is the same, for %j", (optimizer) => {
    for (const factor of [0.5, 3]) {
      const rate = factor * optimizerThreshold(scaled(1), { ...batches, optimizer }).criticalLearningRate;
      const usual = optimizerGrowth(scaled(1), rate, { ...batches, optimizer });
      const found = optimizerGrowth(scaled(unit), rate / unit, { ...batches, optimizer });
      expect(found.spectralRadius / usual.spectralRadius).toBeCloseTo(1, 10);
      expect(found.growthRate).toBe(Math.log(found.spectralRadius));
      expect(found.converged).toBe(true);
      expect(found.relativeStep).toBeLessThan(1e-8);
    }
  });

  it("weight decay has the units of curvature", () => {
    for (const kind of ["heavy-ball", "ema", "nesterov"] as const) {
      const of = (by: number): number =>
        optimizerThreshold(scaled(by), { ...batches, optimizer: { kind, momentum: 0.5, weightDecay: 0.2 * by } })
          .criticalLearningRate * by;
      expect(of(unit) / of(1)).toBeCloseTo(1, 11);
    }
  });

  it("the cloud is the larger the flatter the minimum", () => {
    const learningRate = 0.4 * exactThreshold(scaled(1), batches).criticalLearningRate;
    const usual = stationaryCovariance(scaled(1), { ...batches, learningRate });
    const found = stationaryCovariance(scaled(unit), { ...batches, learningRate: learningRate / unit });
    expect((found.squaredDistance * unit) / usual.squaredDistance).toBeCloseTo(1, 9);
    expect(found.excessLoss / usual.excessLoss).toBeCloseTo(1, 9);
    expect(found.squaredGradient / unit / usual.squaredGradient).toBeCloseTo(1, 9);
  });
});

describe.each([2 ** -30, 2 ** 30])("with residuals %d times as large", (unit) => {
  it("losses and clouds grow by the square, and are as well known", () => {
    const learningRate = 0.4 * exactThreshold(scaled(1), batches).criticalLearningRate;
    const usual = stationaryCovariance(scaled(1), { ...batches, learningRate });
    const found = stationaryCovariance(scaled(1, unit), { ...batches, learningRate });
    found.covariance.forEach((value, k) => expect(value / unit ** 2).toBeCloseTo(usual.covariance[k]!, 10));
    expect(found.residual).toBeLessThan(1e-11);
    const [before, after] = [scaled(1), scaled(1, unit)].map((one) =>
      expectedLoss(one, { ...batches, learningRate, steps: 5 }),
    );
    after!.losses.forEach((value, t) => expect(value / unit ** 2 / before!.losses[t]!).toBeCloseTo(1, 12));
    expect(after!.floor / unit ** 2 / before!.floor).toBeCloseTo(1, 12);
  });

  it("so does the cloud of any sum of losses, whose gradients may have the mean of rounding alone", () => {
    const minimum = (by: number) =>
      regularMinimum({
        ...batches,
        hessians: Float64Array.of(2, 1, 1, 2, 1, 0, 0, 3, 1, 0.5, 0.5, 1),
        gradients: Float64Array.of(1, -1, 0.5, 2, -1.5, -1).map((value) => value * by),
        parameters: 2,
        learningRate: 0.1,
      });
    minimum(unit).covariance!.forEach((value, k) =>
      expect(value / unit ** 2).toBeCloseTo(minimum(1).covariance![k]!, 11),
    );
    const withMean = (mean: number) => () =>
      regularMinimum({
        ...batches,
        hessians: Float64Array.of(2, 1, 1),
        gradients: Float64Array.of(1 + mean, 0, -1).map((value) => value * unit),
        parameters: 1,
        learningRate: 0.1,
      });
    expect(withMean(1e-12)).not.toThrow();
    expect(withMean(1e-6)).toThrow(/mean 0/);
  });

  it("and the cloud under noise of fixed covariance, with a residual relative to it", () => {
    const cloud = (by: number, method: "closed" | "kronecker" | "doubling") =>
      stationaryCovarianceWithMomentum({
        hessian: Float64Array.of(2, 0.5, 0.5, 1),
        noise: Float64Array.of(1, 0.2, 0.2, 0.5).map((value) => value * by),
        learningRate: 0.3,
        momentum: 0.5,
        method,
      });
    for (const method of ["closed", "kronecker", "doubling"] as const) {
      const found = cloud(unit, method);
      found.covariance.forEach((value, k) => expect(value / unit).toBeCloseTo(cloud(1, "closed").covariance[k]!, 11));
      expect(found.residual).toBeLessThan(1e-13);
      expect(cloud(0, method)).toMatchObject({ excessLoss: 0, residual: 0 });
    }
  });
});

describe("the work of a solver", () => {
  const minimum = scaled(1);
  it.each(optimizers)("is counted, and ends where it is told to, for %j", (optimizer) => {
    const threshold = (maxProducts?: number) =>
      optimizerThreshold(minimum, { ...batches, optimizer, ...(maxProducts === undefined ? {} : { maxProducts }) });
    const growth = (maxProducts?: number) =>
      optimizerGrowth(minimum, 3 * threshold().criticalLearningRate, {
        ...batches,
        optimizer,
        ...(maxProducts === undefined ? {} : { maxProducts }),
      });
    for (const solve of [threshold, growth]) {
      const whole = solve();
      expect(whole.newtonSteps).toBeGreaterThan(1);
      expect(whole.products).toBeGreaterThanOrEqual(whole.newtonSteps);
      expect(whole.products).toBeLessThan(150);
      expect(whole.newtonSteps).toBeLessThan(40);
      const cut = solve(4);
      expect(cut.products).toBe(4);
      expect(cut.converged).toBe(false);
    }
  });

  it("is that of plain SGD where there is no momentum", () => {
    for (const optimizer of [
      { kind: "sgd" },
      { kind: "heavy-ball", momentum: 0 },
      { kind: "ema", momentum: 0 },
    ] as const) {
      expect(optimizerThreshold(minimum, { ...batches, optimizer })).toEqual(exactThreshold(minimum, batches));
      expect(optimizerGrowth(minimum, 0.7, { ...batches, optimizer })).toEqual(spectralRadius(minimum, 0.7, batches));
    }
  });

  it("of conjugate gradients leaves the residual that it says", () => {
    const large = prepareMinimum(problem(gaussian(20 * 8, seededRandom(1)), gaussian(20, seededRandom(2))).system);
    const learningRate = 0.8 * exactThreshold(large, batches).criticalLearningRate;
    const rough = stationaryCovariance(large, { ...batches, learningRate, tolerance: 1e-2 });
    expect(rough.residual).toBeGreaterThan(1e-9);
    expect(rough.residual).toBeLessThan(1e-2);
    const interpolating = problem([1, 2, 0, 1], [1, 1]).system;
    expect(stationaryCovariance(interpolating, { ...batches, learningRate: 0.01 })).toMatchObject({
      residual: 0,
      squaredDistance: 0,
    });
  });
});
