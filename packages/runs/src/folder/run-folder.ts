import { access, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { formatJson } from "@sgdscope/array-files";
import { RunsError, storageError } from "../errors.js";
import type { RunLock } from "../locks/run-locks.js";
import { checkpointName, latestCheckpoint, removeCheckpoints } from "./checkpoints.js";
import { wholeLines } from "./lines.js";
import { makeFolder, placeFile, removeTemporaries } from "./place.js";
import { readRunFile, type RunFile } from "./run-file.js";

/** What a run folder is opened with. */
export interface OpenRunOptions {
  /** Goes into `run.json` before the first step. */
  environment: Record<string, string | number>;
  /** Extension of checkpoints; default `bin`. */
  extension?: string;
  /** Whether the folder is still ours is asked before every file is placed. */
  lock: Pick<RunLock, "held">;
  /** `"start"` forgets what the folder has, a result included. Default `"checkpoint"`: goes on where the former writer was. */
  from?: "checkpoint" | "start";
}

/** A run folder in the hands of its one writer. */
export interface RunFolder<Result = unknown> {
  readonly directory: string;
  /** The latest checkpoint to go on from; undefined at the start. */
  readonly resume: { step: number | undefined; bytes: Uint8Array } | undefined;
  /** Starts `metrics.jsonl` anew with these lines, for a checkpoint that remembers them itself. */
  restart(metrics: readonly object[]): Promise<void>;
  /** Appends one line to `metrics.jsonl`. A failure is thrown by the next `checkpoint` or `finish`. */
  metric(record: object): void;
  /** Replaces the checkpoint, after the metrics so far are on disk. */
  checkpoint(step: number, bytes: Uint8Array): Promise<void>;
  /** Places a file of results beside the others. */
  place(name: string, content: string | Uint8Array): Promise<void>;
  /** Writes how the run ended and closes the folder; a run that is done needs no checkpoint any more. */
  finish(ending: Ending<Result>): Promise<void>;
  /** Closes the folder as it is. */
  close(): Promise<void>;
}

/** How a run ended. */
export type Ending<Result = unknown> =
  | { state: "done"; record: Result }
  | { state: "stopped"; record?: Result }
  | { state: "failed"; error: { message: string; code?: string } };

/**
 * Opens the folder of a run for its one writer, makes it where needed, and brings it into the state of its latest checkpoint: lines of
 * `metrics.jsonl` beyond it are dropped, a torn last line among them.
 *
 * The metrics become a new file, so a former writer that still has the old one open writes into nothing.
 *
 * @returns Undefined if the run is done.
 * @throws RunsError `INVALID_RUN` if the folder is of another run, `STORAGE`, `LOCK_LOST`.
 */
export async function openRun<Result = unknown>(
  directory: string,
  { id, task }: { id: string; task: unknown },
  { environment, extension = "bin", lock, from = "checkpoint" }: OpenRunOptions,
): Promise<RunFolder<Result> | undefined> {
  const before = await readRunFile(directory);
  if (before !== undefined && before.id !== id)
    throw new RunsError("INVALID_RUN", `${directory} holds run ${before.id}, expected run ${id}`, { path: directory });
  if (before?.state === "done" && from === "checkpoint") {
    await removeCheckpoints(directory);
    return undefined;
  }
  const metricsPath = join(directory, "metrics.jsonl");
  const stored = <T>(work: Promise<T>, path = directory): Promise<T> =>
    work.catch((error: unknown) => {
      throw storageError(path, error);
    });
  const expectHeld = async (): Promise<void> => {
    if (await lock.held()) return;
    // A lock goes with the folder that it is in, too.
    await stored(access(directory));
    throw new RunsError("LOCK_LOST", `somebody else took over run ${id}`, { path: directory });
  };
  const place = async (name: string, content: string | Uint8Array): Promise<void> => {
    await expectHeld();
    await placeFile(join(directory, name), content);
  };
  const isNew = await makeFolder(directory);
  const { kept, resume } = isNew ? { kept: [], resume: undefined } : await tidied();
  const file: RunFile<unknown, Result> = { schema: "sgdscope/run@2", id, task, environment, state: "running" };
  const runText = (run: RunFile<unknown, Result>): string => `${formatJson(run, 2)}\n`;
  await expectHeld();
  // A power cut may undo these two, and the run then begins afresh: not worth the wait for the disk before every run.
  await placeFile(join(directory, "run.json"), runText(file), false);
  await placeFile(metricsPath, kept.map((line) => `${line}\n`).join(""), false);
  let metrics: FileHandle = await stored(open(metricsPath, "a"), metricsPath);
  let lines = kept.length;
  let written = Promise.resolve();
  let failure: unknown;
  let closed = false;

  /** What a former writer left: its latest checkpoint, and the metrics up to there. */
  async function tidied(): Promise<{ kept: string[]; resume: Awaited<ReturnType<typeof latestCheckpoint>> }> {
    await stored(removeTemporaries(directory));
    if (from === "start") {
      await stored(removeCheckpoints(directory));
      return { kept: [], resume: undefined };
    }
    const existing = await wholeLines(metricsPath);
    const resume = await latestCheckpoint(directory, existing.length, extension);
    await stored(removeCheckpoints(directory, resume?.name));
    return { kept: existing.slice(0, resume?.lines ?? 0), resume };
  }
  async function settle(): Promise<void> {
    await written;
    if (failure !== undefined) throw storageError(metricsPath, failure);
    await stored(metrics.sync(), metricsPath);
  }
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await written;
    await metrics.close();
  }

  return {
    directory,
    resume: resume === undefined ? undefined : { step: resume.step, bytes: resume.bytes },
    async restart(records) {
      await settle();
      await metrics.close();
      await place("metrics.jsonl", records.map((record) => `${formatJson(record)}\n`).join(""));
      metrics = await stored(open(metricsPath, "a"), metricsPath);
      lines = records.length;
    },
    metric(record) {
      const line = `${formatJson(record)}\n`;
      lines++;
      written = written.then(async () => {
        // After a line that failed no other may follow: what is on disk stays a prefix.
        if (failure === undefined) await metrics.appendFile(line).catch((error: unknown) => void (failure = error));
      });
    },
    async checkpoint(step, bytes) {
      const name = checkpointName(step, lines, extension);
      await settle();
      await place(name, bytes);
      await stored(removeCheckpoints(directory, name));
    },
    place,
    async finish(ending) {
      try {
        await settle();
        await place("run.json", runText({ ...file, ...ending }));
        if (ending.state === "done") await removeCheckpoints(directory).catch(() => undefined);
      } finally {
        await close();
      }
    },
    close,
  };
}
