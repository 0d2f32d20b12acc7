import type { Command } from "commander";
import { Option } from "commander";
import { backendOption, type BackendName } from "../options/common.js";
import { positiveInteger, positiveNumber } from "../options/parsers.js";

export interface SweepPlanOptions {
  out?: string;
  dryRun?: boolean;
  json?: boolean;
}

export interface SweepRunOptions {
  jobs?: number;
  index?: number;
  offset: number;
  backend: BackendName;
  checkpointEvery: number;
  staleAfter: number;
  redis?: string;
  json?: boolean;
  quiet?: boolean;
}

export interface SweepCollectOptions {
  out?: string;
  json?: boolean;
}

export interface SweepSubmitOptions {
  engine: "slurm";
  atOnce?: number;
  time?: string;
  partition?: string;
  sbatch?: string[];
  setup?: string;
  chunk?: number;
  dryRun?: boolean;
}

/** Hands out runs by a server instead of the folder. */
export const redisOption = (): Option =>
  new Option(
    "--redis <url>",
    "share the plan with machines that have no common disk, through a Redis server; needs the packages bullmq and ioredis",
  );

/** The options that every way of running shares. */
export function addWorkOptions(command: Command): Command {
  return command
    .addOption(backendOption())
    .option("--checkpoint-every <steps>", "steps between checkpoints", positiveInteger, 1000)
    .option(
      "--stale-after <seconds>",
      "time without a heartbeat after which a worker on another machine counts as dead; on this machine the process itself is checked",
      positiveNumber,
      120,
    );
}
