import { startStudyWorkers, type StudyJob, type StudyProgress, type StudyResult } from "@sgdscope/experiments/workers";
import type { BackendName } from "../options/common.js";

export interface StudiesOptions {
  /** Worker processes; default one per core, at most one per job. */
  workers?: number;
  backend: BackendName;
  /** Ends all workers; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How far each job is. */
  onProgress?: (index: number, progress: StudyProgress) => void;
  /** Called once per job; what it does is over before its worker goes on. */
  onDone?: (index: number, result: StudyResult) => void | Promise<void>;
}

/** Runs jobs of claims in worker processes and gives the results in the order of the jobs; the first failure ends all. */
export async function runStudies(jobs: readonly StudyJob[], options: StudiesOptions): Promise<StudyResult[]> {
  if (jobs.length === 0) return [];
  const { backend, signal, onProgress, onDone } = options;
  const { availableParallelism } = await import("node:os");
  const workers = await startStudyWorkers(jobs, {
    backend,
    workers: Math.min(jobs.length, options.workers ?? availableParallelism()),
  });
  try {
    return await workers.map(jobs, {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress: (index, value) => onProgress(index, value as StudyProgress) }),
      ...(onDone === undefined ? {} : { onResult: onDone }),
    });
  } finally {
    workers.close();
  }
}
