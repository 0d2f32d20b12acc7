import { ablationStudy, type AblationRecord, type AblationTask } from "./ablation.js";
import { diagramStudy, type DiagramRecord, type DiagramTask } from "./diagram.js";
import { escapeStudy, type EscapeRecord, type EscapeTask } from "./escape.js";
import { predictionStudy, type PredictionRecord, type PredictionTask } from "./prediction.js";
import { marginStudy, type MarginTask, type MarginRecord } from "./margin.js";
import { fluctuationStudy, type FluctuationRecord, type FluctuationTask } from "./fluctuation.js";
import { minibatchStudy, type MinibatchRecord, type MinibatchTask } from "./minibatch.js";
import { powerLawStudy, type PowerLawRecord, type PowerLawTask } from "./power-law.js";
import { saddlesStudy, type SaddlesRecord, type SaddlesTask } from "./saddles.js";
import { samStudy, type SamRecord, type SamTask } from "./sam.js";
import type { JobHooks } from "./job-hooks.js";
import { trainingStudy } from "./training.js";
import type { MinimumRecord, TrainingTask } from "@sgdscope/training";

export type { JobHooks };

/** The settings of each kind of study. */
export interface StudyTasks {
  training: TrainingTask;
  escape: EscapeTask;
  diagram: DiagramTask;
  ablation: AblationTask;
  prediction: PredictionTask;
  margin: MarginTask;
  sam: SamTask;
  "power-law": PowerLawTask;
  minibatch: MinibatchTask;
  fluctuation: FluctuationTask;
  saddles: SaddlesTask;
}

/** What each kind yields. */
export interface StudyRecords {
  training: MinimumRecord;
  escape: EscapeRecord;
  diagram: DiagramRecord;
  ablation: AblationRecord;
  prediction: PredictionRecord;
  margin: MarginRecord;
  sam: SamRecord;
  "power-law": PowerLawRecord;
  minibatch: MinibatchRecord;
  fluctuation: FluctuationRecord;
  saddles: SaddlesRecord;
}

export type StudyKind = keyof StudyTasks;

type Study<K extends StudyKind> = (task: StudyTasks[K], hooks: JobHooks) => AsyncGenerator<StudyRecords[K]>;

const studies: { [K in StudyKind]: Study<K> } = {
  training: trainingStudy,
  escape: escapeStudy,
  diagram: diagramStudy,
  ablation: ablationStudy,
  prediction: predictionStudy,
  margin: marginStudy,
  sam: samStudy,
  "power-law": powerLawStudy,
  minibatch: minibatchStudy,
  fluctuation: fluctuationStudy,
  saddles: saddlesStudy,
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
