import { preconditionerOf, vectorTrainee, type Optimizer } from "@sgdscope/sgd";
import { describe, expect, it } from "vitest";
import { quadratic } from "../problems.js";

const one = Int32Array.of(0);
const plain = { momentum: 0, clipNorm: Infinity, divisor: 1, learningRate: 0.01 };

describe("the preconditioner that an adaptive optimizer steps by", () => {
  it.each<[string, Optimizer]>([
    ["Adam", { kind: "adam", beta1: 0, beta2: 0.9, epsilon: 1e-3 }],
    ["RMSprop", { kind: "rmsprop", alpha: 0.9, epsilon: 1e-3 }],
    ["centred RMSprop", { kind: "rmsprop", alpha: 0.9, epsilon: 1e-3, centered: true }],
  ])("of %s: the last step is ηg/P", async (_, optimizer) => {
    const eigenvalues = [4, 1, 0.25];
    const trainee = vectorTrainee(quadratic(eigenvalues, Float64Array.of(1, -2, 3)));
    let before = trainee.parameters.slice();
    for (let t = 0; t < 7; t++) {
      before = trainee.parameters.slice();
      trainee.step(one, { ...plain, optimizer });
    }
    const P = preconditionerOf(optimizer, await trainee.snapshot())![""]!;
    eigenvalues.forEach((lambda, k) => {
      const step = (plain.learningRate * lambda * before[k]!) / P[k]!;
      expect(trainee.parameters[k]).toBeCloseTo(before[k]! - step, 13);
    });
  });

  it("is none of SGD, and refused where nothing has been stepped", async () => {
    const trainee = vectorTrainee(quadratic([1], Float64Array.of(1)));
    const snapshot = await trainee.snapshot();
    expect(preconditionerOf({ kind: "heavy-ball", momentum: 0.9 }, snapshot)).toBeUndefined();
    expect(() => preconditionerOf({ kind: "adam" }, snapshot)).toThrow(
      expect.objectContaining({ code: "INVALID_CHECKPOINT" }) as Error,
    );
  });
});
