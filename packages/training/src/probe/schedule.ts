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

/** What a schedule needs to know of a training to guess what a first measurement costs. */
export interface ScheduledTraining {
  examples: number;
  batchSize: number;
}

/** Says what is due, and learns what it costs. */
export interface Scheduler {
  /** Which works are due, by index; asked once at each step. */
  due(step: number, checked: boolean): number[];
  /** Counts a measurement, which began at a reading of the clock. */
  spent(work: number, since: number): void;
  summary(): { trainingSeconds: number; probeSeconds: number; measurements: number[]; expectedSeconds: number[] };
}

/**
 * A schedule on a clock. With an overhead each work has an equal share of it: cheap ones are measured at every check, dear ones seldom,
 * and one whose first measurement would not fit is not begun. A step counts as three evaluations of its batch for that guess.
 *
 * @param clock - Seconds; of the processor, where the machine is shared.
 */
export function scheduler(
  works: readonly ScheduledWork[],
  schedule: ProbeSchedule,
  { examples, batchSize }: ScheduledTraining,
  clock: () => number,
): Scheduler {
  const begin = clock();
  const measurements = works.map(() => 0);
  const seconds = works.map(() => 0);
  const last = works.map((): number | undefined => undefined);
  let firstStep: number | undefined;
  let steps = 0;

  const total = (): number => seconds.reduce((sum, each) => sum + each, 0);
  const trained = (): number => clock() - begin - total();
  const guess = (work: number): number => {
    const perPass = steps === 0 ? Infinity : (trained() / steps) * (examples / (3 * batchSize));
    return last[work] ?? works[work]!.passes * perPass;
  };
  const all = works.map((_, work) => work);

  return {
    due(step, checked) {
      firstStep ??= step;
      steps = step - firstStep;
      if (schedule.every !== undefined) return step % schedule.every === 0 ? all : [];
      if (!checked) return [];
      const share = (schedule.overhead * trained()) / works.length;
      return all.filter((work) => seconds[work]! + guess(work) <= share);
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
