import { seededRandom } from "@sgdscope/random";
import { sampler, vectorTrainee, type Optimizer, type StepOptions, type VectorProblem } from "@sgdscope/sgd";
import { describe, expect, it } from "vitest";
import { leastSquares, quadratic } from "../problems.js";

const one = Int32Array.of(0);
const full = (optimizer: Optimizer, learningRate = 0.1): StepOptions => ({
  learningRate,
  optimizer,
  clipNorm: Infinity,
  divisor: 1,
});

/** a·tanh(w·x) on three examples, its gradient by hand. */
const [X, y] = [
  [
    [1, -0.5],
    [0.3, 2],
    [-1.2, 0.4],
  ],
  [0.7, -1.1, 0.2],
];
const network: VectorProblem = {
  parameters: Float64Array.of(0.5, -0.8, 1.5),
  size: 3,
  gradient(theta, batch, out) {
    for (const i of batch) {
      const h = Math.tanh(theta[0]! * X[i]![0]! + theta[1]! * X[i]![1]!);
      const r = theta[2]! * h - y[i]!;
      for (const k of [0, 1]) out[k]! += r * theta[2]! * (1 - h * h) * X[i]![k]!;
      out[2]! += r * h;
    }
  },
  loss: () => 0,
};

const norm = (vector: readonly number[]): number => Math.hypot(...vector);

/** A path of SAM around a heavy ball, written out. */
function byHand(
  problem: VectorProblem,
  batches: readonly Int32Array[],
  settings: { learningRate: number; rho: number; momentum: number; weightDecay: number; clipNorm: number },
): number[] {
  const gradient = (at: readonly number[], batch: Int32Array): number[] => {
    const out = new Float64Array(at.length);
    problem.gradient(Float64Array.from(at), batch, out);
    return [...out].map((value) => value / batch.length);
  };
  let theta = [...problem.parameters];
  let velocity = theta.map(() => 0);
  for (const batch of batches) {
    const first = gradient(theta, batch);
    const second = gradient(
      theta.map((value, k) => value + (settings.rho * first[k]!) / norm(first)),
      batch,
    );
    const clip = Math.min(1, settings.clipNorm / norm(second));
    const direction = second.map((g, k) => clip * g + settings.weightDecay * theta[k]!);
    velocity = velocity.map((m, k) => settings.momentum * m + direction[k]!);
    theta = theta.map((value, k) => value - settings.learningRate * velocity[k]!);
  }
  return theta;
}

describe("SAM", () => {
  it.each([
    ["a quadratic", quadratic([3, 1, 0.2], Float64Array.of(1, -2, 0.5)), 1],
    ["least squares", leastSquares(7, 4, 5), 3],
    ["a small network", network, 2],
  ] as const)("steps by the gradient of the same batch at θ + ρg/‖g‖: %s", (_, problem, batchSize) => {
    for (const settings of [
      { learningRate: 0.05, rho: 0.05, momentum: 0, weightDecay: 0, clipNorm: Infinity },
      { learningRate: 0.05, rho: 0.3, momentum: 0, weightDecay: 0, clipNorm: 0.5 },
      { learningRate: 0.02, rho: 0.2, momentum: 0.9, weightDecay: 0.1, clipNorm: Infinity },
    ]) {
      const stream = sampler("without-replacement", problem.size, batchSize, seededRandom(2));
      const batches = Array.from({ length: 40 }, () => Int32Array.from(stream.next()));
      const trainee = vectorTrainee(problem);
      const { learningRate, clipNorm, ...rest } = settings;
      for (const batch of batches)
        trainee.step(batch, { learningRate, clipNorm, divisor: batchSize, optimizer: { kind: "sam", ...rest } });
      byHand(problem, batches, settings).forEach((value, k) => expect(trainee.parameters[k]).toBeCloseTo(value, 11));
    }
  });

  it("is 0.05 away by default, and SGD with no ascent", () => {
    const after = (optimizer: Optimizer): Float64Array => {
      const trainee = vectorTrainee(quadratic([3, 1], Float64Array.of(1, -2)));
      for (let t = 0; t < 5; t++) trainee.step(one, full(optimizer));
      return trainee.parameters;
    };
    expect(after({ kind: "sam" })).toEqual(after({ kind: "sam", rho: 0.05, momentum: 0 }));
    expect(after({ kind: "sam", rho: 0 })).toEqual(after({ kind: "sgd" }));
    expect(after({ kind: "sam", rho: 0, momentum: 0.9 })).toEqual(after({ kind: "heavy-ball", momentum: 0.9 }));
    expect(after({ kind: "sam" })).not.toEqual(after({ kind: "sgd" }));
  });

  it("stays where the gradient is 0, and on an empty batch", () => {
    const trainee = vectorTrainee(quadratic([3, 1], Float64Array.of(0, 0)));
    trainee.step(one, full({ kind: "sam" }));
    expect([...trainee.parameters].map(Math.abs)).toEqual([0, 0]);
    const other = vectorTrainee(quadratic([3, 1], Float64Array.of(1, 2)));
    other.step(new Int32Array(0), full({ kind: "sam" }));
    expect([...other.parameters]).toEqual([1, 2]);
  });

  it("takes over the velocity of a heavy ball, as SAM late in a training does", async () => {
    const trainee = vectorTrainee(quadratic([1], Float64Array.of(1)));
    trainee.step(one, full({ kind: "heavy-ball", momentum: 0.5 }));
    const [before, { velocity }] = [trainee.parameters[0]!, await trainee.snapshot()];
    trainee.step(one, full({ kind: "sam", rho: 0.2, momentum: 0.5 }));
    expect(trainee.parameters[0]).toBeCloseTo(before - 0.1 * (0.5 * velocity!.data[0]! + before + 0.2), 12);
  });
});
