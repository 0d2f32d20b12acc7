import { join } from "node:path";
import { claimNamed, claims as allClaims, needsBackend, type Claim, type Job } from "@sgdscope/experiments";
import type { StudyJob, StudyResult } from "@sgdscope/experiments/workers";
import { jobStore, type JobStore } from "@sgdscope/runs";
import type { ImageSource } from "@sgdscope/training";
import { chooseImages } from "../sources/images.js";
import { CliError, exitCodes, usageError } from "../terminal/errors.js";
import { printJson } from "../terminal/json.js";
import { formatSeconds } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { stopSignal } from "../terminal/signals.js";
import { formatTable } from "../terminal/table.js";
import { plural } from "../terminal/words.js";
import { version } from "../version.js";
import { runStudies } from "../workers/studies.js";
import type { ReproduceOptions } from "./options.js";
import { reproductionDocument, reproductionText, writeReproduction, type Reproduction } from "./text.js";
import { print, tell } from "../terminal/print.js";

/** Runs the jobs of claims that are not done yet, prints the judgements, writes the report and, with --check, exits by them. */
export async function reproduce(names: string[], options: ReproduceOptions): Promise<void> {
  if (options.list === true) {
    list();
    return;
  }
  const claims = claimsOf(names);
  const start = performance.now();
  const say = (line: string): void => {
    if (options.quiet !== true) tell(`${line}\n`);
  };
  const { images, note } = await imagesOf(options);
  if (note !== undefined) say(note);
  const scope = { preset: options.fast === true ? "fast" : "full", images, seed: options.seed } as const;
  const store = await jobStore<StudyJob, StudyResult>(join(options.out, "tasks"), {
    schema: "sgdscope/job@2",
    identity: { version, backend: options.backend },
    isResult: isStudyResult,
  });

  const planned = claims.map((claim) => ({ claim, jobs: claim.jobs(scope) }));
  const pending = new Map<string, StudyJob>();
  const results = new Map<string, StudyResult>();
  for (const { claim, jobs } of planned)
    for (const job of jobs.map((each) => studyJob(claim, each))) {
      const id = store.idOf(job);
      if (pending.has(id) || results.has(id)) continue;
      const kept = options.fresh === true ? undefined : await store.read(job);
      if (kept === undefined) pending.set(id, job);
      else results.set(id, kept);
    }
  if (results.size > 0) say(`${plural(results.size, "job")} done already in ${options.out}.`);
  say(
    `${claims.map(({ name }) => name).join(", ")}: ${plural(pending.size, "job")} to compute${
      scope.preset === "full" && pending.size > 0 ? "; --fast takes minutes instead of hours" : ""
    }.`,
  );
  await compute(pending, results, store, options);

  const reproduction: Reproduction = {
    preset: scope.preset,
    data: images.kind,
    seed: options.seed,
    version,
    seconds: (performance.now() - start) / 1000,
    commandFor: (name) => commandOf(name, options, images),
    asked: names.join(" "),
    parts: planned.map(({ claim, jobs }) => {
      const finished = jobs.map((job) => {
        const id = store.idOf(studyJob(claim, job));
        const { records, seconds, backend } = results.get(id)!;
        return { ...job, id, records, seconds, backend };
      });
      return { claim, finished, acceptance: claim.judge(finished) };
    }),
  };
  const report = await writeReproduction(options.out, reproduction);
  if (options.json === true) printJson(reproductionDocument(reproduction));
  else print(`\n${reproductionText(reproduction)}`);
  say(`\nReport: ${report}  (${formatSeconds(reproduction.seconds)})`);
  const missed = reproduction.parts.some(({ acceptance }) => acceptance.some(({ holds }) => !holds));
  if (options.check === true && missed) process.exitCode = exitCodes.criterion;
}

function list(): void {
  print(
    `${formatTable(
      [
        { heading: "claim", cell: (claim: Claim) => claim.name, align: "left" },
        { heading: "what it says", cell: (claim: Claim) => claim.title, align: "left" },
      ],
      [...allClaims],
    )}\nsgdscope reproduce all --fast reproduces all of them.\n`,
  );
}

function claimsOf(names: string[]): Claim[] {
  if (names.length === 0)
    throw usageError("no claim was named: use names of claims, or all", "sgdscope reproduce --list shows them");
  if (names.includes("all")) return [...allClaims];
  return [...new Set(names)].map((name) => {
    const claim = claimNamed(name);
    if (claim === undefined)
      throw usageError(
        `expected one of the claims ${allClaims.map((each) => each.name).join(", ")}, or all, got ${name}`,
        "sgdscope reproduce --list says what each is",
      );
    return claim;
  });
}

/** Whether a kept file holds what a study gives; what it measured, the claim judges. */
const isStudyResult = (value: object): boolean => {
  const { records, seconds, backend } = value as Record<keyof StudyResult, unknown>;
  return Array.isArray(records) && records.length > 0 && typeof seconds === "number" && typeof backend === "string";
};

const studyJob = (claim: Claim, job: Job): StudyJob => ({ study: claim.study, task: job.task }) as StudyJob;

/** Where networks find their images, by the rules of every command. */
async function imagesOf(options: ReproduceOptions): Promise<{ images: ImageSource; note: string | undefined }> {
  const { spec, note } = await chooseImages(options.data, 1, options);
  const { classes, offset } = options;
  if (spec.kind === "synthetic") {
    if (classes !== undefined || offset > 0)
      throw usageError(
        `${classes === undefined ? "--offset" : "--classes"} chooses among the images of CIFAR-10, and these are look-alikes${note === undefined ? "" : ": CIFAR-10 was not found"}`,
        "--seed draws other look-alikes",
      );
    return { images: { kind: "synthetic", seed: options.seed }, note };
  }
  const { directory, allowPrefix } = spec;
  return {
    images: {
      kind: "cifar10",
      ...(directory === undefined ? {} : { directory }),
      ...(allowPrefix === true ? { allowPrefix } : {}),
      ...(classes === undefined ? {} : { classes }),
      ...(offset === 0 ? {} : { offset }),
    },
    note,
  };
}

/** Computes what is pending in worker processes and keeps each result as soon as it is done. */
async function compute(
  pending: Map<string, StudyJob>,
  results: Map<string, StudyResult>,
  store: JobStore<StudyJob, StudyResult>,
  options: ReproduceOptions,
): Promise<void> {
  if (pending.size === 0) return;
  // Networks take longest: they go first, so that the workers end together.
  const jobs = [...pending].sort(([, a], [, b]) => Number(needsBackend(b.task)) - Number(needsBackend(a.task)));
  // A network counts for as much as ten closed forms.
  const weights = jobs.map(([, { task }]) => (needsBackend(task) ? 10 : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const done = jobs.map(() => 0);
  const stop = stopSignal(
    () =>
      new CliError(
        `stopped; ${done.filter((fraction) => fraction === 1).length} of ${jobs.length} jobs are kept in ${options.out}`,
        exitCodes.resumable,
        "run the same command again to continue from there",
      ),
  );
  const progress = progressOn(process.stderr, options.quiet === true);
  const show = (message: string): void =>
    progress.update(done.reduce((sum, fraction, k) => sum + fraction * weights[k]!, 0) / total, message);
  try {
    await runStudies(
      jobs.map(([, job]) => job),
      {
        backend: options.backend,
        signal: stop.signal,
        ...(options.jobs === undefined ? {} : { workers: options.jobs }),
        onProgress(index, { fraction, message }) {
          done[index] = Math.min(0.99, fraction);
          show(message);
        },
        async onDone(index, result) {
          const [id, job] = jobs[index]!;
          await store.write(job, result);
          results.set(id, result);
          done[index] = 1;
          show(`${plural(results.size, "job")} done`);
        },
      },
    );
  } finally {
    progress.end();
    stop.off();
  }
}

function commandOf(name: string, options: ReproduceOptions, { kind }: ImageSource): string {
  return [
    `sgdscope reproduce ${name}`,
    ...(options.fast === true ? ["--fast"] : []),
    `--data ${kind}`,
    ...(options.classes === undefined ? [] : [`--classes ${options.classes.join(",")}`]),
    ...(options.offset === 0 ? [] : [`--offset ${options.offset}`]),
    ...(options.seed === 1 ? [] : [`--seed ${options.seed}`]),
  ].join(" ");
}
