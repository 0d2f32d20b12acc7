import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readArrays, writeArrays, type NamedArray } from "@sgdscope/array-files";
import type { MinimumRecord, MinimumTask } from "@sgdscope/experiments";
import type { Checkpoint } from "@sgdscope/sgd";
import { usageError } from "../terminal/exit.js";

/** What `run.json` holds: everything that determines the run, where it ran, and its result once there is one. */
export interface RunFile {
  schema: "sgdscope/run@1";
  id: string;
  task: MinimumTask;
  environment: Record<string, string | number>;
  state: "running" | "stopped" | "done";
  record?: MinimumRecord;
}

/** The files of one run; each write takes effect whole or not at all. */
export function runFolder(directory: string) {
  const path = (name: string): string => join(directory, name);
  const place = async (name: string, text: string): Promise<void> => {
    await writeFile(path(`${name}.part`), text);
    await rename(path(`${name}.part`), path(name));
  };
  return {
    directory,
    create: () => mkdir(directory, { recursive: true }),
    writeRun: (run: RunFile) => place("run.json", `${JSON.stringify(run, null, 2)}\n`),
    async readRun(): Promise<RunFile> {
      let run: RunFile;
      try {
        run = JSON.parse(await readFile(path("run.json"), "utf8")) as RunFile;
      } catch (error) {
        throw usageError(
          `--run: expected a folder written by sgdscope train, got ${directory} (${(error as Error).message})`,
        );
      }
      if ((run.schema as string) !== "sgdscope/run@1")
        throw usageError(`--run: expected schema sgdscope/run@1 in ${path("run.json")}, got ${run.schema}`);
      return run;
    },
    appendMetric: (metric: object) => appendFile(path("metrics.jsonl"), `${JSON.stringify(metric)}\n`),
    /** Starts the metrics anew with what a checkpoint remembers. */
    writeMetrics: (metrics: readonly object[]) =>
      place("metrics.jsonl", metrics.map((metric) => `${JSON.stringify(metric)}\n`).join("")),
    writeParameters: (parameters: Record<string, NamedArray>) =>
      writeArrays(path("parameters.safetensors"), parameters),
    readParameters: () => readArrays(path("parameters.safetensors")),
    /** Arrays and state go into one file, so a kill can never leave halves of two checkpoints. */
    async writeCheckpoint({ arrays, state }: Checkpoint): Promise<void> {
      await writeArrays(path("checkpoint.safetensors"), arrays, { metadata: { state: JSON.stringify(state) } });
    },
    async readCheckpoint(): Promise<Checkpoint | undefined> {
      const { parseSafetensors } = await import("@sgdscope/array-files");
      let bytes: Uint8Array;
      try {
        bytes = await readFile(path("checkpoint.safetensors"));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
      const { arrays, metadata } = parseSafetensors(bytes);
      return { arrays, state: JSON.parse(metadata["state"]!) as Checkpoint["state"] } as Checkpoint;
    },
    removeCheckpoint: () => rm(path("checkpoint.safetensors"), { force: true }),
  };
}
