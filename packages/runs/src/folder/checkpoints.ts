import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** A checkpoint on disk: the step it was taken after, and the metric lines that were written by then. */
interface CheckpointFile {
  name: string;
  /** Undefined of a checkpoint that earlier versions of `sgdscope train` wrote, which says so inside only. */
  step: number | undefined;
  lines: number;
}

/** The name holds what is needed to fit the metrics to it, so one rename places both. */
export const checkpointName = (step: number, lines: number, extension: string): string =>
  `checkpoint.${step}.${lines}.${extension}`;

/** The checkpoints of a run folder, the latest first. */
async function listCheckpoints(directory: string): Promise<(CheckpointFile & { step: number })[]> {
  return (await readdir(directory))
    .flatMap((name) => {
      const [, step, lines] = /^checkpoint\.(\d+)\.(\d+)\.\w+$/.exec(name) ?? [];
      return step === undefined ? [] : [{ name, step: Number(step), lines: Number(lines) }];
    })
    .sort((a, b) => b.step - a.step);
}

/** What `sgdscope train` of earlier versions called its one checkpoint. */
const earlierName = (extension: string): string => `checkpoint.${extension}`;

/** Removes all checkpoints but `kept`. */
export async function removeCheckpoints(directory: string, kept?: string): Promise<void> {
  const earlier = (await readdir(directory)).filter((name) => /^checkpoint\.[a-z]+$/.test(name));
  for (const name of [...(await listCheckpoints(directory)).map((each) => each.name), ...earlier])
    if (name !== kept) await rm(join(directory, name), { force: true });
}

/** Where a run goes on: the latest checkpoint whose metrics are all there. */
export async function latestCheckpoint(
  directory: string,
  lines: number,
  extension: string,
): Promise<(CheckpointFile & { bytes: Uint8Array }) | undefined> {
  for (const checkpoint of await listCheckpoints(directory))
    if (checkpoint.lines <= lines) return { ...checkpoint, bytes: await readFile(join(directory, checkpoint.name)) };
  const name = earlierName(extension);
  const bytes = await readFile(join(directory, name)).catch(() => undefined);
  return bytes === undefined ? undefined : { name, step: undefined, lines, bytes };
}
