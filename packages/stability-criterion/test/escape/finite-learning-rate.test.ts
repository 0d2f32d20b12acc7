import { describe, expect, it } from "vitest";
import { StabilityError } from "../../src/index.js";
import { finiteLearningRateEscape } from "../../src/escape.js";
import { stationaryCovarianceWithMomentum } from "../../src/stationary.js";

const grid = [0, 0.5, 0.9].flatMap((momentum) => [0.01, 0.6, 1.9].map((share) => [momentum, share] as const));

describe("the escape from a sharp minimum", () => {
  it.each(grid)(
    "at μ = %d, λk = %d(1 + μ) has temperature kΣ and, for c = k/S, the exponent in S",
    (momentum, share) => {
      const [curvature, batchSize, barrier] = [3, 7, 0.4];
      const learningRate = (share * (1 + momentum)) / curvature;
      const noise = curvature / batchSize;
      const found = finiteLearningRateEscape({ barrier, curvature, noise, learningRate, momentum });
      const cloud = stationaryCovarianceWithMomentum({
        hessian: Float64Array.of(curvature),
        noise: Float64Array.of(noise),
        learningRate,
        momentum,
      });
      expect(found.temperature / (curvature * cloud.covariance[0]!)).toBeCloseTo(1, 12);
      expect(found.continuousTemperature / (curvature * cloud.continuousCovariance[0]!)).toBeCloseTo(1, 12);
      const pull = learningRate * curvature;
      const given = (-barrier * batchSize * (1 - momentum) * (2 - pull / (1 + momentum))) / pull;
      expect(found.exponent / given).toBeCloseTo(1, 12);
      expect(found.exponent).toBeCloseTo(-barrier / found.temperature, 9);
      expect(found.exponent / found.continuousExponent).toBeCloseTo(1 - share / 2, 12);
    },
  );

  it.each([0.3, 1, 1.4])("from a parabola at λk = %d has the exponent of the exact mean exit time", (learningRate) => {
    // w ← (1 − λ)w + λ√c·ξ leaves (−1, 1), the barrier ½: log time against 1/T rises by ½.
    const at = (quotient: number): { over: number; continuous: number; logTime: number } => {
      const noise = (2 - learningRate) / (2 * learningRate * quotient);
      const found = finiteLearningRateEscape({ barrier: 0.5, curvature: 1, noise, learningRate });
      return {
        over: -found.exponent,
        continuous: -found.continuousExponent,
        logTime: Math.log(meanExitTime(1 - learningRate, learningRate * Math.sqrt(noise))),
      };
    };
    const [warm, cold] = [at(12), at(18)];
    const rise = cold.logTime - warm.logTime;
    expect(warm.over).toBeCloseTo(12, 10);
    // Prefactors that are powers of T leave a few per cent; the continuous limit is off by 2/(2 − λk).
    expect(Math.abs(rise / (cold.over - warm.over) - 1)).toBeLessThan(0.08);
    if (learningRate >= 1) expect(rise / (cold.continuous - warm.continuous)).toBeLessThan(0.55);
  });

  const sound = { barrier: 1, curvature: 1, noise: 1, learningRate: 0.5 };
  it.each([
    ["no barrier", { barrier: 0 }],
    ["no curvature", { curvature: 0 }],
    ["no noise", { noise: 0 }],
    ["the edge", { learningRate: 2 }],
    ["momentum 1", { momentum: 1 }],
  ])("refuses %s", (_, change) => {
    expect(() => finiteLearningRateEscape({ ...sound, ...change })).toThrow(StabilityError);
  });
});

/** Mean steps of `w ← aw + sξ` from 0 until |w| > 1: `u = 1 + ∫p(y|x)u(y)dy` by the midpoint rule, for even u. */
function meanExitTime(a: number, s: number): number {
  const count = 200;
  const point = (k: number): number => (k + 0.5) / count;
  const density = (z: number): number => Math.exp((-z * z) / (2 * s * s)) / (s * Math.sqrt(2 * Math.PI));
  const kernel = (x: number, y: number): number => (density(y - a * x) + density(y + a * x)) / count;
  const rows = Array.from({ length: count }, (_, i) => {
    const row = Float64Array.from({ length: count + 1 }, (_, j) => (i === j ? 1 : 0) - kernel(point(i), point(j)));
    row[count] = 1;
    return row;
  });
  // I − P is an M-matrix: elimination needs no pivoting.
  for (let k = 0; k < count; k++)
    for (let i = k + 1; i < count; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= count; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  const time = new Float64Array(count);
  for (let k = count - 1; k >= 0; k--) {
    let rest = rows[k]![count]!;
    for (let j = k + 1; j < count; j++) rest -= rows[k]![j]! * time[j]!;
    time[k] = rest / rows[k]![k]!;
  }
  let fromCentre = 1;
  for (let j = 0; j < count; j++) fromCentre += kernel(0, point(j)) * time[j]!;
  return fromCentre;
}
