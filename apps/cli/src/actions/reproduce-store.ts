import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runId } from "@sgdscope/sweeps";
import type { PoolJob, PoolResult } from "../pool/pool.js";

/** Keeps the results of finished jobs, one file each, so that a killed reproduction goes on. */
export interface JobStore {
  /** The name of a job: a hash of all that determines its records. */
  idOf(job: PoolJob): string;
  /** The result of a job that this version has finished on this backend, or undefined. */
  read(job: PoolJob): Promise<PoolResult | undefined>;
  /** Whole or not at all. */
  write(job: PoolJob, result: PoolResult): Promise<void>;
}

/** A store in `directory`/tasks. A file that cannot be read counts as not there. */
export async function jobStore(
  directory: string,
  { version, backend }: { version: string; backend: string },
): Promise<JobStore> {
  const folder = join(directory, "tasks");
  await mkdir(folder, { recursive: true });
  const idOf = ({ study, task }: PoolJob): string => runId({ study, task, version, backend });
  const path = (job: PoolJob): string => join(folder, `${idOf(job)}.json`);
  return {
    idOf,
    async read(job) {
      try {
        const file = JSON.parse(await readFile(path(job), "utf8"), revive) as PoolResult & { schema: string };
        return file.schema === "sgdscope/job@1" ? file : undefined;
      } catch {
        return undefined;
      }
    },
    async write(job, { records, seconds, backend: used }) {
      const file = { schema: "sgdscope/job@1", id: idOf(job), ...job, version, seconds, backend: used, records };
      await writeFile(`${path(job)}.part`, JSON.stringify(file, keep));
      await rename(`${path(job)}.part`, path(job));
    },
  };
}

/** JSON has no NaN and no infinities: they travel as objects of one key. */
const keep = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? { nonFinite: String(value) } : value;
const revive = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "nonFinite" in value
    ? Number((value as { nonFinite: string }).nonFinite)
    : value;
