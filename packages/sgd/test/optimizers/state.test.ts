import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vectorTrainee, type Optimizer } from "@sgdscope/sgd";
import { expectOptimizer } from "../../src/optimizers/optimizer.js";
import { fits, noState, wholePower } from "../../src/optimizers/state.js";
import { quadratic } from "../problems.js";

const one = Int32Array.of(0);
const step = (optimizer: Optimizer) => ({ learningRate: 0.1, optimizer, clipNorm: Infinity, divisor: 1 });

describe("what an optimizer keeps", () => {
  it("is left behind by another kind of optimizer, which starts afresh", async () => {
    const kinds: Optimizer[] = [
      { kind: "heavy-ball", momentum: 0.9 },
      { kind: "adam" },
      { kind: "rmsprop", momentum: 0.9 },
      { kind: "nesterov", momentum: 0.9 },
      { kind: "rmsprop", centered: true },
      { kind: "adam" },
    ];
    const trainee = vectorTrainee(quadratic([1, 2], Float64Array.of(1, -1)));
    for (const optimizer of kinds) {
      trainee.step(one, step(optimizer));
      const fresh = vectorTrainee(quadratic([1, 2], trainee.parameters));
      trainee.step(one, step(optimizer));
      // Two steps of one kind keep what one step of it kept: the second differs from a first one.
      fresh.step(one, step(optimizer));
      expect(fresh.parameters).not.toEqual(trainee.parameters);
    }
    const before = Float64Array.from(trainee.parameters);
    const other = vectorTrainee(quadratic([1, 2], before));
    trainee.step(one, step(kinds[0]!));
    other.step(one, step(kinds[0]!));
    expect(trainee.parameters).toEqual(other.parameters);
    expect(Object.keys(await trainee.snapshot())).toEqual(["parameters", "velocity"]);
  });

  it("moves on an empty batch where the rule says so", () => {
    const moved = (optimizer: Optimizer): number => {
      const trainee = vectorTrainee(quadratic([1], Float64Array.of(1)));
      trainee.step(new Int32Array(0), step(optimizer));
      return 1 - trainee.parameters[0]!;
    };
    expect(moved({ kind: "sgd" })).toBe(0);
    expect(moved({ kind: "adam" })).toBe(0);
    expect(moved({ kind: "sgd", weightDecay: 0.5 })).toBeCloseTo(0.05, 15);
    expect(moved({ kind: "adam", weightDecay: 0.5 })).toBeCloseTo(0.1, 7);
  });
});

it("whole powers are those of Math.pow to rounding", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 1_000_000 }),
      (base, exponent) => {
        const expected = base ** exponent;
        expect(Math.abs(wholePower(base, exponent) - expected)).toBeLessThanOrEqual(1e-9 * expected + 1e-300);
      },
    ),
  );
});

it("a state fits the optimizers that keep such arrays, and none fits all", () => {
  const state = (...names: string[]) => ({ steps: 0, slots: Object.fromEntries(names.map((name) => [name, 0])) });
  for (const kind of ["sgd", "ema", "adam", "rmsprop"]) expect(fits(kind, noState())).toBe(true);
  expect(fits("nesterov", state("velocity"))).toBe(true);
  expect(fits("adam", state("velocity"))).toBe(false);
  expect(fits("rmsprop", state("velocity"))).toBe(false);
  expect(fits("rmsprop", state("velocity", "square-average"))).toBe(true);
  expect(fits("heavy-ball", state("velocity", "square-average"))).toBe(false);
  expect(fits("adam", state("first-moment", "second-moment"))).toBe(true);
  expect(fits("ire", state("velocity"))).toBe(false);
  expect(fits("ire", state("velocity", "flat-mask"))).toBe(true);
  expect(fits("heavy-ball", state("velocity", "flat-mask"))).toBe(false);
});

it("RMSprop keeps a velocity with momentum only, and a mean where it is centred only", async () => {
  const kept = async (optimizer: Optimizer): Promise<string[]> => {
    const trainee = vectorTrainee(quadratic([1], Float64Array.of(1)));
    trainee.step(one, step(optimizer));
    return Object.keys(await trainee.snapshot()).slice(1);
  };
  expect(await kept({ kind: "rmsprop" })).toEqual(["square-average"]);
  expect(await kept({ kind: "rmsprop", momentum: 0.5 })).toEqual(["velocity", "square-average"]);
  expect(await kept({ kind: "rmsprop", centered: true })).toEqual(["square-average", "gradient-average"]);
});

describe("expectOptimizer", () => {
  it.each<[Optimizer, string]>([
    [{ kind: "sgd", weightDecay: Infinity }, "weightDecay in [0, ∞), got Infinity"],
    [{ kind: "heavy-ball", momentum: 1 }, "momentum in (-1, 1), got 1"],
    [{ kind: "nesterov", momentum: -0.5 }, "momentum in [0, 1), got -0.5"],
    [{ kind: "heavy-ball", momentum: 0.5, dampening: -0.1 }, "dampening in [0, 1], got -0.1"],
    [{ kind: "adam", beta1: 1 }, "beta1 in [0, 1), got 1"],
    [{ kind: "adam", beta2: 1 }, "beta2 in [0, 1), got 1"],
    [{ kind: "rmsprop", alpha: 1 }, "alpha in [0, 1), got 1"],
    [{ kind: "sam", rho: -1 }, "rho in [0, ∞), got -1"],
    [{ kind: "sam", rho: NaN }, "rho in [0, ∞), got NaN"],
    [{ kind: "ire", prog: -1 }, "prog in [0, ∞), got -1"],
    [{ kind: "ire", rank: 1 }, "rank in [0, 1), got 1"],
    [{ kind: "ire", momentum: -0.1 }, "momentum in [0, 1), got -0.1"],
    [{ kind: "sam", momentum: 1 }, "momentum in [0, 1), got 1"],
    [{ kind: "adam", epsilon: -1 }, "epsilon in [0, ∞), got -1"],
  ])("refuses %j by the name of the setting", (optimizer, message) => {
    expect(() => expectOptimizer("train", optimizer)).toThrow(`train: expected ${message}`);
  });

  it.each<Optimizer>([
    { kind: "heavy-ball", momentum: -0.5, dampening: 1 },
    { kind: "ema", momentum: -0.5 },
    { kind: "nesterov", momentum: 0 },
    { kind: "adam", beta1: 0, beta2: 0, epsilon: 0 },
    { kind: "sam", rho: 0, momentum: 0 },
    { kind: "ire", prog: 0, rank: 0, momentum: 0 },
  ])("accepts the ends of the ranges: %j", (optimizer) => {
    expect(() => expectOptimizer("train", optimizer)).not.toThrow();
  });

  it("names the kinds there are where it is given none of them", () => {
    for (const wrong of [undefined, {}, { kind: "adagrad" }])
      expect(() => expectOptimizer("train", wrong as unknown as Optimizer)).toThrow(
        "train: expected optimizer.kind sgd, heavy-ball, nesterov, ema, adam, rmsprop, sam, ire, got ",
      );
  });
});
