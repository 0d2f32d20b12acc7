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
  /** Counts such an evaluation, which began at a reading of the clock. */
  passed(since: number): void;
  /** Counts a measurement, which began at a reading of the clock. */
  spent(work: number, since: number): void;
  summary(): { trainingSeconds: number; probeSeconds: number; measurements: number[]; expectedSeconds: number[] };
}

/**
 * A schedule on a clock. With an overhead the work that would have taken least in all comes next, as soon as there is room for it, and at
 * most once per check: cheap ones are measured at every check, dear ones with what is left, and one whose first measurement would not fit
 * is not begun.
 *
 * @param clock - Seconds; of the processor, where the machine is shared.
 */
export function scheduler(works: readonly ScheduledWork[], schedule: ProbeSchedule, clock: () => number): Scheduler {
  const begin = clock();
  const measurements = works.map(() => 0);
  const seconds = works.map(() => 0);
  const last = works.map((): number | undefined => undefined);
  let firstStep: number | undefined;
  let pass: number | undefined;

  const total = (): number => seconds.reduce((sum, each) => sum + each, pass ?? 0);
  const trained = (): number => clock() - begin - total();
  const guess = (work: number): number => last[work] ?? works[work]!.passes * (pass ?? Infinity);
  const all = works.map((_, work) => work);

  return {
    due(step, checked) {
      if (schedule.every !== undefined) return step % schedule.every === 0 ? all : [];
      if (!checked) return [];
      const expected = all.map(guess);
      const finish = (work: number): number => seconds[work]! + expected[work]!;
      let room = schedule.overhead * trained() - total();
      const chosen: number[] = [];
      for (const work of all.toSorted((a, b) => finish(a) - finish(b))) {
        // The first that does not fit has the turn: what is dearer in all waits behind it.
        if (expected[work]! > room) break;
        room -= expected[work]!;
        chosen.push(work);
      }
      return chosen.sort((a, b) => a - b);
    },
    needsPass(step, checked) {
      firstStep ??= step;
      // The first evaluations are slower than all others.
      return schedule.every === undefined && pass === undefined && checked && step > firstStep;
    },
    passed(since) {
      pass = clock() - since;
    },
    spent(work, since) {
      last[work] = clock() - since;
      seconds[work]! += last[work];
      measurements[work]!++;
    },
    summary: () => ({
      trainingSeconds: trained(),
      probeSeconds: total(),
      measurements: [...measurements],
      expectedSeconds: all.map(guess),
    }),
  };
}
