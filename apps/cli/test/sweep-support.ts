import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunFile } from "@sgdscope/runs";
import { expect } from "vitest";
import { sgdscope, type Outcome } from "./support.js";

/** Trainings of well under a second. */
export const tinyGrid = {
  base: {
    data: { kind: "synthetic", count: 12 },
    model: { kind: "fully-connected", widths: [4] },
    learningRate: 0.02,
    batchSize: 2,
    warmUp: 10,
    every: 20,
    maxSteps: 200,
    lossBelow: 1e-12,
    hessianProducts: 6,
  },
};

/** Writes a grid file (YAML reads JSON). */
export async function gridFile(folder: string, grid: object): Promise<string> {
  const path = join(folder, "grid.yaml");
  await writeFile(path, JSON.stringify(grid));
  return path;
}

/** Plans a sweep in a folder, which it gives back. */
export async function planSweep(folder: string, grid: object): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { exitCode, stderr } = await sgdscope("sweep", "plan", await gridFile(folder, grid), "--out", folder);
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return folder;
}

/** Starts `sgdscope …` from sources in a process of its own. */
export function start(argv: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  return spawn(process.execPath, ["--conditions=sgdscope-source", "--import", "tsx", main, ...argv], { env });
}

/** Runs `sgdscope …` from sources in a process of its own. */
export async function inProcess(argv: string[], env?: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = start(argv, env);
  const printed = { stdout: "", stderr: "" };
  child.stdout!.on("data", (text) => (printed.stdout += String(text)));
  child.stderr!.on("data", (text) => (printed.stderr += String(text)));
  const [code] = (await once(child, "close")) as [number | null];
  return { exitCode: code ?? -1, ...printed };
}

/** The names of the run folders of a sweep. */
export const runsOf = async (sweep: string): Promise<string[]> =>
  (await readdir(join(sweep, "runs")).catch(() => [])).filter((name) => !name.startsWith(".")).sort();

/** Everything that a sweep found, by path; seconds aside, which no two runs share. */
export async function findings(sweep: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const id of await runsOf(sweep))
    for (const name of (await readdir(join(sweep, "runs", id))).sort()) {
      const bytes = await readFile(join(sweep, "runs", id, name));
      if (name !== "run.json") {
        files[`${id}/${name}`] = createHash("sha256").update(bytes).digest("hex");
        continue;
      }
      const run = JSON.parse(bytes.toString()) as RunFile<unknown, { seconds: number }>;
      if (run.record !== undefined) run.record.seconds = 0;
      files[`${id}/${name}`] = JSON.stringify(run);
    }
  return files;
}
