import { multiply } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { StabilityError } from "../../src/index.js";
import {
  heavyBallLearningRate,
  learningRateForVariance,
  momentumEdge,
  stationaryCovarianceWithMomentum,
} from "../../src/stationary.js";

const methods = ["closed", "kronecker", "doubling"] as const;
const of = (...values: number[]): Float64Array => Float64Array.from(values);
const diagonal = (...values: number[]): Float64Array =>
  Float64Array.from({ length: values.length ** 2 }, (_, k) =>
    k % (values.length + 1) === 0 ? values[k / (values.length + 1)]! : 0,
  );

/** `ZZᵀ/d + shift·I`. */
function positive(size: number, shift: number, random: () => number): Float64Array {
  const z = gaussian(size * size, random);
  return Float64Array.from({ length: size * size }, (_, k) => {
    let sum = k % (size + 1) === 0 ? shift : 0;
    for (let j = 0; j < size; j++) sum += (z[Math.floor(k / size) * size + j]! * z[(k % size) * size + j]!) / size;
    return sum;
  });
}

describe.each(methods)("the stationary covariance with momentum, %s", (method) => {
  it.each([
    [1, 1, 0, 1, 1, 0.5],
    [1, 0.5, 0.9, 2, 5.757575757575759, 5],
    [2, 0.25, 0.5, 3, 0.45, 0.375],
  ])("of h = %d, λ = %d, μ = %d, c = %d is %d, in the continuous limit %d", (h, rate, momentum, c, exact, limit) => {
    const found = stationaryCovarianceWithMomentum({
      hessian: of(h),
      noise: of(c),
      learningRate: rate,
      momentum,
      method,
    });
    expect(found.covariance[0]! / exact).toBeCloseTo(1, 13);
    expect(found.continuousCovariance[0]! / limit).toBeCloseTo(1, 14);
    expect(found.excessLoss / (0.5 * h * exact)).toBeCloseTo(1, 13);
    expect(found.edgeRatio).toBeCloseTo((rate * h) / (2 * (1 + momentum)), 14);
  });

  it("of averaged momentum is that of summed momentum at λ(1 − μ): .50666…", () => {
    const { covariance } = stationaryCovarianceWithMomentum({
      hessian: of(1),
      noise: of(2),
      learningRate: 0.5,
      momentum: 0.9,
      convention: "average",
      method,
    });
    expect(covariance[0]).toBeCloseTo(0.76 / 1.5, 13);
  });

  it("solves the matrix equation for random K, C and Λ, none of which commute", () => {
    let worst = 0;
    for (let seed = 0; seed < 12; seed++) {
      const random = seededRandom(seed);
      const size = 1 + (seed % 5);
      const hessian = positive(size, 0.3, random);
      const noise = positive(size, 0, random);
      const matrix = positive(size, 0.2, random).map((value) => 0.15 * value);
      for (const momentum of [0, 0.5, 0.9])
        for (const learningRate of [0.3, matrix]) {
          const found = stationaryCovarianceWithMomentum({ hessian, noise, learningRate, momentum, method });
          worst = Math.max(worst, found.residual);
          const closed = stationaryCovarianceWithMomentum({ hessian, noise, learningRate, momentum });
          const scale = Math.max(...closed.covariance.map(Math.abs));
          found.covariance.forEach((value, k) =>
            expect(Math.abs(value - closed.covariance[k]!)).toBeLessThan(1e-11 * scale),
          );
        }
    }
    expect(worst).toBeLessThan(1e-12);
  });

  it("of a step nudged along the sharpest direction has the variances of the quadratic diag(10, 1, ½)", () => {
    const [hessian, noise] = [diagonal(10, 1, 0.5), diagonal(3, 1, 1)];
    const nudged = stationaryCovarianceWithMomentum({
      hessian,
      noise,
      learningRate: diagonal(0.015, 0.15, 0.15),
      method,
    });
    [0.00243243, 0.08108108, 0.15584416].forEach((value, k) => expect(nudged.covariance[4 * k]).toBeCloseTo(value, 8));
    expect(nudged.excessLoss).toBeCloseTo(0.0916637417, 10);
    const plain = stationaryCovarianceWithMomentum({ hessian, noise, learningRate: 0.15, method });
    expect(plain.covariance[0]).toBeCloseTo(0.09, 13);
    expect(plain.excessLoss).toBeCloseTo(0.5295015795, 10);
  });

  it("is (λ/S)(2 − λK/(1 + μ))⁻¹/(1 − μ) for noise of covariance K/S", () => {
    const hessian = positive(3, 0.2, seededRandom(4));
    const [rate, momentum, batchSize] = [0.4, 0.7, 8];
    const found = stationaryCovarianceWithMomentum({
      hessian,
      noise: hessian.map((value) => value / batchSize),
      learningRate: rate,
      momentum,
      method,
    });
    const inverse = diagonal(2, 2, 2).map((value, k) => value - (rate * hessian[k]!) / (1 + momentum));
    const unit = multiply(found.covariance, inverse, 3, 3, 3).map(
      (value) => (value * batchSize * (1 - momentum)) / rate,
    );
    unit.forEach((value, k) => expect(value).toBeCloseTo(k % 4 === 0 ? 1 : 0, 12));
  });
});

describe("the edge λk = 2(1 + μ)", () => {
  it.each([0, 0.5, 0.9])("is where the variance diverges, μ = %d", (momentum) => {
    const edge = momentumEdge(3, momentum);
    const at = (learningRate: number) =>
      stationaryCovarianceWithMomentum({ hessian: of(3), noise: of(1), learningRate, momentum });
    expect(edge).toBeCloseTo((2 * (1 + momentum)) / 3, 15);
    expect(at(edge * (1 - 1e-6)).covariance[0]).toBeGreaterThan(1e4);
    expect(() => at(edge * (1 + 1e-12))).toThrow(StabilityError);
  });

  it("is that of gradient descent with momentum, simulated", () => {
    for (const momentum of [0, 0.5, 0.9])
      for (const factor of [0.99, 1.01]) {
        const rate = factor * momentumEdge(2, momentum);
        let [w, m] = [1, 0];
        for (let t = 0; t < 5000; t++) {
          m = momentum * m + 2 * w;
          w -= rate * m;
        }
        expect(Math.abs(w) < 1).toBe(factor < 1);
      }
  });
});

describe("momentum as an average", () => {
  it("has variance .506666… at λ = .5, μ = .9, curvature 1 and noise 2", () => {
    const options = { hessian: Float64Array.of(1), noise: Float64Array.of(2), momentum: 0.9 };
    const averaged = stationaryCovarianceWithMomentum({ ...options, learningRate: 0.5, convention: "average" });
    const heavyBall = stationaryCovarianceWithMomentum({ ...options, learningRate: heavyBallLearningRate(0.5, 0.9) });
    for (const { covariance } of [averaged, heavyBall])
      expect(covariance[0]).toBeCloseTo(0.1 / (0.2 - 0.005 / 1.9), 12);
    expect(averaged.covariance[0]).toBeCloseTo(0.506666, 5);
  });

  it("walks the same path at λ(1 − μ)", () => {
    const random = seededRandom(1);
    const rate = heavyBallLearningRate(0.5, 0.9);
    let [w, m, v, a] = [1, 0, 1, 0];
    for (let t = 0; t < 100; t++) {
      const noise = random() - 0.5;
      m = 0.9 * m + w + noise;
      w -= rate * m;
      a = 0.9 * a + 0.1 * (v + noise);
      v -= 0.5 * a;
      expect(v).toBeCloseTo(w, 12);
    }
  });
});

it("the learning rate for a variance gives that variance", () => {
  const chosen = { curvature: 2, noise: 3, variance: 0.45, momentum: 0.5 };
  expect(learningRateForVariance(chosen)).toBeCloseTo(0.25, 14);
});

it("fluctuation and dissipation balance without momentum: E[w·∇L] = (λ/2)E‖ĝ‖²", () => {
  const random = seededRandom(3);
  const [hessian, noise, learningRate] = [positive(4, 0.1, random), positive(4, 0, random), 0.2];
  const { covariance, excessLoss } = stationaryCovarianceWithMomentum({ hessian, noise, learningRate });
  const curved = multiply(multiply(hessian, covariance, 4, 4, 4), hessian, 4, 4, 4);
  let squares = 0;
  for (let a = 0; a < 4; a++) squares += curved[5 * a]! + noise[5 * a]!;
  expect((2 * excessLoss) / ((learningRate / 2) * squares)).toBeCloseTo(1, 12);
});

describe("directions without curvature", () => {
  it("stay where they are without noise, and have no stationary state with noise", () => {
    const hessian = diagonal(2, 0);
    const found = stationaryCovarianceWithMomentum({ hessian, noise: diagonal(1, 0), learningRate: 0.5 });
    [0.25, 0, 0, 0].forEach((value, k) => expect(found.covariance[k]).toBeCloseTo(value, 15));
    expect(() => stationaryCovarianceWithMomentum({ hessian, noise: diagonal(1, 1), learningRate: 0.5 })).toThrow(
      StabilityError,
    );
  });
});

it.each([
  ["a learning rate of 0", { learningRate: 0 }, "INVALID_ARGUMENT"],
  ["an indefinite matrix of learning rates", { learningRate: of(1, 2, 2, 1) }, "INVALID_ARGUMENT"],
  ["momentum 1", { momentum: 1 }, "INVALID_ARGUMENT"],
  ["a negative curvature", { hessian: of(1, 0, 0, -1) }, "INVALID_ARGUMENT"],
  ["an asymmetric Hessian", { hessian: of(1, 0, 1, 1) }, "INVALID_ARGUMENT"],
  ["noise of another size", { noise: of(1) }, "SHAPE_MISMATCH"],
])("refuses %s", (_, change, code) => {
  const good = { hessian: of(1, 0, 0, 1), noise: of(1, 0, 0, 1), learningRate: 0.1 };
  expect(() => stationaryCovarianceWithMomentum({ ...good, ...change })).toThrow(
    expect.objectContaining({ code }) as Error,
  );
});
