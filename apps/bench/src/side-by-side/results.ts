import { readFile, rename, writeFile } from "node:fs/promises";
import type { Environment } from "./environment.js";
import type { Written } from "./networks.js";

/** One contender at one workload on one network. */
export interface Entry {
  contender: string;
  ours: boolean;
  /** Wall and processor time of each repetition, the warm-up left out. */
  seconds: number[];
  processorSeconds: number[];
  /** Against the reference: of the one result, or the root mean square over the seeds of a random workload. */
  error?: number;
  /** Mean over the repetitions, where the contender counts them. */
  products?: number;
  /** Largest resident memory of the process so far. */
  peakMiB?: number;
  /** Why there are no times. */
  failure?: string;
}

export interface Cell {
  network: string;
  workload: string;
  /** 1-minute load before and after. */
  load: [number, number];
  /** Steps that one repetition takes; 1 unless the workload is SGD. */
  steps: number;
  entries: Entry[];
  /** Contenders that were asked for; those without an entry do not offer the workload, or are missing. */
  asked: string[];
}

export interface Results {
  environment: Environment;
  settings: { repeats: number; threads: number };
  networks: Omit<Written, "folder">[];
  /** By contender. */
  versions: Record<string, { versions: Record<string, string>; threads: number }>;
  missing: { contender: string; reason: string; remedy: string }[];
  cells: Cell[];
}

/** The results of a run that was interrupted, or undefined. */
export async function loadResults(path: string): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The file appears whole or stays as it was. */
export async function saveText(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}
