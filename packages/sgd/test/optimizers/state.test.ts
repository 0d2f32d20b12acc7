import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vectorTrainee, type Optimizer } from "@sgdscope/sgd";
import { wholePower } from "../../src/optimizers/state.js";
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
