import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunContext } from "../src/work.js";

/** A run of arithmetic: what a training is to the sweep, in no time. */
export interface ToyTask {
  seed: number;
  steps: number;
  /** Milliseconds a step takes. */
  pause?: number;
  checkpointEvery?: number;
  metricEvery?: number;
  /** Throws at this step. */
  failsAt?: number;
}
export interface ToyResult {
  value: number;
  sum: number;
}

/** Follows x ← 4·0.97·x(1 − x), chaotic enough that a lost or a doubled step changes every digit. */
export async function toyRun({
  task,
  folder,
  signal,
}: RunContext<ToyTask, ToyResult>): Promise<{ record: ToyResult } | "stopped"> {
  const { seed, steps, pause = 0, checkpointEvery = 10, metricEvery = 5, failsAt = Infinity } = task;
  const decode = (bytes: Uint8Array): [number, number] => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return [view.getFloat64(0), view.getFloat64(8)];
  };
  let step = folder.resume?.step ?? 0;
  let [value, sum] = folder.resume === undefined ? [0.1 + (seed % 97) / 200, 0] : decode(folder.resume.bytes);
  const save = async (): Promise<void> => {
    const bytes = new DataView(new ArrayBuffer(16));
    bytes.setFloat64(0, value);
    bytes.setFloat64(8, sum);
    await folder.checkpoint(step, new Uint8Array(bytes.buffer));
  };
  while (step < steps) {
    if (signal.aborted) {
      await save();
      return "stopped";
    }
    value = 3.88 * value * (1 - value);
    sum += value;
    step++;
    if (step === failsAt) throw new Error(`toyRun: fails at step ${step}`);
    if (step % metricEvery === 0) folder.metric({ step, value });
    if (step % checkpointEvery === 0) await save();
    if (pause > 0) await sleep(pause);
  }
  await folder.place("result.bin", new Uint8Array(Float64Array.of(value, sum).buffer));
  return { record: { value, sum } };
}

/** Everything in the run folders of a sweep, by path; two sweeps that went the same way have equal ones. */
export async function contents(sweep: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const run of (await readdir(join(sweep, "runs"))).filter((name) => !name.startsWith(".")).sort())
    for (const name of (await readdir(join(sweep, "runs", run))).sort())
      files[`${run}/${name}`] = (await readFile(join(sweep, "runs", run, name))).toString("base64");
  return files;
}
