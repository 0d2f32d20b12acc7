import { parseJson } from "@sgdscope/array-files";
import { claimNamed, upgradedStudyRecord, type Claim, type Finished } from "@sgdscope/experiments";

/** The results that a `report.json` holds. */
export interface LoadedReport {
  preset: string;
  data: string;
  seed: number;
  command: string;
  parts: { claim: Claim; finished: Finished[] }[];
}

/** What is no report, in a sentence for the reader. */
export class ReportError extends Error {
  override readonly name = "ReportError";
  readonly code = "INVALID_REPORT";
}

const schema = "sgdscope/reproduce@2";
/** What earlier versions wrote: what was not finite is null there, and records have other names. */
const earlier = "sgdscope/reproduce@1";

/**
 * Reads a `report.json` of `sgdscope reproduce`.
 *
 * @throws ReportError where the text is none, holds a claim this page does not know, or records that its claim cannot judge.
 */
export function loadReport(text: string): LoadedReport {
  const found = parsed(text);
  if (!isRecord(found)) throw new ReportError(`expected a report of the schema ${schema}, got other JSON.`);
  const old = found.schema === earlier;
  if (!old && found.schema !== schema)
    throw new ReportError(`expected a report of the schema ${schema}, got ${named(found.schema)}.`);
  const report = old ? (JSON.parse(text, revive) as Unchecked) : found;
  if (!Array.isArray(report.claims)) throw new ReportError("the report has no list of claims.");
  const { preset, data, seed, command } = report;
  if (![preset, data, command].every((each) => typeof each === "string") || !Number.isSafeInteger(seed))
    throw new ReportError("the report does not say its preset, images, seed and command.");
  return {
    ...({ preset, data, seed, command } as { preset: string; data: string; seed: number; command: string }),
    parts: (report.claims as unknown[]).map((part) => partOf(part, old)),
  };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new ReportError("this file is not JSON; expected a report.json of sgdscope reproduce.");
  }
}

/** What was not finite is `null` in an earlier file; only lists of thresholds mean `null` by it. */
function revive(this: unknown, key: string, value: unknown): unknown {
  if (key === "criticalLearningRates" && Array.isArray(value))
    return value.map((rate: unknown) => (typeof rate === "number" && Number.isNaN(rate) ? null : rate));
  return value === null ? NaN : value;
}

function partOf(part: unknown, old: boolean): LoadedReport["parts"][number] {
  const claim = isRecord(part) && typeof part.name === "string" ? claimNamed(part.name) : undefined;
  if (!isRecord(part) || claim === undefined)
    throw new ReportError(`this page does not know the claim ${isRecord(part) ? named(part.name) : "without a name"}.`);
  const jobs = Array.isArray(part.jobs) ? (part.jobs as unknown[]) : [];
  if (jobs.length === 0 || !jobs.every((job) => isJob(job) && job.study === claim.study))
    throw new ReportError(`the jobs of the claim ${claim.name} lack a role, a task or records.`);
  try {
    const finished = (jobs as ReportedJob[]).map(({ role, task, records }) => ({
      role,
      task,
      records: old ? records.map((record) => upgradedStudyRecord(claim.study, record)) : records,
    }));
    // What a study records is its own affair; whether this is it shows where it is used.
    claim.judge(finished);
    claim.table(finished);
    return { claim, finished };
  } catch (error) {
    throw new ReportError(`the records of the claim ${claim.name} are not those of its study.`, { cause: error });
  }
}

type ReportedJob = Finished & { study: string };

/** What a report may hold, before any of it is checked. */
type Unchecked = Partial<
  Record<
    | "schema"
    | "preset"
    | "data"
    | "seed"
    | "command"
    | "claims"
    | "name"
    | "jobs"
    | "role"
    | "study"
    | "task"
    | "records",
    unknown
  >
>;
const isRecord = (value: unknown): value is Unchecked => typeof value === "object" && value !== null;
const isJob = (job: unknown): job is ReportedJob =>
  isRecord(job) && typeof job.role === "string" && isRecord(job.task) && Array.isArray(job.records);
const named = (value: unknown): string => (typeof value === "string" ? value : "none");
