// The module that worker processes load; `workers.ts` starts them.
import type { JobModule } from "@sgdscope/compute/workers";
import { needsBackend } from "./study/needs-backend.js";
import { study, type StudyKind, type StudyRecords, type StudyTasks } from "./study/studies.js";

/** One piece of a claim for a process. */
export type StudyJob = { [K in StudyKind]: { study: K; task: StudyTasks[K] } }[StudyKind];

/** A job that is done: its records, the processor time it took, and what computed it. */
export interface StudyResult {
  records: StudyRecords[StudyKind][];
  seconds: number;
  backend: string;
}

/** How far a job is. */
export interface StudyProgress {
  /** In [0, 1]. */
  fraction: number;
  message: string;
}

/** Progress goes out at most this often, in milliseconds. */
const progressInterval = 250;

const studyJob: JobModule<undefined, StudyJob, StudyResult> =
  (_, backend) =>
  async (job, { progress, signal }) => {
    const start = process.cpuUsage();
    let last = 0;
    const records: StudyResult["records"] = [];
    for await (const record of study(job.study, job.task, {
      signal,
      progress(fraction, message) {
        if (performance.now() - last < progressInterval) return;
        last = performance.now();
        progress({ fraction, message } satisfies StudyProgress);
      },
    }))
      records.push(record);
    const { user, system } = process.cpuUsage(start);
    return { records, seconds: (user + system) / 1e6, backend: needsBackend(job.task) ? backend!.name : "float64" };
  };
export default studyJob;
