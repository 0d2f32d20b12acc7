import { execFile } from "node:child_process";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import {
  maxArraySizeOf,
  placeFile,
  readPlan,
  slurmArrays,
  slurmScript,
  sweepStatus,
  type SlurmArray,
} from "@sgdscope/sweeps";
import type { SweepRunOptions, SweepSubmitOptions } from "../commands/sweep.js";
import { CliError, exitCodes } from "../terminal/exit.js";
import { forUser } from "./sweep-errors.js";

const run = promisify(execFile);

/** A line of `slurm/submissions.jsonl` in a sweep's folder. */
interface Submission extends SlurmArray {
  job: string;
  submitted: string;
}

/** An array task as the scheduler sees it. */
export interface SlurmTask {
  /** Line of the plan. */
  index: number;
  job: string;
  /** Slurm's word: PENDING, RUNNING, COMPLETED, … */
  state: string;
}

/** Writes the batch script and submits one array for each `MaxArraySize` lines. */
export async function sweepSubmit(folder: string, options: SweepSubmitOptions & SweepRunOptions): Promise<void> {
  await forUser(async () => {
    const sweep = resolve(folder);
    const runs = await sweepStatus(sweep, await readPlan(sweep));
    const open = runs.filter(({ progress }) => progress !== "done" && progress !== "running").map(({ index }) => index);
    if (open.length === 0) {
      process.stdout.write("nothing to submit: every run is done or running\n");
      return;
    }
    const logs = join(sweep, "slurm");
    const script = slurmScript({
      name: `sgdscope-${basename(sweep)}`,
      directory: process.cwd(),
      logs,
      command: commandOf(sweep, options),
      options: [
        ...(options.time === undefined ? [] : [`--time=${options.time}`]),
        ...(options.partition === undefined ? [] : [`--partition=${options.partition}`]),
        ...(options.sbatch ?? []),
      ],
      ...(options.setup === undefined ? {} : { setup: options.setup }),
    });
    const size =
      options.chunk ?? maxArraySizeOf(options.dryRun === true ? "" : await slurm("scontrol", "show", "config"));
    const arrays = slurmArrays(open, size, options.atOnce);
    const path = join(logs, "task.sh");
    const argumentsOf = ({ array, offset }: SlurmArray): string[] => [
      "--parsable",
      `--array=${array}`,
      path,
      String(offset),
    ];
    if (options.dryRun === true) {
      process.stdout.write(script);
      for (const array of arrays) process.stdout.write(`\n$ sbatch ${argumentsOf(array).join(" ")}\n`);
      return;
    }
    await mkdir(logs, { recursive: true });
    await placeFile(path, script);
    for (const array of arrays) {
      const job = (await slurm("sbatch", ...argumentsOf(array))).trim().split(";")[0]!;
      const submission: Submission = { job, ...array, submitted: new Date().toISOString() };
      await appendFile(join(logs, "submissions.jsonl"), `${JSON.stringify(submission)}\n`);
      process.stdout.write(`job ${job}: ${array.tasks} tasks (--array=${array.array}, lines from ${array.offset})\n`);
    }
  });
}

/** This program itself, on one line of the plan. */
function commandOf(sweep: string, { backend, checkpointEvery, staleAfter }: SweepRunOptions): string[] {
  return [
    ...[process.execPath, ...process.execArgv, resolve(process.argv[1]!), "sweep", "run", sweep, "--quiet"],
    ...["--backend", backend, "--checkpoint-every", String(checkpointEvery), "--stale-after", String(staleAfter)],
  ];
}

/** What the scheduler says of the submitted tasks; undefined where nothing was submitted or no scheduler answers. */
export async function slurmStatus(sweep: string): Promise<SlurmTask[] | undefined> {
  const text = await readFile(join(sweep, "slurm", "submissions.jsonl"), "utf8").catch(() => "");
  const submissions = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Submission);
  if (submissions.length === 0) return undefined;
  const jobs = submissions.map(({ job }) => job).join(",");
  // The accounting knows tasks that have ended; a cluster without one shows those in the queue only.
  const lines =
    (await linesOf("sacct", "-X", "-n", "-P", "-o", "JobID,State", "-j", jobs)) ??
    (await linesOf("squeue", "-h", "-r", "-t", "all", "-o", "%F_%K|%T", "-j", jobs));
  if (lines === undefined) return undefined;
  return lines.flatMap((line) => {
    const [, job, task, state] = /^(\d+)_(\d+)\|(\w+)/.exec(line) ?? [];
    const submission = submissions.find((each) => each.job === job);
    return submission === undefined ? [] : [{ index: Number(task) + submission.offset, job: job!, state: state! }];
  });
}

const linesOf = (program: string, ...argv: string[]): Promise<string[] | undefined> =>
  run(program, argv, { timeout: 20_000 }).then(
    ({ stdout }) => stdout.split("\n"),
    () => undefined,
  );

async function slurm(program: string, ...argv: string[]): Promise<string> {
  try {
    return (await run(program, argv, { timeout: 60_000 })).stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === "ENOENT")
      throw new CliError(
        `sweep submit: expected Slurm's ${program} on this machine, got none`,
        exitCodes.unavailable,
        "run it on a login node of the cluster; --dry-run prints the script anywhere",
      );
    throw new CliError(
      `sweep submit: ${program} said: ${(stderr ?? (error as Error).message).trim()}`,
      exitCodes.failed,
    );
  }
}
