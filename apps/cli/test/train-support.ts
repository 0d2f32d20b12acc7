import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrainingRun as RunFile } from "@sgdscope/training/node";

export type { RunFile };

/** The command line of a training of well under a second. */
export const shortTraining = (out: string, ...more: string[]): string[] => [
  ...["train", "--data", "synthetic", "--count", "20", "--widths", "8", "--learning-rate", "0.02", "--batch-size", "2"],
  ...["--warm-up", "20", "--every", "50", "--max-steps", "400", "--loss-below", "1e-12", "--quiet"],
  ...["--out", out, ...more],
];

/** The one run folder in a folder. */
export async function runIn(out: string): Promise<string> {
  return join(
    out,
    (await readdir(out)).find((name) => !name.startsWith("."))!,
  );
}

export async function runFileIn(out: string): Promise<RunFile> {
  return JSON.parse(await readFile(join(await runIn(out), "run.json"), "utf8")) as RunFile;
}
