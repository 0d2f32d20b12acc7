import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** A checkpoint on disk: the step it was taken after, and the metric lines that were written by then. */
interface CheckpointFile {
  name: string;
  step: number;
  lines: number;
}

/** The name holds what is needed to fit the metrics to it, so one rename places both. */
export const checkpointName = (step: number, lines: number, extension: string): string =>
  `checkpoint.${step}.${lines}.${extension}`;

/** The checkpoints of a run folder, the latest first. */
async function listCheckpoints(directory: string): Promise<CheckpointFile[]> {
  return (await readdir(directory))
    .flatMap((name) => {
      const [, step, lines] = /^checkpoint\.(\d+)\.(\d+)\.\w+$/.exec(name) ?? [];
      return step === undefined ? [] : [{ name, step: Number(step), lines: Number(lines) }];
    })
    .sort((a, b) => b.step - a.step);
}

/** Removes all checkpoints but `kept`. */
export async function removeCheckpoints(directory: string, kept?: string): Promise<void> {
  for (const { name } of await listCheckpoints(directory))
    if (name !== kept) await rm(join(directory, name), { force: true });
}

/** Where a run goes on: the latest checkpoint whose metrics are all there. */
export async function latestCheckpoint(
  directory: string,
  lines: number,
): Promise<(CheckpointFile & { bytes: Uint8Array }) | undefined> {
  for (const checkpoint of await listCheckpoints(directory))
    if (checkpoint.lines <= lines) return { ...checkpoint, bytes: await readFile(join(directory, checkpoint.name)) };
  return undefined;
}
