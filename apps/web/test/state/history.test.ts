import { describe, expect, it } from "vitest";
import { appended, horizon } from "../../src/state/history.js";
import type { Measurement } from "../../src/study/measure.js";

const at = (step: number): Measurement => ({ step, edgeRatio: step }) as Measurement;

describe("the history", () => {
  it("keeps its ends, its order and both sides of a change when it is thinned", () => {
    let history: readonly Measurement[] = [];
    for (let step = 0; step < 10_000; step++) history = appended(history, step === 77 ? [at(77), at(77)] : [at(step)]);
    const steps = history.map(({ step }) => step);
    expect(steps.length).toBeLessThanOrEqual(2000);
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(9999);
    expect(steps.filter((step) => step === 77)).toHaveLength(2);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it("is the same object when nothing comes", () => {
    const history = [at(1)];
    expect(appended(history, [])).toBe(history);
  });
});

it.each([0, 5999, 6001, 9990, 123_456, 200_000])("spans %i steps with little more than that", (step) => {
  const end = horizon(step, "two-layer-relu");
  expect(end).toBeGreaterThanOrEqual(step);
  expect(end).toBeLessThanOrEqual(Math.max(6000, 2 * step));
});
