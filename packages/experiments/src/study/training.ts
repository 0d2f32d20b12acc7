import { type MinimumRecord, runMinimumTask, type TrainingTask } from "@sgdscope/training";
import type { JobHooks } from "./job-hooks.js";

/** The records of one training. */
export async function* trainingStudy(
  task: TrainingTask,
  { progress, signal }: JobHooks,
): AsyncGenerator<MinimumRecord> {
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
