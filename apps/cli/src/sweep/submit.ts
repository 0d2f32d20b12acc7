import { appendFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { makeFolder, placeFile } from "@sgdscope/runs";
import {
  maxArraySizeOf,
  readPlan,
  shellWord,
  slurmArrays,
  slurmScript,
  sweepStatus,
  type SlurmArray,
} from "@sgdscope/sweeps";
import { plural } from "../terminal/words.js";
import type { SweepRunOptions, SweepSubmitOptions } from "./options.js";
import { slurm, type Submission } from "./slurm.js";
import { print } from "../terminal/print.js";

/** Writes the batch script and submits one array for each `MaxArraySize` lines. */
export async function sweepSubmit(folder: string, options: SweepSubmitOptions & SweepRunOptions): Promise<void> {
  const sweep = resolve(folder);
  const runs = await sweepStatus(sweep, await readPlan(sweep));
  const open = runs.filter(({ progress }) => progress !== "done" && progress !== "running").map(({ index }) => index);
  if (open.length === 0) {
    print("nothing to submit: every run is done or running\n");
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
    print(script);
    for (const array of arrays) print(`\n$ sbatch ${argumentsOf(array).map(shellWord).join(" ")}\n`);
    return;
  }
  await makeFolder(logs);
  await placeFile(path, script);
  for (const array of arrays) {
    const job = (await slurm("sbatch", ...argumentsOf(array))).trim().split(";")[0]!;
    const submission: Submission = { job, ...array, submitted: new Date().toISOString() };
    await appendFile(join(logs, "submissions.jsonl"), `${JSON.stringify(submission)}\n`);
    print(`job ${job}: ${plural(array.tasks, "task")} (--array=${array.array}, lines from ${array.offset})\n`);
  }
}

/** This program itself, on one line of the plan. */
function commandOf(sweep: string, { backend, checkpointEvery, staleAfter }: SweepRunOptions): string[] {
  return [
    ...[process.execPath, ...process.execArgv, resolve(process.argv[1]!), "sweep", "run", sweep, "--quiet"],
    ...["--backend", backend, "--checkpoint-every", String(checkpointEvery), "--stale-after", String(staleAfter)],
  ];
}
