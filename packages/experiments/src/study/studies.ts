import { ablationStudy, type AblationRecord, type AblationTask } from "./ablation.js";
import { diagramStudy, type DiagramRecord, type DiagramTask } from "./diagram.js";
import { escapeStudy, type EscapeRecord, type EscapeTask } from "./escape.js";
import { type MinimumRecord, runMinimumTask, type TrainingTask } from "@sgdscope/training";

/** How a job says where it is, and how it is stopped between two steps. */
export interface JobHooks {
  /** `fraction` in [0, 1] and what it is doing. */
  progress?: (fraction: number, message: string) => void;
  signal?: AbortSignal;
}

/** The settings of each kind of study. */
export interface StudyTasks {
  training: TrainingTask;
  escape: EscapeTask;
  diagram: DiagramTask;
  ablation: AblationTask;
}

/** What each kind yields. */
export interface StudyRecords {
  training: MinimumRecord;
  escape: EscapeRecord;
  diagram: DiagramRecord;
  ablation: AblationRecord;
}

export type StudyKind = keyof StudyTasks;

type Study<K extends StudyKind> = (task: StudyTasks[K], hooks: JobHooks) => AsyncGenerator<StudyRecords[K]>;

const studies: { [K in StudyKind]: Study<K> } = {
  training: trainingStudy,
  escape: escapeStudy,
  diagram: diagramStudy,
  ablation: ablationStudy,
};

/**
 * The records of one job, as they are found. Networks need a prepared TensorFlow.js backend.
 *
 * Deterministic: a function of the task and the backend, but for the seconds.
 *
 * @throws the errors of the packages it composes; divergence is a record. An aborted signal ends it with its `reason`.
 */
export function study<K extends StudyKind>(
  kind: K,
  task: StudyTasks[K],
  hooks: JobHooks = {},
): AsyncGenerator<StudyRecords[K]> {
  return studies[kind](task, hooks);
}

async function* trainingStudy(task: TrainingTask, { progress, signal }: JobHooks): AsyncGenerator<MinimumRecord> {
  const { record } = await runMinimumTask(task, {
    ...(signal === undefined ? {} : { signal }),
    progress: ({ step, loss }) => progress?.(trainingFraction(task, step, loss), trainingMessage(task, step, loss)),
  });
  signal?.throwIfAborted();
  yield record;
}

/** How far a training is: by its loss on the logarithmic way from 1 down to the goal, or by its steps. */
export function trainingFraction({ lossBelow, maxSteps }: TrainingTask, step: number, loss: number): number {
  const byLoss = Math.log(Math.min(1, loss)) / Math.log(lossBelow);
  return Math.min(0.95, Math.max(step / maxSteps, Number.isFinite(byLoss) ? byLoss : 0));
}

const trainingMessage = ({ model, learningRate, batchSize }: TrainingTask, step: number, loss: number): string =>
  `${model.kind}, η = ${learningRate}, B = ${batchSize}: step ${step}, loss ${loss.toExponential(1)}`;
