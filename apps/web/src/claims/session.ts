import { batch, signal } from "@preact/signals";
import { claims, type Claim, type Figure, type Finished, type Job, type Table } from "@sgdscope/experiments";
import { proxy } from "comlink";
import type { ClaimsDesk } from "../claims.worker.js";
import { openDesk, type Desk } from "../desk.js";
import { handedOver } from "../hand-over.js";
import { chosen } from "./file.js";
import { judged, type Judged } from "./judged.js";
import type { Effort } from "./plan.js";
import { claimOf } from "./report.js";

// The state of the page of claims, and the only code that talks to its worker.

/** What is shown of a claim: tried here, or opened from a file. */
export interface Outcome {
  judged: Judged;
  figures: Figure[];
  table: Table;
  /** Roles of the jobs that did not run. */
  leftOut: string[];
  /** Where it comes from, in a sentence. */
  origin: string;
  quick: boolean;
}

/** The claim that is being tried. */
export interface Trial {
  name: string;
  done: number;
  jobs: number;
  /** In [0, 1], over all its jobs. */
  fraction: number;
  message: string;
}

export const effort = signal<Effort>("fast");
export const trial = signal<Trial | undefined>(undefined);
export const outcomes = signal<Readonly<Record<string, Outcome>>>({});
/** Read out politely. */
export const news = signal("");
/** What went wrong, by the name of the claim. */
export const failures = signal<Readonly<Record<string, string>>>({});
/** Why a file was not opened. */
export const refusal = signal<string | undefined>(undefined);

/** Records of finished jobs by study and task: kept while the page is open, and shared between claims. */
const kept = new Map<string, Finished["records"]>();
const keyOf = ({ study }: Claim, { task }: Job): string => JSON.stringify([study, task]);

/** Why nothing can be computed, if nothing can. */
export const trouble = signal<string | undefined>(undefined);
/** The file that is being read. */
export const reading = signal<string | undefined>(undefined);

let generation = 0;

const opened = (): Desk<ClaimsDesk> =>
  openDesk<ClaimsDesk>(
    () => new Worker(new URL("../claims.worker.ts", import.meta.url), { type: "module" }),
    (what) => (trouble.value = what),
  );
// Opened with the page, so that what cannot be loaded is said before it is asked for.
let desk = opened();

/** Ends the trial by ending its worker, and opens another. */
function stop(): void {
  generation++;
  desk.close();
  desk = opened();
  trial.value = undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function fail(name: string, error: unknown): void {
  failures.value = { ...failures.value, [name]: messageOf(error) };
}

const cleared = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(failures.value).filter(([key]) => key !== name));

/** CSS pixels for a figure: as wide as the column is, where it is narrow. */
const room = (): number => Math.max(280, Math.min(720, document.querySelector(".stage")?.clientWidth ?? 720));

/** All that is shown is computed here, where what throws is told to the reader. */
function outcomeOf(claim: Claim, finished: Finished[], rest: Pick<Outcome, "leftOut" | "origin" | "quick">): Outcome {
  return {
    judged: judged(claim, finished, rest.leftOut),
    figures: claim.figures(finished, { document, width: room() }),
    table: claim.table(finished),
    ...rest,
  };
}

/** Runs what of a claim runs in a page, one job after the other; another one under way is cancelled. */
export async function attempt(claim: Claim): Promise<void> {
  if (trial.value !== undefined || trouble.value !== undefined) stop();
  const mine = ++generation;
  const quick = effort.value === "quick";
  const { name, title } = claim;
  batch(() => {
    failures.value = cleared(name);
    trial.value = { name, done: 0, jobs: 0, fraction: 0, message: "starting" };
    news.value = `Trying: ${title}.`;
  });
  try {
    const { jobs, leftOut } = await desk.ask((remote) => remote.plan(name, effort.value));
    if (jobs.length === 0)
      throw new Error(`all its runs train networks, which this page does not; sgdscope reproduce ${name} runs them.`);
    const finished: Finished[] = [];
    for (const job of jobs) {
      if (mine !== generation) return;
      const done = finished.length;
      const show = (fraction: number, message: string): void => {
        if (mine === generation)
          trial.value = { name, done, jobs: jobs.length, fraction: (done + fraction) / jobs.length, message };
      };
      show(0, job.role);
      const records = kept.get(keyOf(claim, job)) ?? (await desk.ask((remote) => remote.run(name, job, proxy(show))));
      kept.set(keyOf(claim, job), records);
      finished.push({ ...job, records });
    }
    if (mine !== generation) return;
    const origin = `Tried in this page: ${finished.length} run${finished.length === 1 ? "" : "s"}.`;
    const outcome = outcomeOf(claim, finished, { leftOut, origin, quick });
    batch(() => {
      trial.value = undefined;
      outcomes.value = { ...outcomes.value, [name]: outcome };
      news.value = `Done: ${title}. Judgements, figures and numbers follow.`;
    });
  } catch (error) {
    if (mine !== generation) return;
    batch(() => {
      trial.value = undefined;
      fail(name, error);
    });
  }
}

/** Ends the trial; the jobs that are done stay known, so that it goes on from there. */
export function cancel(): void {
  stop();
  news.value = "Cancelled. What is done is kept.";
}

/** Shows the results of a report.json in place of what was tried here. It is read in a worker of its own: a trial goes on. */
export async function openReport(files: readonly File[] | FileList | undefined): Promise<void> {
  refusal.value = undefined;
  const file = chosen(files);
  if (typeof file === "string") {
    refusal.value = file;
    return;
  }
  reading.value = file.name;
  news.value = `Reading ${file.name}.`;
  const reader = opened();
  try {
    const { parts, origin } = await reader.ask((remote) => remote.load(file));
    const loaded = parts.map((part): [string, Outcome] => [
      part.name,
      outcomeOf(claimOf(part), part.finished, { leftOut: [], origin: `From ${file.name}: ${origin}.`, quick: false }),
    ]);
    batch(() => {
      outcomes.value = { ...outcomes.value, ...Object.fromEntries(loaded) };
      news.value = `${file.name} is open: ${parts.length} of ${claims.length} claims.`;
    });
    document.getElementById(parts[0]!.name)?.scrollIntoView();
  } catch (error) {
    refusal.value = messageOf(error);
  } finally {
    reading.value = undefined;
    reader.close();
  }
}

/** Opens the file that was dropped on another page, if one was. */
export async function openHandedOver(): Promise<void> {
  try {
    const file = await handedOver();
    if (file !== undefined) await openReport([file]);
  } catch (error) {
    refusal.value = messageOf(error);
  }
}
