import type { MinimumRecord, MinimumTask } from "@sgdscope/training";
import type { BackendName } from "../options/common.js";
import { formatNumber } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { runStudies } from "../workers/studies.js";

/** Runs trainings in worker processes with one progress bar over all of them. */
export async function runTrainings(
  tasks: MinimumTask[],
  { backend, jobs, quiet }: { backend: BackendName; jobs?: number; quiet: boolean },
): Promise<MinimumRecord[]> {
  const progress = progressOn(process.stderr, quiet);
  const done = tasks.map(() => 0);
  const report = (message: string): void =>
    progress.update(done.reduce((sum, fraction) => sum + fraction, 0) / tasks.length, message);
  try {
    const results = await runStudies(
      tasks.map((task) => ({ study: "training", task })),
      {
        backend,
        ...(jobs === undefined ? {} : { workers: jobs }),
        onProgress(index, { fraction, message }) {
          done[index] = fraction;
          report(message);
        },
        onDone(index, { records }) {
          done[index] = 1;
          const record = records[0] as MinimumRecord;
          progress.note(
            `η = ${record.learningRate}, B = ${record.batchSize}: ${record.reason} after ${record.steps} steps, loss ${formatNumber(record.loss, 2)}` +
              (record.minimum === undefined ? "" : `, η/η* = ${formatNumber(record.minimum.edgeRatio, 3)}`),
          );
          report("");
        },
      },
    );
    return results.map(({ records }) => records[0] as MinimumRecord);
  } finally {
    progress.end();
  }
}
