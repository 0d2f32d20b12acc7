import { enoughOverhead } from "./enough.js";
import { minus, plus, times, type Seconds } from "./seconds.js";
import { turns } from "./turns.js";

/** When to measure. */
export type ProbeSchedule =
  /** Every so many steps, from step 0. */
  | { every: number; overhead?: undefined }
  /** At checks of the loss, as often as keeps the time of probes below this share of the time of steps. */
  | { overhead: number; every?: undefined };

/** Something that is scheduled by itself. */
export interface ScheduledWork {
  /** Its cost before it was measured, as a share of an evaluation of the model on all examples. */
  passes: number;
}

/** Says what is due, and learns what it costs. */
export interface Scheduler {
  /** Which works are due, by index; asked once at each step. */
  due(step: number, checked: boolean): number[];
  /** Whether it must know what an evaluation of the model on all examples costs, before it can guess what a first measurement does. */
  needsPass(step: number, checked: boolean): boolean;
  /** A reading of the clocks. */
  now(): Seconds;
  /** Counts such an evaluation, which began at a reading of the clocks. */
  passed(since: Seconds): void;
  /** Learns what a measurement costs, which is part of a visit. */
  spent(work: number, since: Seconds): void;
  /** Counts all that one step had measured took, from a reading of the clocks on. */
  visited(since: Seconds): void;
  summary(): ScheduleSummary;
}

/** What a schedule came to, in seconds by each clock. */
export interface ScheduleSummary {
  /** Of the steps, with what first measurements of probes cost them. */
  training: Seconds;
  /** In probes. */
  probes: Seconds;
  /** The same with what their first measurements may have cost the steps after them: what an overhead is kept by. */
  charged: Seconds;
  measurements: number[];
  /** What one measurement of each takes; undefined where nothing is known. */
  expected: (Seconds | undefined)[];
  /** An overhead at which each would have been measured; undefined where nothing is known, and of fixed steps. */
  enough: number | undefined;
}

/**
 * A first measurement counts this much of its own time. It makes the engine compile its code, and anew that of the steps, through which
 * other shapes came: the steps after it pay for that, where no clock tells it apart. Whole processes took 1.4 to 2.3 times its own time.
 */
export const firstTimes = 2.5;

/**
 * A schedule on clocks. With an overhead the work that would have taken least in all comes next, as soon as there is room for it, and at
 * most once per check: cheap ones are measured at every check, dear ones with what is left, and one whose first measurement would not fit
 * is not begun.
 *
 * @param clocks - Seconds, each with a room of its own: of the processor, where the machine is shared, and of the day, which a probe takes
 * more of that keeps fewer cores busy than steps do. The first says who is next.
 */
export function scheduler(
  works: readonly ScheduledWork[],
  schedule: ProbeSchedule,
  clocks: readonly (() => number)[],
): Scheduler {
  const now = (): Seconds => clocks.map((clock) => clock());
  const since = (then: Seconds): Seconds => minus(now(), then);
  const none = clocks.map(() => 0);
  const begin = now();
  const measurements = works.map(() => 0);
  const spent = works.map((): Seconds => none);
  const first = works.map((): Seconds | undefined => undefined);
  const last = works.map((): Seconds | undefined => undefined);
  let probes: Seconds = none;
  let after: Seconds = none;
  let checks = 0;
  let firstStep: number | undefined;
  let pass: Seconds | undefined;

  const charged = (): Seconds => plus(probes, after);
  /** What the steps would have taken without probes. */
  const alone = (): Seconds => minus(since(begin), charged());
  const all = works.map((_, work) => work);
  const guess = (work: number): Seconds | undefined => pass && times(pass, works[work]!.passes);
  const firstOf = (work: number): Seconds | undefined => {
    const once = first[work] ?? guess(work);
    return once && times(once, firstTimes);
  };

  return {
    due(step, checked) {
      if (schedule.every !== undefined) return step % schedule.every === 0 ? all : [];
      if (!checked || pass === undefined) return [];
      checks++;
      return turns(
        all.map((work) => ({ spent: spent[work]!, next: last[work] ?? firstOf(work) })),
        minus(times(alone(), schedule.overhead), charged()),
      );
    },
    needsPass(step, checked) {
      firstStep ??= step;
      // The first evaluations are slower than all others.
      return schedule.every === undefined && pass === undefined && checked && step > firstStep;
    },
    now,
    passed(then) {
      pass = since(then);
      probes = plus(probes, pass);
    },
    spent(work, then) {
      const taken = since(then);
      const extra = times(taken, first[work] === undefined ? firstTimes - 1 : 0);
      first[work] ??= taken;
      last[work] = taken;
      spent[work] = plus(spent[work]!, plus(taken, extra));
      after = plus(after, extra);
      measurements[work]!++;
    },
    visited(then) {
      probes = plus(probes, since(then));
    },
    summary() {
      const expected = all.map((work) => last[work] ?? guess(work));
      const costs = all.flatMap((work) => {
        const [once, more] = [firstOf(work), expected[work]];
        return once === undefined || more === undefined ? [] : [{ first: once, more }];
      });
      const enough =
        schedule.every !== undefined || costs.length < works.length
          ? undefined
          : enoughOverhead({ costs, checks, training: alone() }, schedule.overhead);
      return {
        training: minus(since(begin), probes),
        probes,
        charged: charged(),
        measurements: [...measurements],
        expected,
        enough,
      };
    },
  };
}
