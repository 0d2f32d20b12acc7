import { describe, expect, it } from "vitest";
import { preconditionerOf, vectorTrainee, type Optimizer } from "@sgdscope/sgd";
import { quadratic } from "../problems.js";

const one = Int32Array.of(0);

describe("preconditionerOf", () => {
  it.each<[Optimizer, (t: number) => number]>([
    [{ kind: "adam", beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }, (t) => 1 - 0.8 ** t],
    [{ kind: "rmsprop", alpha: 0.9, momentum: 0 }, () => 1],
    [{ kind: "rmsprop", alpha: 0.9, centered: true, epsilon: 0.1 }, () => 1],
  ])("is what the step of %j was divided by", async (optimizer, correction) => {
    const eigenvalues = [3, 1, 0.2];
    const trainee = vectorTrainee(quadratic(eigenvalues, Float64Array.of(1, -2, 0.5)));
    for (let t = 1; t <= 12; t++) {
      const before = Float64Array.from(trainee.parameters);
      trainee.step(one, { learningRate: 0.05, optimizer, clipNorm: Infinity, divisor: 1 });
      const arrays = await trainee.snapshot();
      const { parameters } = preconditionerOf(optimizer, arrays)!;
      const m = arrays["first-moment"]?.data ?? before.map((x, k) => eigenvalues[k]! * x);
      before.forEach((x, k) => {
        const step = (0.05 * m[k]!) / correction(t) / (parameters!.data as Float64Array)[k]!;
        expect(x - trainee.parameters[k]!).toBeCloseTo(step, 14);
      });
    }
  });

  it("is that of each parameter in the type of its snapshot", () => {
    const data = Float32Array.of(4, 9);
    const found = preconditionerOf(
      { kind: "rmsprop", epsilon: 1 },
      { "parameters/w": { shape: [2], data }, "square-average/w": { shape: [2], data } },
    );
    expect(found).toEqual({ w: { shape: [2], data: Float32Array.of(3, 4) } });
  });

  it("is none of SGD, and none before the first step", async () => {
    const trainee = vectorTrainee(quadratic([1], Float64Array.of(1)));
    expect(preconditionerOf({ kind: "adam" }, await trainee.snapshot())).toBeUndefined();
    trainee.step(one, { learningRate: 0.1, optimizer: { kind: "nesterov", momentum: 0.5 }, clipNorm: 1, divisor: 1 });
    expect(preconditionerOf({ kind: "nesterov", momentum: 0.5 }, await trainee.snapshot())).toBeUndefined();
  });
});
