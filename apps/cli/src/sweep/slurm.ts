import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SlurmArray } from "@sgdscope/sweeps";
import { CliError, exitCodes } from "../terminal/errors.js";

const run = promisify(execFile);

/** A line of `slurm/submissions.jsonl` in a sweep's folder. */
export interface Submission extends SlurmArray {
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

/** What a program of Slurm prints. */
export async function slurm(program: string, ...argv: string[]): Promise<string> {
  try {
    return (await run(program, argv, { timeout: 60_000 })).stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === "ENOENT")
      throw new CliError(
        `Slurm's ${program} was not found on this machine`,
        exitCodes.unavailable,
        "run it on a login node of the cluster; --dry-run prints the script anywhere",
      );
    throw new CliError(`${program} failed: ${(stderr ?? (error as Error).message).trim()}`, exitCodes.failed);
  }
}
