import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readArrays } from "@sgdscope/array-files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";
import { gridFile, inProcess, start } from "./sweep-support.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-folders-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = {
  data: { kind: "synthetic", count: 12 },
  model: { kind: "fully-connected", widths: [4], bias: false },
  learningRate: 0.02,
  batchSize: 2,
  every: 20,
  maxSteps: 6000,
  lossBelow: 1e-12,
};
/** The same settings as options of `train`. */
const training = [
  ...["train", "--data", "synthetic", "--count", "12", "--model", "fully-connected", "--widths", "4"],
  ...["--learning-rate", "0.02", "--batch-size", "2", "--every", "20", "--max-steps", "6000", "--loss-below", "1e-12"],
  ...["--backend", "wasm", "--quiet"],
];

/** A sweep of one run, and the folder of that run. */
async function sweepOfOne(name: string, maxSteps = 6000): Promise<{ sweep: string; run: string }> {
  const sweep = join(folder, name);
  const grid = await gridFile(folder, { base: { ...settings, maxSteps }, seeds: 1 });
  const planned = await sgdscope("sweep", "plan", grid, "--out", sweep, "--json");
  const { runs } = JSON.parse(planned.stdout) as { runs: { id: string }[] };
  return { sweep, run: join(sweep, "runs", runs[0]!.id) };
}
const metricsOf = (run: string): Promise<string> => readFile(join(run, "metrics.jsonl"), "utf8").catch(() => "");
const stepsOf = async (run: string): Promise<number[]> =>
  (await metricsOf(run))
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { step: number }).step);

describe("a run folder has one owner", () => {
  it("is trained by train, continued by sweep run where it stopped, and ends as if it had never stopped", async () => {
    const { sweep, run } = await sweepOfOne("continued");
    const child = start([...training, "--out", join(sweep, "runs")]);
    const ended = once(child, "exit");
    while (!(await metricsOf(run)).includes('"step":140')) await sleep(10);
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(75);
    const { state, record } = JSON.parse(await readFile(join(run, "run.json"), "utf8")) as {
      state: string;
      record: { steps: number };
    };
    expect(state).toBe("stopped");
    const before = (await metricsOf(run)).trim().split("\n").length;
    expect(record.steps).toBeLessThan(6000);
    expect(before).toBeGreaterThan(7);

    const swept = await sgdscope("sweep", "run", sweep, "-j", "1", "--backend", "wasm", "--quiet");
    expect(swept).toMatchObject({ exitCode: 0 });
    expect(await sgdscope(...training, "--out", join(folder, "straight"))).toMatchObject({ exitCode: 0 });
    const other = join(folder, "straight", basename(run));
    expect(await metricsOf(run)).toBe(await metricsOf(other));
    expect(await readArrays(join(run, "parameters.safetensors"))).toEqual(
      await readArrays(join(other, "parameters.safetensors")),
    );
    expect(await stepsOf(run)).toEqual(Array.from({ length: 301 }, (_, k) => 20 * k));
  });

  it("is refused to a second train of the same settings, which writes nothing", async () => {
    const out = join(folder, "twice");
    // Long enough not to end before the second has begun; it is stopped then.
    const { run } = await sweepOfOne("names", 1e6);
    const own = join(out, basename(run));
    const long = [...training, "--max-steps", "1000000", "--out", out];
    const first = start(long);
    const ended = once(first, "exit");
    while (!(await metricsOf(own)).includes('"step":40')) await sleep(10);
    const second = await inProcess(long);
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain(`${own} is being written by process ${first.pid}`);
    expect(second.stdout).toBe("");
    first.kill("SIGTERM");
    expect((await ended)[0]).toBe(75);
    const steps = await stepsOf(own);
    expect(steps).toEqual(steps.map((_, k) => 20 * k));
  });

  it("is refused to a sweep while train has it, and the sweep takes it once train was killed", async () => {
    const { sweep, run } = await sweepOfOne("killed");
    const child = start([...training, "--out", join(sweep, "runs"), "--checkpoint-every", "100"]);
    const ended = once(child, "exit");
    while (!(await metricsOf(run)).includes('"step":400')) await sleep(10);
    const busy = await sgdscope("sweep", "run", sweep, "-j", "1", "--backend", "wasm", "--quiet", "--json");
    expect(JSON.parse(busy.stdout)).toMatchObject({ done: 0, running: 1, failed: 0 });
    child.kill("SIGKILL");
    await ended;
    const swept = await sgdscope("sweep", "run", sweep, "-j", "1", "--backend", "wasm", "--quiet", "--json");
    expect(JSON.parse(swept.stdout)).toMatchObject({ done: 1, running: 0 });
    expect(await stepsOf(run)).toEqual(Array.from({ length: 301 }, (_, k) => 20 * k));
  });
});
