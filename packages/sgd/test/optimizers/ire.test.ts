import { seededRandom } from "@sgdscope/random";
import { preconditionerOf, sampler, vectorTrainee, type Optimizer, type StepOptions } from "@sgdscope/sgd";
import { describe, expect, it } from "vitest";
import { leastSquares, quadratic } from "../problems.js";

const one = Int32Array.of(0);
const full = (optimizer: Optimizer, learningRate = 0.01): StepOptions => ({
  learningRate,
  optimizer,
  clipNorm: Infinity,
  divisor: 1,
});
const P = (
  optimizer: Optimizer,
  arrays: Awaited<ReturnType<ReturnType<typeof vectorTrainee>["snapshot"]>>,
): number[] => [...(preconditionerOf(optimizer, arrays)!["parameters"]!.data as Float64Array)];

describe("IRE", () => {
  it.each([
    { prog: 2, rank: 0.3, momentum: 0, weightDecay: 0 },
    { prog: 4, rank: 0.5, momentum: 0.8, weightDecay: 0.1 },
  ])("steps 1 + prog times as far along all but the share rank of largest g² of every tenth batch: %j", (settings) => {
    const problem = leastSquares(9, 10, 5);
    const stream = sampler("without-replacement", 9, 3, seededRandom(2));
    const trainee = vectorTrainee(problem);
    let theta = [...problem.parameters];
    let velocity = theta.map(() => 0);
    let flat: boolean[] = [];
    for (let t = 0; t < 35; t++) {
      const batch = Int32Array.from(stream.next());
      const gradient = new Float64Array(10);
      problem.gradient(Float64Array.from(theta), batch, gradient);
      if (t % 10 === 0) {
        const order = [...gradient.keys()].sort((a, b) => gradient[b]! ** 2 - gradient[a]! ** 2);
        const sharp = order.slice(0, Math.round(settings.rank * 10));
        flat = theta.map((_, k) => !sharp.includes(k));
      }
      velocity = velocity.map((m, k) => settings.momentum * m + gradient[k]! / 3 + settings.weightDecay * theta[k]!);
      theta = theta.map((value, k) => value - 0.01 * (flat[k]! ? 1 + settings.prog : 1) * velocity[k]!);
      trainee.step(batch, { ...full({ kind: "ire", ...settings }), divisor: 3 });
      theta.forEach((value, k) => expect(trainee.parameters[k]).toBeCloseTo(value, 12));
    }
  });

  it("has 2 and 0.2 by default, and is SGD without prog", () => {
    const after = (optimizer: Optimizer): Float64Array => {
      const trainee = vectorTrainee(leastSquares(1, 5, 4));
      for (let t = 0; t < 12; t++) trainee.step(one, full(optimizer));
      return trainee.parameters;
    };
    expect(after({ kind: "ire" })).toEqual(after({ kind: "ire", prog: 2, rank: 0.2, momentum: 0 }));
    expect(after({ kind: "ire", prog: 0 })).toEqual(after({ kind: "sgd" }));
    expect(after({ kind: "ire", prog: 0, momentum: 0.9 })).toEqual(after({ kind: "heavy-ball", momentum: 0.9 }));
    expect(after({ kind: "ire" })).not.toEqual(after({ kind: "sgd" }));
  });

  it("has a positive preconditioner, by which its next step is divided until the mask is chosen anew", async () => {
    const optimizer = { kind: "ire", prog: 3, rank: 0.5 } as const;
    const eigenvalues = [3, 1, 0.2, 0.1];
    const trainee = vectorTrainee(quadratic(eigenvalues, Float64Array.of(1, -2, 0.5, 1)));
    expect(preconditionerOf(optimizer, await trainee.snapshot())).toBeUndefined();
    trainee.step(one, full(optimizer));
    for (let t = 1; t < 10; t++) {
      const preconditioner = P(optimizer, await trainee.snapshot());
      expect(preconditioner).toEqual([1, 1, 0.25, 0.25]);
      const before = Float64Array.from(trainee.parameters);
      trainee.step(one, full(optimizer));
      before.forEach((x, k) =>
        expect(x - trainee.parameters[k]!).toBeCloseTo((0.01 * eigenvalues[k]! * x) / preconditioner[k]!, 14),
      );
    }
  });

  it("takes coordinates as sharp as the first flat one for flat, and leaves none without one", async () => {
    const mask = async (eigenvalues: number[], rank: number): Promise<number[]> => {
      const trainee = vectorTrainee(quadratic(eigenvalues, new Float64Array(eigenvalues.length).fill(1)));
      trainee.step(one, full({ kind: "ire", rank }));
      return [...(await trainee.snapshot())["flat-mask"]!.data];
    };
    expect(await mask([1, 2, 2, 2, 0], 0.4)).toEqual([1, 1, 1, 1, 1]);
    expect(await mask([1, 3, 2, 2, 0], 0.4)).toEqual([1, 0, 1, 1, 1]);
    expect(await mask([1, 3, 2], 0.99)).toEqual([1, 0, 0]);
    expect(await mask([1, 3, 2], 0)).toEqual([1, 1, 1]);
    expect(await mask([0, 0, 0], 0.4)).toEqual([0, 0, 0]);
  });

  it("keeps its mask where a batch is empty", async () => {
    const optimizer = { kind: "ire", rank: 0.5 } as const;
    const trainee = vectorTrainee(quadratic([3, 1], Float64Array.of(1, 1)));
    for (let t = 0; t < 10; t++) trainee.step(one, full(optimizer));
    trainee.step(new Int32Array(0), full(optimizer));
    expect([...(await trainee.snapshot())["flat-mask"]!.data]).toEqual([0, 1]);
  });
});
