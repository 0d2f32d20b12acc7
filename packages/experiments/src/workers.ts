import { startWorkers, type Workers, type WorkersOptions } from "@sgdscope/compute/workers";
import type { StudyJob, StudyResult } from "./job.js";
import { needsBackend } from "./study/needs-backend.js";

export type { StudyJob, StudyProgress, StudyResult } from "./job.js";

/** Beside this file: TypeScript where the sources run, JavaScript in what is published. */
const job = new URL(import.meta.url.endsWith(".ts") ? "./job.ts" : "./job.js", import.meta.url);

/**
 * Starts processes that do jobs of claims side by side. Results do not depend on their number: a task carries its seed.
 *
 * @param jobs - What they will be asked to do; where no network is among it they prepare no backend.
 * @param options - As `startWorkers`; a job whose process died is given to another, up to three times.
 * @throws as `startWorkers`.
 */
export function startStudyWorkers(
  jobs: readonly StudyJob[],
  { backend = "auto", ...options }: Omit<WorkersOptions<undefined>, "setup"> = {},
): Promise<Workers<StudyJob, StudyResult>> {
  const needed = jobs.some(({ task }) => needsBackend(task));
  return startWorkers(job, { attempts: 3, ...options, backend: needed ? backend : "none" });
}
