import type { MinimumRecord, MinimumTask } from "@sgdscope/experiments";
import { runTasks } from "../pool/pool.js";
import { formatNumber } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import type { BackendName } from "./options.js";

/** Runs the tasks of a study in worker processes with one progress bar over all of them. */
export async function runStudy(
  tasks: MinimumTask[],
  { backend, workers, quiet }: { backend: BackendName; workers?: number; quiet: boolean },
): Promise<MinimumRecord[]> {
  const progress = progressOn(process.stderr, quiet);
  const done = tasks.map(() => 0);
  const report = (message: string): void =>
    progress.update(done.reduce((sum, fraction) => sum + fraction, 0) / tasks.length, message);
  try {
    return await runTasks(tasks, {
      backend,
      ...(workers === undefined ? {} : { workers }),
      onProgress(index, step, loss) {
        done[index] = fractionDone(tasks[index]!, step, loss);
        report(`${label(tasks[index]!)}: step ${step}, loss ${formatNumber(loss, 2)}`);
      },
      onRecord(index, record) {
        done[index] = 1;
        progress.note(
          `${label(tasks[index]!)}: ${record.reason} after ${record.steps} steps, loss ${formatNumber(record.loss, 2)}` +
            (record.minimum === undefined ? "" : `, η/η* = ${formatNumber(record.minimum.edgeRatio, 3)}`),
        );
        report("");
      },
    });
  } finally {
    progress.end();
  }
}

const label = ({ learningRate, batchSize }: MinimumTask): string => `η = ${learningRate}, B = ${batchSize}`;

/** How far a run is: by its loss on the logarithmic way from 1 down to the goal, or by its steps. */
function fractionDone({ lossBelow, maxSteps }: MinimumTask, step: number, loss: number): number {
  const byLoss = Math.log(Math.min(1, loss)) / Math.log(lossBelow);
  return Math.min(0.95, Math.max(step / maxSteps, Number.isFinite(byLoss) ? byLoss : 0));
}
