import { SweepError } from "./errors.js";

/** What a Slurm job of a sweep needs; pure text, nothing here talks to a cluster. */
export interface SlurmScriptOptions {
  /** Name of the job. */
  name: string;
  /** The command of one task, as words; gets `--offset <number>` appended. Exits with 75 when it was stopped and can resume. */
  command: readonly string[];
  /** Where tasks start. */
  directory: string;
  /** Folder of the log files. */
  logs: string;
  /** Runs before each task, e.g. `module load nodejs`. */
  setup?: string;
  /** More lines for `#SBATCH`. */
  options?: readonly string[];
}

/**
 * The batch script of a job array: task `SLURM_ARRAY_TASK_ID` runs line `SLURM_ARRAY_TASK_ID + $1` of the plan.
 *
 * 120 seconds before the time limit Slurm sends USR1 to the script, which passes it on; the run checkpoints and exits with 75, and
 * the task goes back into the queue. A node that fails gives its tasks back by `--requeue`.
 *
 * @throws SweepError `INVALID_OPTION` for a line break in a name, a folder or an option, which would begin a directive of its own.
 */
export function slurmScript({ name, command, directory, logs, setup, options = [] }: SlurmScriptOptions): string {
  const lines = [
    "#!/bin/bash",
    `#SBATCH --job-name=${directive("name", name)}`,
    `#SBATCH --output=${directive("logs", logs.replaceAll("%", "%%"))}/%A_%a.log`,
    "#SBATCH --open-mode=append",
    "#SBATCH --signal=B:USR1@120",
    "#SBATCH --requeue",
    ...options.map((option) => `#SBATCH ${oneLine("options", option)}`),
    "",
    `cd ${shellWord(directory)} || exit 1`,
    ...(setup === undefined ? [] : [setup]),
    `${command.map(shellWord).join(" ")} --offset "$1" &`,
    "run=$!",
    "# A trapped signal ends `wait`; then the run is told and waited for again.",
    "told=1",
    `trap 'told=1; kill -USR1 "$run"' USR1`,
    `trap 'told=1; kill -TERM "$run"' TERM`,
    'while [ "$told" -eq 1 ]; do told=0; wait "$run"; code=$?; done',
    'if [ "$code" -eq 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi',
    'exit "$code"',
  ];
  return `${lines.join("\n")}\n`;
}

/** One array of a submission: its tasks as `--array` takes them, and what is added to their numbers. */
export interface SlurmArray {
  array: string;
  offset: number;
  tasks: number;
}

/**
 * Splits lines of a plan into arrays whose numbers stay below `maxArraySize`, in ranges: 0–2 and 5 are `0-2,5`.
 *
 * @param atOnce - Tasks of an array that run at the same time (`%K`).
 */
export function slurmArrays(indices: readonly number[], maxArraySize: number, atOnce?: number): SlurmArray[] {
  const chunks = new Map<number, number[]>();
  for (const index of [...indices].sort((a, b) => a - b)) {
    const offset = Math.floor(index / maxArraySize) * maxArraySize;
    chunks.set(offset, [...(chunks.get(offset) ?? []), index - offset]);
  }
  return [...chunks].map(([offset, tasks]) => ({
    array: ranges(tasks) + (atOnce === undefined ? "" : `%${atOnce}`),
    offset,
    tasks: tasks.length,
  }));
}

function ranges(sorted: readonly number[]): string {
  const parts: [first: number, last: number][] = [];
  for (const value of sorted) {
    const last = parts.at(-1);
    if (last?.[1] === value - 1) last[1] = value;
    else parts.push([value, value]);
  }
  return parts.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/** The number after `MaxArraySize` in what `scontrol show config` prints; Slurm's default where it says nothing. */
export function maxArraySizeOf(config: string): number {
  return Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1] ?? 1001);
}

function oneLine(argument: string, text: string): string {
  if (/[\n\r\0]/.test(text))
    throw new SweepError("INVALID_OPTION", `${argument}: expected one line, got ${JSON.stringify(text)}`);
  return text;
}

/** A value as sbatch reads a directive: quotation marks keep blanks together, a backslash keeps marks. */
const directive = (argument: string, text: string): string =>
  /^[\w./:=@%+-]+$/.test(oneLine(argument, text)) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
