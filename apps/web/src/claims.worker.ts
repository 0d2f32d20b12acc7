import { claimNamed, study, type Finished, type Job } from "@sgdscope/experiments";
import { expose } from "comlink";
import { planOf, type Effort, type Plan } from "./claims/plan.js";
import { loadReport, type LoadedReport } from "./claims/report.js";

/** Milliseconds between two messages about one job. */
const PATIENCE = 100;

/** Claims behind a message channel; to cancel is to end the worker. */
const desk = {
  ready: (): true => true,
  /** Reads and checks a report beside the page, which stays alive. */
  load: async (file: Blob): Promise<LoadedReport> => loadReport(await file.text()),
  plan: (name: string, effort: Effort): Plan => planOf(named(name), effort),
  async run(
    name: string,
    { task }: Job,
    progress: (fraction: number, message: string) => void,
  ): Promise<Finished["records"]> {
    const records: Finished["records"] = [];
    let said = -Infinity;
    const hooks = {
      progress(fraction: number, message: string) {
        if (performance.now() - said < PATIENCE) return;
        said = performance.now();
        progress(fraction, message);
      },
    };
    for await (const record of study(named(name).study, task, hooks)) records.push(record);
    return records;
  },
};

function named(name: string) {
  const claim = claimNamed(name);
  if (claim === undefined) throw new Error(`claims.worker: expected the name of a claim, got ${name}.`);
  return claim;
}

export type ClaimsDesk = typeof desk;

expose(desk);
