import { describe, expect, it } from "vitest";
import { scheduler, type ProbeSchedule } from "../../src/probe/schedule.js";

/** Seconds of an evaluation of the model. */
const pass = 0.001;

/** A training of so many steps with checks, where a step takes 1 s and works take what `costs` says; when they were measured. */
function simulate(
  costs: readonly number[],
  schedule: ProbeSchedule,
  { steps = 10_000, checkEvery = 100, passes = costs.map((cost) => cost / pass), first = 0 } = {},
): { at: number[][]; summary: ReturnType<ReturnType<typeof scheduler>["summary"]>; worst: number } {
  let now = 5;
  const plan = scheduler(
    passes.map((each) => ({ passes: each })),
    schedule,
    () => now,
  );
  const at = costs.map((): number[] => []);
  let [probing, worst] = [0, 0];
  for (let step = first; step <= first + steps; step++) {
    const checked = step % checkEvery === 0;
    if (plan.needsPass(step, checked)) {
      now += pass;
      probing += pass;
      plan.passed(now - pass);
    }
    for (const work of plan.due(step, checked)) {
      const since = now;
      now += costs[work]!;
      probing += costs[work]!;
      plan.spent(work, since);
      at[work]!.push(step);
    }
    if (step > first) worst = Math.max(worst, probing / (step - first));
    now += 1;
  }
  return { at, summary: plan.summary(), worst };
}

describe("the schedule of probes", () => {
  it("stays below its overhead all along, and uses most of it", () => {
    const { at, worst, summary } = simulate([2, 29.99], { overhead: 0.05 });
    expect(worst).toBeLessThanOrEqual(0.05);
    expect(summary.probeSeconds / summary.trainingSeconds).toBeGreaterThan(0.049);
    // Of the 5 s from check to check the cheap one takes 2.
    expect(at[0]).toEqual(Array.from({ length: 100 }, (_, k) => 100 * (k + 1)));
    expect(at[1]).toEqual(Array.from({ length: 10 }, (_, k) => 1000 * (k + 1)));
    expect(summary.measurements).toEqual([100, 10]);
  });

  it("gives equal shares to those that would all take more, and what is left to none that does not fit", () => {
    const { at, worst } = simulate([20, 30, 5000], { overhead: 0.05 });
    expect(worst).toBeLessThanOrEqual(0.05);
    expect(at.map(({ length }) => length)).toEqual([12, 8, 0]);
  });

  it("comes back below after a first measurement that took longer than was guessed", () => {
    const { at, summary } = simulate([60], { overhead: 0.05 }, { passes: [1 / pass] });
    expect(at[0]!.slice(0, 2)).toEqual([100, 2500]);
    expect(summary.probeSeconds / summary.trainingSeconds).toBeLessThanOrEqual(0.05);
  });

  it("does not begin what does not fit, and says what it would take", () => {
    const { at, summary } = simulate([1000], { overhead: 0.05 }, { steps: 5000 });
    expect(at).toEqual([[]]);
    expect(summary.expectedSeconds[0]).toBeCloseTo(1000, 0);
  });

  it("measures at fixed steps, checks or not, whatever it costs", () => {
    const { at } = simulate([1e6, 1], { every: 70 }, { steps: 200 });
    expect(at).toEqual([
      [0, 70, 140],
      [0, 70, 140],
    ]);
  });

  it("of a resumed training counts from where it goes on", () => {
    const { at, worst } = simulate([9], { overhead: 0.1 }, { first: 50_000, steps: 1000 });
    expect(at[0]).toEqual([50_100, 50_200, 50_300, 50_400, 50_500, 50_600, 50_700, 50_800, 50_900, 51_000]);
    expect(worst).toBeLessThanOrEqual(0.1);
  });
});
