import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { explainIssues, faultText } from "@sgdscope/runs";
import type { SlurmArray } from "@sgdscope/sweeps";
import { z } from "zod";
import { CliError, exitCodes } from "../terminal/errors.js";

const run = promisify(execFile);

/** A line of `slurm/submissions.jsonl` in a sweep's folder. */
export interface Submission extends SlurmArray {
  job: string;
  submitted: string;
}

const submissionSchema = z.looseObject({
  job: z.string().regex(/^\d+$/, "expected the number of a job"),
  array: z.string(),
  offset: z.int().min(0),
  tasks: z.int().min(1),
  submitted: z.string(),
}) satisfies z.ZodType<Submission>;

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
  const submissions = await readSubmissions(join(sweep, "slurm", "submissions.jsonl"));
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

/**
 * The lines of a file of submissions; none where there is no file.
 *
 * @throws CliError that names the file and the line which is none.
 */
export async function readSubmissions(path: string): Promise<Submission[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  return text.split("\n").flatMap((line, index) => {
    if (line === "") return [];
    const refuse = (problem: string): never => {
      throw new CliError(
        `line ${index + 1} of ${path} is no submission: ${problem}`,
        exitCodes.usage,
        "without that line the other submissions are shown; sweep status counts runs by their folders in any case",
      );
    };
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      return refuse((error as Error).message);
    }
    const { success, data, error } = submissionSchema.safeParse(value, { reportInput: true });
    return success ? [data] : refuse(explainIssues(submissionSchema, error.issues).map(faultText).join("; "));
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
