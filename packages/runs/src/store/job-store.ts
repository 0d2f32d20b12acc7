import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatJson, parseJson } from "@sgdscope/array-files";
import { z } from "zod";
import { makeFolder, placeFile, removeLeftovers } from "../folder/place.js";
import { runId } from "../run-id.js";

/** Keeps the results of finished jobs, one file each, so that what was killed goes on. */
export interface JobStore<Job extends object, Result extends object> {
  /** The name of a job: a hash of all that determines its result. */
  idOf(job: Job): string;
  /** The result of a job that was kept, or undefined. */
  read(job: Job): Promise<Result | undefined>;
  /** Whole or not at all. */
  write(job: Job, result: Result): Promise<void>;
}

/**
 * A store in a folder, made where needed. A file that cannot be read counts as not there; temporary files that a killed writer left
 * a minute ago or longer are removed.
 *
 * @param options.schema - Goes into every file; files of another schema count as not there.
 * @param options.identity - What beside the job determines its result, such as versions and backends; plain JSON.
 * @param options.isResult - Whether what a file holds is a result; others count as not there. Default: any object is.
 * @throws RunsError `STORAGE`.
 */
export async function jobStore<Job extends object, Result extends object>(
  folder: string,
  {
    schema,
    identity,
    isResult = () => true,
  }: { schema: string; identity: Record<string, unknown>; isResult?: (value: object) => boolean },
): Promise<JobStore<Job, Result>> {
  await makeFolder(folder);
  await removeLeftovers(folder);
  const kept = z.looseObject({
    schema: z.literal(schema),
    id: z.string(),
    result: z.custom<Result>((value) => typeof value === "object" && value !== null && isResult(value)),
  });
  const idOf = (job: Job): string => runId({ ...job, ...identity });
  const path = (job: Job): string => join(folder, `${idOf(job)}.json`);
  return {
    idOf,
    async read(job) {
      try {
        const { id, result } = kept.parse(parseJson(await readFile(path(job), "utf8")));
        return id === idOf(job) ? result : undefined;
      } catch {
        return undefined;
      }
    },
    write: (job, result) => placeFile(path(job), formatJson({ schema, id: idOf(job), ...identity, job, result })),
  };
}
