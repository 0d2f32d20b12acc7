import { TrainingError } from "../errors.js";
import { isClosedForm, type Subject } from "../subject.js";
import type { TrainingTask } from "../task.js";
import { probes } from "./all.js";
import { probeIds, type ProbeId, type ProbeNumbers } from "./numbers.js";
import { probePoint } from "./point.js";
import type { Probe } from "./probe.js";
import { scheduler, type ProbeSchedule } from "./schedule.js";

/** What is measured along a training, and when. */
export type ProbeOptions = ProbeSchedule & {
  /** At least one. */
  ids: readonly ProbeId[];
  /** Clocks in seconds, by each of which `overhead` is kept; the first is that of the summary. Default the time of day. */
  clocks?: readonly (() => number)[];
};

/** What probes along a training came to. */
export interface ProbeSummary {
  /** Seconds of the first clock in the training itself, and in its probes. */
  trainingSeconds: number;
  probeSeconds: number;
  /** The share of probes in the time of the steps, at most: by any clock, with what first measurements may have cost the steps after them. */
  share: number;
  /** How often each was measured. */
  measurements: Partial<Record<ProbeId, number>>;
  /** Points at which one could not be measured, with what was said at the last. */
  failed: Partial<Record<ProbeId, { times: number; reason: string }>>;
  /** Those that did not fit into the overhead even once, and roughly the seconds that one measurement takes, where that is known. */
  left: Partial<Record<ProbeId, number | undefined>>;
  /** An overhead at which a training like this one has room for all of them; undefined where nothing is known. */
  enough: number | undefined;
}

/** The probes of one training, as it goes. */
export interface AlongTraining {
  /** Whether something is to be measured; asked once at each step. */
  due(step: number, checked: boolean): boolean;
  /** Measures what is due. A loss that is not finite is not measured. */
  measure(step: number, loss: number): Promise<ProbeNumbers>;
  summary(): ProbeSummary;
}

/** Seconds of the time of day. */
export const timeOfDay = (): number => performance.now() / 1000;

/**
 * Probes for a training. They draw from generators of their own and change nothing: a training is the same with them and without.
 *
 * @throws TrainingError as {@link expectProbes}.
 */
export function probesAlong(subject: Subject, task: TrainingTask, options: ProbeOptions): AlongTraining {
  const { ids, clocks = [timeOfDay] } = options;
  expectProbes(task, options);
  const chosen = probeIds.filter((id) => ids.includes(id)).map((id) => probes[id]);
  const works = together(chosen);
  const schedule = scheduler(
    works.map((work) => ({ passes: Math.max(...work.map((probe) => probe.passes(subject, task))) })),
    options,
    clocks,
  );
  const failed: ProbeSummary["failed"] = {};
  let [due, isFirst]: [number[], boolean] = [[], false];
  return {
    due(step, checked) {
      isFirst = schedule.needsPass(step, checked);
      due = schedule.due(step, checked);
      return isFirst || due.length > 0;
    },
    async measure(step, loss) {
      if (!Number.isFinite(loss)) return {};
      if (isFirst) {
        const since = schedule.now();
        await subject.trainee.loss();
        schedule.passed(since);
        due = schedule.due(step, true);
      }
      const begin = schedule.now();
      const point = probePoint(subject, task, step);
      const numbers: ProbeNumbers = {};
      try {
        for (const index of due) {
          const since = schedule.now();
          for (const probe of works[index]!) {
            try {
              Object.assign(numbers, await probe.measure(point));
            } catch (error) {
              // A point that a theory refuses, such as one with numbers out of range, does not end the training.
              if (!isRefusal(error)) throw error;
              failed[probe.id] = { times: (failed[probe.id]?.times ?? 0) + 1, reason: error.message };
            }
          }
          schedule.spent(index, since);
        }
      } finally {
        point.dispose();
        schedule.visited(begin);
      }
      return numbers;
    },
    summary() {
      const { training, probes: probing, charged, measurements, expected, enough } = schedule.summary();
      const each = works.flatMap((work, index) => work.map(({ id }): [ProbeId, number] => [id, index]));
      return {
        trainingSeconds: training[0]!,
        probeSeconds: probing[0]!,
        share: Math.max(...charged.map((seconds, clock) => seconds / training[clock]!)),
        failed,
        measurements: Object.fromEntries(each.map(([id, index]) => [id, measurements[index]!])),
        left: Object.fromEntries(
          each.flatMap(([id, index]) => (measurements[index] === 0 ? [[id, expected[index]?.[0]]] : [])),
        ),
        enough,
      };
    },
  };
}

/** Whether a package said no on purpose: its errors have a code, and so have those of the system, which are none. */
const isRefusal = (error: unknown): error is Error & { code: string } =>
  error instanceof Error &&
  /Error$/.test(error.name) &&
  typeof (error as { code?: unknown }).code === "string" &&
  !("syscall" in error);

/** Probes that share their dearest part in one list each, the others alone. */
function together(chosen: readonly Probe[]): Probe[][] {
  const works = new Map<string, Probe[]>();
  for (const probe of chosen) {
    const key = probe.shares ?? probe.id;
    works.set(key, [...(works.get(key) ?? []), probe]);
  }
  return [...works.values()];
}

/** The probes that say something of a task. */
export const probesOf = (task: TrainingTask): ProbeId[] =>
  probeIds.filter((id) => probes[id].none?.(task) === undefined && !(isClosedForm(task) && probes[id].needsExamples));

/**
 * Refuses probes that are none, or say nothing of a task, and schedules that are none.
 *
 * @throws TrainingError `INVALID_SETTINGS`.
 */
export function expectProbes(task: TrainingTask, { ids, every, overhead }: ProbeOptions): void {
  const refuse = (path: string, problem: string): never => {
    throw new TrainingError("INVALID_SETTINGS", [{ path, problem }]);
  };
  const unknown = ids.filter((id) => !probeIds.includes(id));
  if (ids.length === 0 || unknown.length > 0)
    refuse("probe", `expected some of ${probeIds.join(", ")}, got ${unknown.join(", ") || "none"}`);
  if (every !== undefined && !(Number.isSafeInteger(every) && every >= 1))
    refuse("probeEvery", `expected a whole number from 1 up, got ${every}`);
  if (overhead !== undefined && !(overhead > 0 && Number.isFinite(overhead)))
    refuse("probeOverhead", `expected a positive number, got ${overhead}`);
  const needy = isClosedForm(task) ? ids.filter((id) => probes[id].needsExamples === true) : [];
  if (needy.length > 0)
    refuse("probe", `expected a network for ${needy.join(", ")}, got ${task.model.kind}, a closed form`);
  for (const id of ids) {
    const reason = probes[id].none?.(task);
    if (reason !== undefined) refuse("probe", `cannot give ${id}: ${reason}`);
  }
}
