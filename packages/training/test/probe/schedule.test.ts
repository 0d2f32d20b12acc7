import { describe, expect, it } from "vitest";
import { firstTimes, scheduler, type ProbeSchedule, type ScheduleSummary } from "../../src/probe/schedule.js";

/** Seconds of an evaluation of the model. */
const pass = 0.001;

interface Simulated {
  steps?: number;
  checkEvery?: number;
  passes?: number[];
  first?: number;
  /** What the first measurement of each costs the step after it, in measurements. */
  after?: number;
  /** What more of the time of day probes take, as they leave cores idle. */
  idle?: number;
}

/**
 * A training of so many steps with checks, where a step takes 1 s and works take what `costs` says: when they were measured, and what all
 * that a training without probes would not have taken was, at worst, as a share of what that would have taken.
 */
function simulate(
  costs: readonly number[],
  schedule: ProbeSchedule,
  {
    steps = 10_000,
    checkEvery = 100,
    passes = costs.map((cost) => cost / pass),
    first = 0,
    after = firstTimes - 1,
    idle = 1,
  }: Simulated = {},
): { at: number[][]; summary: ScheduleSummary; worst: number } {
  let [processor, day] = [5, 7];
  const plan = scheduler(
    passes.map((each) => ({ passes: each })),
    schedule,
    [() => processor, () => day],
  );
  const at = costs.map((): number[] => []);
  let [probing, worst, debt] = [0, 0, 0];
  const probe = (seconds: number): void => {
    processor += seconds;
    day += idle * seconds;
    probing += idle * seconds;
  };
  for (let step = first; step <= first + steps; step++) {
    const checked = step % checkEvery === 0;
    if (plan.needsPass(step, checked)) {
      const since = plan.now();
      probe(pass);
      plan.passed(since);
    }
    const due = plan.due(step, checked);
    const begin = plan.now();
    for (const work of due) {
      const since = plan.now();
      const isFirst = at[work]!.length === 0;
      probe(costs[work]!);
      if (isFirst) debt += after * costs[work]!;
      plan.spent(work, since);
      at[work]!.push(step);
    }
    if (due.length > 0) plan.visited(begin);
    if (step > first) worst = Math.max(worst, (probing + debt) / (step - first));
    // What the first measurements left behind makes the next step slower.
    processor += 1 + debt;
    day += 1 + debt;
    probing += debt;
    debt = 0;
  }
  return { at, summary: plan.summary(), worst };
}

/** Every so many checks up to the last, from the first that had room. */
const everyChecks = (from: number, by: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, k) => from + k * by);

describe("the schedule of probes", () => {
  it("stays below its overhead all along, and uses most of it", () => {
    const { at, worst, summary } = simulate([2, 29], { overhead: 0.05 });
    expect(worst).toBeLessThanOrEqual(0.05);
    // What is left waits for a measurement of 29 s, of 500.
    expect(summary.charged[0]! / summary.training[0]!).toBeGreaterThan(0.05 - 29 / 10_000);
    // Of the 5 s from check to check the cheap one takes 2, when its first has been paid.
    expect(at[0]).toEqual(everyChecks(at[0]![0]!, 100, 10_000));
    expect(at[0]![0]).toBeLessThanOrEqual(200);
    expect(at[1]!.length).toBeGreaterThanOrEqual(8);
    expect(summary.measurements).toEqual(at.map(({ length }) => length));
  });

  it("gives equal shares to those that would all take more, and what is left to none that does not fit", () => {
    const { at, worst } = simulate([20, 30, 5000], { overhead: 0.05 });
    expect(worst).toBeLessThanOrEqual(0.05);
    const taken = [20, 30].map((cost, work) => cost * (at[work]!.length + firstTimes - 1));
    expect(taken).toEqual([250, 225]);
    expect(at[2]).toEqual([]);
  });

  it("counts what a first measurement costs the steps after it, where no clock tells it apart", () => {
    for (const after of [0, firstTimes - 1]) {
      const { worst, at } = simulate([3, 40], { overhead: 0.05 }, { after });
      expect(worst).toBeLessThanOrEqual(0.05);
      expect(at.every(({ length }) => length > 3)).toBe(true);
    }
  });

  it("keeps its overhead by every clock: that of the day too, which goes faster where probes leave cores idle", () => {
    const [busy, idle] = [1, 2].map((times) => simulate([2], { overhead: 0.05 }, { idle: times, checkEvery: 10 }));
    expect(idle!.worst).toBeLessThanOrEqual(0.05);
    expect(idle!.at[0]!.length / busy!.at[0]!.length).toBeCloseTo(0.5, 1);
    const shares = idle!.summary.charged.map((seconds, clock) => seconds / idle!.summary.training[clock]!);
    expect(shares[1]! / shares[0]!).toBeCloseTo(2, 2);
  });

  it("counts a visit in full, not its measurements alone", () => {
    let now = 0;
    const plan = scheduler([{ passes: 1 }], { every: 1 }, [() => now]);
    now = 100;
    const begin = plan.now();
    now += 2;
    const since = plan.now();
    now += 3;
    plan.spent(0, since);
    now += 4;
    plan.visited(begin);
    expect(plan.summary()).toMatchObject({ training: [100], probes: [9], charged: [9 + 3 * (firstTimes - 1)] });
  });

  it("comes back below after a first measurement that took longer than was guessed", () => {
    const { at, summary } = simulate([60], { overhead: 0.05 }, { passes: [1 / pass] });
    expect(at[0]!.slice(0, 2)).toEqual([100, 20 * 60 * (firstTimes + 1) + 100]);
    expect(summary.charged[0]! / summary.training[0]!).toBeLessThanOrEqual(0.05);
  });

  it("measures at fixed steps, checks or not, whatever it costs", () => {
    const { at, summary } = simulate([1e6, 1], { every: 70 }, { steps: 200 });
    expect(at).toEqual([
      [0, 70, 140],
      [0, 70, 140],
    ]);
    expect(summary.enough).toBeUndefined();
  });

  it("of a resumed training counts from where it goes on", () => {
    const { at, worst } = simulate([3], { overhead: 0.1 }, { first: 50_000, steps: 1000 });
    expect(at[0]).toEqual(everyChecks(50_100, 100, 51_000));
    expect(worst).toBeLessThanOrEqual(0.1);
  });
});

describe("what does not fit", () => {
  it("is not begun, and is told with what it would take", () => {
    const { at, summary } = simulate([1000], { overhead: 0.05 }, { steps: 5000 });
    expect(at).toEqual([[]]);
    expect(summary.expected[0]![0]).toBeCloseTo(1000, 0);
    expect(summary.enough! / ((1000 * firstTimes) / 5000)).toBeCloseTo(1, 1);
  });

  it.each([[[1000]], [[2, 300]], [[1, 30, 500, 500]], [[400, 500, 600]]])(
    "fits with the overhead that is told, and not with a little less: %j",
    (costs) => {
      const { at, summary } = simulate(costs, { overhead: 0.01 });
      expect(at.at(-1)).toEqual([]);
      const timesMeasured = (overhead: number): number[] =>
        simulate(costs, { overhead }).at.map(({ length }) => length);
      expect(Math.min(...timesMeasured(summary.enough! * 1.01))).toBeGreaterThan(0);
      expect(Math.min(...timesMeasured(summary.enough! * 0.97))).toBe(0);
    },
  );

  it("has no overhead that is enough where the training ends before its second check", () => {
    const { at, summary } = simulate([1], { overhead: 0.05 }, { steps: 50 });
    expect(at).toEqual([[]]);
    expect([summary.expected, summary.enough]).toEqual([[undefined], undefined]);
  });
});
