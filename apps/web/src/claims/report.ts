import { parseJson } from "@sgdscope/array-files";
import { claimNamed, upgradedStudyRecord, type Claim, type Finished, type StudyKind } from "@sgdscope/experiments";
import { quickstart } from "./quickstart.js";
import { readRecord, readTask, type Misfit } from "./records.js";

/** The results of one claim: plain data, that a worker can hand to the page. */
export interface LoadedPart {
  /** The name of the claim. */
  name: string;
  /** Whether `sgdscope quickstart` made them, which judges by statements of its own. */
  quickstart: boolean;
  finished: Finished[];
}

/** The results that a `report.json` holds. */
export interface LoadedReport {
  /** How they were made, in a few words. */
  origin: string;
  parts: LoadedPart[];
}

/** What is no report, in a sentence for the reader. */
export class ReportError extends Error {
  override readonly name = "ReportError";
  readonly code = "INVALID_REPORT";
}

/** What writes each schema. What earlier versions wrote has null where a number was not finite, and records with other names. */
const schemas: Readonly<Record<string, { by: "reproduce" | "quickstart"; old: boolean }>> = {
  "sgdscope/reproduce@2": { by: "reproduce", old: false },
  "sgdscope/reproduce@1": { by: "reproduce", old: true },
  "sgdscope/bound@2": { by: "quickstart", old: false },
  "sgdscope/bound@1": { by: "quickstart", old: true },
};
const expected = "a report.json of sgdscope reproduce (schema sgdscope/reproduce@2) or quickstart (sgdscope/bound@2)";

/** The claim that judges and draws a part of a report. */
export const claimOf = ({ name, quickstart: quick }: Pick<LoadedPart, "name" | "quickstart">): Claim =>
  quick ? quickstart : claimNamed(name)!;

/**
 * Reads a `report.json` of `sgdscope reproduce` or `sgdscope quickstart`. A number that is null or missing was not measured: it
 * is NaN afterwards, or undefined where not every run has it, and no statement about it holds.
 *
 * @throws ReportError where the text is none, holds a claim this page does not know, or a record of another shape: names claim,
 * job and field.
 */
export function loadReport(text: string): LoadedReport {
  const found = parsed(text);
  if (!isRecord(found)) throw new ReportError(`expected ${expected}, got other JSON.`);
  const schema = typeof found["schema"] === "string" ? schemas[found["schema"]] : undefined;
  if (schema === undefined) throw new ReportError(`expected ${expected}, got the schema ${named(found["schema"])}.`);
  const report = schema.old ? (JSON.parse(text, revive) as Unchecked) : found;
  const { by, old } = schema;
  const read =
    by === "quickstart" ? { origin: quickstartHead(report), parts: [quickstartPart(report)] } : ofClaims(report);
  return { origin: read.origin, parts: read.parts.map((part) => partOf(part, by === "quickstart", old)) };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new ReportError(`this file is not JSON; expected ${expected}.`);
  }
}

/** What was not finite is `null` in an earlier file; only lists of thresholds mean `null` by it. */
function revive(this: unknown, key: string, value: unknown): unknown {
  if (key === "criticalLearningRates" && Array.isArray(value))
    return value.map((rate: unknown) => (typeof rate === "number" && Number.isNaN(rate) ? null : rate));
  return value === null ? NaN : value;
}

function ofClaims(report: Unchecked): { origin: string; parts: unknown[] } {
  const { preset, data, seed, command, claims: parts } = report;
  if (!Array.isArray(parts) || parts.length === 0) throw new ReportError("the report has no list of claims.");
  if (![preset, data, command].every((each) => typeof each === "string") || !Number.isSafeInteger(seed))
    throw new ReportError("the report does not say its preset, images, seed and command.");
  const names = parts.map((part: unknown) => (isRecord(part) ? part["name"] : undefined));
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) throw new ReportError(`the claim ${named(twice)} comes twice.`);
  return {
    origin: `preset ${preset as string}, images ${data as string}, seed ${seed as number}, made by ${command as string}`,
    parts,
  };
}

function quickstartHead({ command }: Unchecked): string {
  if (typeof command !== "string") throw new ReportError("the report does not say its command.");
  return `made by ${command}`;
}

/** One job for each task and its record, as in a report of claims. */
function quickstartPart({ tasks, records }: Unchecked): object {
  if (!Array.isArray(tasks) || !Array.isArray(records) || records.length === 0)
    throw new ReportError("the report lacks its tasks or its records.");
  if (tasks.length !== records.length)
    throw new ReportError(`expected one record per task, got ${tasks.length} tasks and ${records.length} records.`);
  const jobs = records.map((record: unknown, k) => {
    const task: unknown = tasks[k];
    return { role: "quickstart", study: "training", task, records: [record] };
  });
  return { name: "bound", jobs };
}

function partOf(part: unknown, quick: boolean, old: boolean): LoadedPart {
  const claim = isRecord(part) && typeof part["name"] === "string" ? claimNamed(part["name"]) : undefined;
  if (!isRecord(part) || claim === undefined)
    throw new ReportError(
      `this page does not know the claim ${isRecord(part) ? named(part["name"]) : "without a name"}.`,
    );
  const { name } = claim;
  const jobs: unknown = part["jobs"];
  if (!Array.isArray(jobs) || jobs.length === 0) throw new ReportError(`the claim ${name} has no list of jobs.`);
  const finished = jobs.map((job: unknown, k) => jobOf(job, claim.study, old, `the claim ${name}, job ${k + 1}`));
  const loaded = { name, quickstart: quick, finished };
  try {
    // Each record is one of its study; whether all that a judgement needs is there shows where it is used.
    claimOf(loaded).judge(finished);
    claimOf(loaded).table(finished);
  } catch (error) {
    throw new ReportError(`the claim ${name}: its jobs lack records that its judgement needs.`, { cause: error });
  }
  return loaded;
}

function jobOf(job: unknown, kind: StudyKind, old: boolean, place: string): Finished {
  if (!isRecord(job)) throw new ReportError(`${place}: expected an object.`);
  const { role, study, task, records } = job;
  if (typeof role !== "string") throw new ReportError(`${place}: role: expected a text.`);
  const where = `${place} (${role})`;
  if (study !== kind) throw new ReportError(`${where}: study: expected ${kind}, got ${named(study)}.`);
  if (!Array.isArray(records)) throw new ReportError(`${where}: records: expected a list.`);
  const readOf = readTask(kind, task);
  if (readOf.misfit !== undefined) throw misfitting(`${where}: task`, readOf.misfit);
  return {
    role,
    task: readOf.value,
    records: records.map((record: unknown, k) => {
      const one = `${where}, record ${k + 1}`;
      const { value, misfit } = readRecord(kind, old ? upgraded(kind, record, one) : record);
      if (misfit !== undefined) throw misfitting(one, misfit);
      expectSame(one, readOf.value, value);
      return value;
    }),
  };
}

function upgraded(kind: StudyKind, record: unknown, place: string): unknown {
  try {
    return upgradedStudyRecord(kind, record as never);
  } catch (error) {
    throw new ReportError(`${place}: not a record of the study ${kind} of an earlier version.`, { cause: error });
  }
}

const misfitting = (place: string, { field, problem }: Misfit): ReportError =>
  new ReportError(`${place}${field === "" ? "" : `: ${field}`}: ${problem}.`);

/** A record of a training says of itself what its task asked for. */
function expectSame(place: string, task: object, record: object): void {
  if ("part" in record) return;
  for (const field of ["learningRate", "batchSize", "seed"]) {
    const [asked, said] = [(task as Unchecked)[field], (record as Unchecked)[field]];
    if (typeof asked === "number" && typeof said === "number" && !Number.isNaN(said) && asked !== said)
      throw new ReportError(`${place}: ${field}: the task says ${asked}, its record ${said}.`);
  }
}

/** What a report may hold, before any of it is checked. */
type Unchecked = Record<string, unknown>;
const isRecord = (value: unknown): value is Unchecked => typeof value === "object" && value !== null;
const named = (value: unknown): string => (typeof value === "string" ? value : "none");
