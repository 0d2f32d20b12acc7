import type { Claim, Finished, Scope } from "./claim.js";
import { study, type JobHooks, type StudyKind } from "./study/studies.js";

/**
 * All jobs of a claim one after the other, in this process: each is yielded when it is done.
 *
 * @throws as `study`.
 */
export async function* runClaim<K extends StudyKind>(
  claim: Claim<K>,
  scope: Scope,
  hooks: JobHooks = {},
): AsyncGenerator<Finished<K>> {
  for (const job of claim.jobs(scope)) yield { ...job, records: await collect(study(claim.study, job.task, hooks)) };
}

async function collect<T>(records: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const record of records) all.push(record);
  return all;
}
