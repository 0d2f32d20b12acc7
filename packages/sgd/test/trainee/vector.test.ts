import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { sampler, vectorTrainee, type Sampling } from "@sgdscope/sgd";
import { leastSquares, quadratic } from "../problems.js";

const one = Int32Array.of(0);
const plain = { optimizer: { kind: "sgd" }, clipNorm: Infinity, divisor: 1 } as const;

describe("vectorTrainee", () => {
  it("multiplies the modes of a quadratic by (1 − ηλ)ᵗ", () => {
    const eigenvalues = [4, 1, 0.1, 0];
    const start = Float64Array.of(1, -2, 3, 5);
    const trainee = vectorTrainee(quadratic(eigenvalues, start));
    for (let t = 0; t < 50; t++) trainee.step(one, { learningRate: 0.3, ...plain });
    eigenvalues.forEach((lambda, k) => {
      expect(trainee.parameters[k]).toBeCloseTo(start[k]! * (1 - 0.3 * lambda) ** 50, 13);
    });
  });

  it("follows x₊ = (1 + μ − ηλ)x − μx₋ with momentum, and its closed form by the roots", () => {
    const [lambda, eta, mu, steps] = [0.5, 0.05, 0.5, 40];
    const trainee = vectorTrainee(quadratic([lambda], Float64Array.of(1)));
    for (let t = 0; t < steps; t++)
      trainee.step(one, { ...plain, learningRate: eta, optimizer: { kind: "heavy-ball", momentum: mu } });
    // Roots of z² − (1 + μ − ηλ)z + μ, real here; x₀ = 1, x₁ = 1 − ηλ.
    const b = 1 + mu - eta * lambda;
    const root = Math.sqrt(b * b - 4 * mu);
    const [z1, z2] = [(b + root) / 2, (b - root) / 2];
    const c1 = (1 - eta * lambda - z2) / (z1 - z2);
    expect(trainee.parameters[0]).toBeCloseTo(c1 * z1 ** steps + (1 - c1) * z2 ** steps, 13);
  });

  it("follows x₊ = (1 + μ)(1 − ηλ)x − μ(1 − ηλ)x₋ with Nesterov's momentum", () => {
    const [lambda, eta, mu, steps] = [0.5, 0.05, 0.5, 40];
    const trainee = vectorTrainee(quadratic([lambda], Float64Array.of(1)));
    const shrink = 1 - eta * lambda;
    // The first step finds the velocity at rest.
    let [before, now] = [1, 1 - eta * (1 + mu) * lambda];
    for (let t = 0; t < steps; t++) {
      trainee.step(one, { ...plain, learningRate: eta, optimizer: { kind: "nesterov", momentum: mu } });
      expect(trainee.parameters[0]).toBeCloseTo(now, 13);
      [before, now] = [now, (1 + mu) * shrink * now - mu * shrink * before];
    }
  });

  it("scales the mean gradient to the clipping norm when it is longer, and leaves it alone otherwise", () => {
    const start = Float64Array.of(3, 4);
    const moved = (clipNorm: number): number[] => {
      const trainee = vectorTrainee(quadratic([2, 2], start));
      trainee.step(one, { learningRate: 1, optimizer: { kind: "sgd" }, clipNorm, divisor: 2 });
      return [start[0]! - trainee.parameters[0]!, start[1]! - trainee.parameters[1]!];
    };
    expect(moved(Infinity)).toEqual([3, 4]);
    expect(moved(5)).toEqual([3, 4]);
    const clipped = moved(1);
    expect(clipped[0]).toBeCloseTo(0.6, 14);
    expect(clipped[1]).toBeCloseTo(0.8, 14);
  });

  it("moves by −η∇L on average, with covariance η²pΣ (with and without replacement) or η²p_BΣ₁ (Bernoulli)", () => {
    const [n, B, eta, draws] = [5, 2, 1, 60_000];
    const problem = leastSquares(n, 1, 4);
    const gradients = Array.from({ length: n }, (_, i) => {
      const out = new Float64Array(1);
      problem.gradient(problem.parameters, Int32Array.of(i), out);
      return out[0]!;
    });
    const mean = gradients.reduce((a, b) => a + b) / n;
    const secondMoment = gradients.reduce((sum, g) => sum + g * g, 0) / n;
    const variance = secondMoment - mean * mean;
    const expected: Partial<Record<Sampling, number>> = {
      "with-replacement": variance / B,
      "without-replacement": (variance * (n - B)) / (B * (n - 1)),
      bernoulli: secondMoment * (1 / B - 1 / n),
    };
    for (const [kind, covariance] of Object.entries(expected) as [Sampling, number][]) {
      const stream = sampler(kind, n, B, seededRandom(11));
      const moves = new Float64Array(draws);
      for (let t = 0; t < draws; t++) {
        const trainee = vectorTrainee(problem);
        const batch = stream.next();
        trainee.step(batch, { ...plain, learningRate: eta, divisor: stream.divisor(batch) });
        moves[t] = problem.parameters[0]! - trainee.parameters[0]!;
      }
      const average = moves.reduce((a, b) => a + b) / draws;
      const squares = moves.map((move) => (move - eta * mean) ** 2);
      const spread = squares.reduce((a, b) => a + b) / draws;
      const fourth = squares.reduce((sum, s) => sum + (s - spread) ** 2, 0) / draws;
      expect(Math.abs(average - eta * mean)).toBeLessThan(5 * Math.sqrt(covariance / draws));
      expect(Math.abs(spread - eta * eta * covariance)).toBeLessThan(5 * Math.sqrt(fourth / draws));
    }
  });

  it("stays put on an empty batch, but for momentum", () => {
    const trainee = vectorTrainee(quadratic([1], Float64Array.of(1)));
    trainee.step(new Int32Array(0), { learningRate: 0.5, ...plain });
    expect(trainee.parameters[0]).toBe(1);
    trainee.step(one, { ...plain, learningRate: 0.5, optimizer: { kind: "heavy-ball", momentum: 0.5 } });
    trainee.step(new Int32Array(0), { ...plain, learningRate: 0.5, optimizer: { kind: "heavy-ball", momentum: 0.5 } });
    expect(trainee.parameters[0]).toBe(1 - 0.5 - 0.25);
  });

  it("leaves the caller's array alone and refuses an empty one", () => {
    const start = Float64Array.of(1);
    vectorTrainee(quadratic([1], start)).step(one, { learningRate: 0.5, ...plain });
    expect(start[0]).toBe(1);
    expect(() => vectorTrainee(quadratic([], new Float64Array(0)))).toThrow(
      expect.objectContaining({ code: "INVALID_PARAMETERS" }),
    );
  });

  it("refuses a snapshot of another length or type", () => {
    const trainee = vectorTrainee(quadratic([1], Float64Array.of(1)));
    for (const arrays of [
      {},
      { parameters: { shape: [2], data: new Float64Array(2) } },
      { parameters: { shape: [1], data: new Float32Array(1) } },
    ])
      expect(() => trainee.restore(arrays)).toThrow(expect.objectContaining({ code: "INVALID_CHECKPOINT" }));
  });
});
