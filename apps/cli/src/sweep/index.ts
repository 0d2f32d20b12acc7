import type { Command } from "commander";
import { Option } from "commander";
import { positiveInteger, wholeNumber } from "../options/parsers.js";
import {
  addWorkOptions,
  redisOption,
  type SweepCollectOptions,
  type SweepPlanOptions,
  type SweepRunOptions,
  type SweepSubmitOptions,
} from "./options.js";

/** `sgdscope sweep`: grids of runs. */
export function addSweep(program: Command): void {
  const sweep = program
    .command("sweep")
    .summary("plan and run grids of trainings; survives kill -9, runs on Slurm and Kubernetes")
    .description(
      "Plans a grid of trainings, runs it on one machine or many, and collects the results.\n\n" +
        "A sweep is a folder: plan.jsonl holds one run per line, runs/<hash of its settings> each run with run.json, metrics.jsonl " +
        "and its checkpoint. If anything is killed, run the same command again: it resumes from the last checkpoint, and a resumed run ends " +
        "with the same bits as an undisturbed one on the same backend.",
    );
  sweep
    .command("plan")
    .summary("write the plan of a grid into a sweep's folder")
    .description("Writes the plan of a grid into a sweep's folder.")
    .argument("<grid.yaml>", "base settings, axes (lists or ranges), seeds, and what to exclude")
    .option("--out <folder>", "the sweep's folder (default: sweeps/<name of the grid or its file>)")
    .option("--dry-run", "print the runs, write nothing")
    .option("--json", "print one JSON document (schema sgdscope/sweep-plan@1)")
    .action(async (file: string, options: SweepPlanOptions) => (await import("./plan.js")).sweepPlan(file, options));
  addWorkOptions(
    sweep
      .command("run")
      .summary("run on this machine the unfinished runs")
      .description("Runs on this machine the runs that are not finished.")
      .argument("<folder>", "a planned sweep")
      .option("-j, --jobs <count>", "number of worker processes (default: one per core)", positiveInteger)
      .option(
        "--index <line>",
        "run this line of the plan only (default: SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX or SGE_TASK_ID where one is set)",
        wholeNumber,
      )
      .option("--offset <lines>", "added to the index that a scheduler gives", wholeNumber, 0)
      .addOption(redisOption()),
  )
    .option("--json", "print one JSON document (schema sgdscope/sweep-run@1)")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nSIGTERM, SIGINT and SIGUSR1 end it with checkpoints and exit code 75;\nrun the same command again to continue.",
    )
    .action(async (folder: string, options: SweepRunOptions) => (await import("./run.js")).sweepRun(folder, options));
  sweep
    .command("status")
    .summary("show the progress of each run")
    .description(
      "Shows the progress of each run, from the folders; after a Slurm submission also what the scheduler says.",
    )
    .argument("<folder>", "a planned sweep")
    .option("--json", "print one JSON document (schema sgdscope/sweep-status@1)")
    .action(async (folder: string, options: { json?: boolean }) =>
      (await import("./status.js")).sweepStatusReport(folder, options),
    );
  sweep
    .command("retry")
    .summary("mark failed runs to be run again")
    .description("Marks failed runs, and those whose folder was removed, so that sweep run takes them again.")
    .argument("<folder>", "a planned sweep")
    .action(async (folder: string) => (await import("./status.js")).sweepRetry(folder));
  sweep
    .command("collect")
    .summary("the results of finished runs as one table")
    .description("Prints the results of finished runs as one table.")
    .argument("<folder>", "a planned sweep")
    .option("--out <file>", "also write them to this .csv, .parquet, .npz or .jsonl file")
    .option("--json", "print one JSON document (schema sgdscope/sweep@2)")
    .action(async (folder: string, options: SweepCollectOptions) =>
      (await import("./collect.js")).sweepCollect(folder, options),
    );
  addWorkOptions(
    sweep
      .command("submit")
      .summary("submit what is not done yet to a scheduler")
      .description("Submits what is not done yet to a scheduler, one array task per line of the plan.")
      .argument("<folder>", "a planned sweep, on a file system that all nodes see")
      .addOption(new Option("--engine <name>", "scheduler").choices(["slurm"]).default("slurm"))
      .option("--at-once <count>", "array tasks that run at the same time (%K; default: no limit)", positiveInteger)
      .option(
        "--time <limit>",
        "time limit of a task in sbatch's notation, e.g. 2:00:00; a task writes a checkpoint 120 s before it",
      )
      .option("--partition <name>", "partition of the cluster")
      .option("--sbatch <option...>", 'more options for sbatch, e.g. --sbatch="--gres=gpu:1"')
      .option("--setup <command>", 'command to run before each task, e.g. "module load nodejs"')
      .option("--chunk <count>", "tasks per array (default: the cluster's MaxArraySize)", positiveInteger)
      .option("--dry-run", "print the script and the commands, submit nothing"),
  ).action(async (folder: string, options: SweepSubmitOptions & SweepRunOptions) =>
    (await import("./submit.js")).sweepSubmit(folder, options),
  );
}
