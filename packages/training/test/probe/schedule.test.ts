import { describe, expect, it } from "vitest";
import { scheduler, type ProbeSchedule } from "../../src/probe/schedule.js";

/** A training of so many steps with checks, where a step takes 1 s and works take what `costs` says; when they were measured. */
function simulate(
  costs: readonly number[],
  schedule: ProbeSchedule,
  { steps = 10_000, checkEvery = 100, passes = costs, first = 0 } = {},
): { at: number[][]; summary: ReturnType<ReturnType<typeof scheduler>["summary"]>; worst: number } {
  let now = 5;
  const plan = scheduler(
    passes.map((each) => ({ passes: each })),
    schedule,
    { examples: 30, batchSize: 10 },
    () => now,
  );
  const at = costs.map((): number[] => []);
  let [probing, worst] = [0, 0];
  for (let step = first; step <= first + steps; step++) {
    for (const work of plan.due(step, step % checkEvery === 0)) {
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
    const { at, worst, summary } = simulate([2, 30], { overhead: 0.05 });
    expect(worst).toBeLessThanOrEqual(0.05);
    expect(summary.probeSeconds / summary.trainingSeconds).toBeGreaterThan(0.04);
    // 2.5 s of 100 are its share.
    expect(at[0]).toEqual(Array.from({ length: 100 }, (_, k) => 100 * (k + 1)));
    expect(at[1]).toHaveLength(8);
    expect(summary.measurements).toEqual([100, 8]);
  });

  it("comes back below after a first measurement that took longer than was guessed", () => {
    const { at, summary } = simulate([60], { overhead: 0.05 }, { passes: [1] });
    expect(at[0]!.slice(0, 2)).toEqual([100, 2400]);
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
    const { at, worst } = simulate([10], { overhead: 0.1 }, { first: 50_000, steps: 1000 });
    expect(at[0]).toEqual([50_100, 50_200, 50_300, 50_400, 50_500, 50_600, 50_700, 50_800, 50_900, 51_000]);
    expect(worst).toBeLessThanOrEqual(0.1);
  });
});
