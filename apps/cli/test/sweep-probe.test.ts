import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPlan } from "@sgdscope/sweeps";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { probingOfRuns } from "../src/sweep/probing.js";
import { sgdscope } from "./support.js";
import { findings, gridFile, inProcess, planSweep, runsOf, tinyGrid } from "./sweep-support.js";

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-sweep-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const axes = { learningRate: [0.01, 0.02] };
const probed = { base: { ...tinyGrid.base, probe: ["margin", "batch-sharpness"], probeEvery: 40 }, axes };
const run = (sweep: string, ...more: string[]) =>
  sgdscope("sweep", "run", sweep, "--quiet", "--backend", "wasm", ...more);
const metricsOf = async (sweep: string, id: string): Promise<Record<string, number>[]> =>
  (await readFile(join(sweep, "runs", id, "metrics.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, number>);

describe("probes of a sweep", () => {
  it("at fixed steps are the same for any number of workers, and leave what is found as it is without", async () => {
    const [alone, together, plain] = [
      await planSweep(at("alone"), probed),
      await planSweep(at("together"), probed),
      await planSweep(at("plain"), { base: tinyGrid.base, axes }),
    ];
    for (const sweep of [alone, plain]) expect((await run(sweep, "-j", "1")).exitCode).toBe(0);
    // Workers need the loader of a process of their own.
    const several = await inProcess(["sweep", "run", together, "-j", "2", "--quiet", "--backend", "wasm"]);
    expect(several.exitCode).toBe(0);
    expect(await findings(together)).toEqual(await findings(alone));

    const [ids, plainIds] = [(await readPlan(alone)).map(({ id }) => id), (await readPlan(plain)).map(({ id }) => id)];
    expect(ids.some((id) => plainIds.includes(id))).toBe(false);
    for (const [k, id] of ids.entries()) {
      const [metrics, without] = [await metricsOf(alone, id), await metricsOf(plain, plainIds[k]!)];
      expect(metrics.map(({ step, loss }) => ({ step, loss }))).toEqual(without);
      const measured = metrics.filter(({ margin }) => margin !== undefined).map(({ step }) => step);
      expect(measured).toEqual([0, 40, 80, 120, 160, 200]);
      const parameters = (sweep: string, name: string): Promise<Buffer> =>
        readFile(join(sweep, "runs", name, "parameters.safetensors"));
      expect(await parameters(alone, id)).toEqual(await parameters(plain, plainIds[k]!));
    }
  });

  it("are those of train with the same settings, under the same name", async () => {
    const [line] = await readPlan(at("alone"));
    const { stdout } = await sgdscope(
      ...["train", "--data", "synthetic", "--count", "12", "--widths", "4", "--learning-rate", "0.01"],
      ...["--batch-size", "2", "--warm-up", "10", "--every", "20", "--max-steps", "200", "--loss-below", "1e-12"],
      ...["--probe", "batch-sharpness,margin", "--probe-every", "40", "--out", at("trained"), "--backend", "wasm"],
      ...["--quiet", "--json"],
    );
    const { id, task } = JSON.parse(stdout) as { id: string; task: object };
    // train spends other products on ‖H‖_F than the tiny grid.
    expect({ ...task, hessianProducts: 6 }).toEqual(line!.task);
    const trained = await readFile(join(at("trained"), id, "metrics.jsonl"), "utf8");
    expect(trained).toBe(await readFile(join(at("alone"), "runs", line!.id, "metrics.jsonl"), "utf8"));
  });

  it("within a share of the time say what there was no room for, and the curves of the sweep are one page", async () => {
    const tight = await planSweep(at("tight"), {
      base: { ...tinyGrid.base, probe: ["trace"], probeOverhead: 1e-9 },
      axes,
    });
    const { stderr } = await sgdscope("sweep", "run", tight, "-j", "1", "--backend", "wasm");
    expect(stderr).toMatch(/There was no room for trace in 2 runs: a larger probeOverhead of the grid has more, /);
    const page = at("curves.html");
    expect((await sgdscope("export", at("alone"), "--to", "html", "--out", page)).exitCode).toBe(0);
    const html = await readFile(page, "utf8");
    for (const id of await runsOf(at("alone"))) expect(html).toContain(`class="chapter" id="${id}"`);
    expect(html.match(/How far from the edge<\/h3>/g)).toHaveLength(2);
  });

  it.each([
    [{ probe: ["sharpness"] }, /grid: probe.*expected all, none or some of margin, /],
    [{ probeEvery: 5 }, /grid: probeEvery: expected a probe beside it/],
    [{ probe: "all", probeEvery: 5, probeOverhead: 1 }, /grid: probeEvery: expected no probeOverhead beside it/],
    [{ probes: "all" }, /grid: unknown key "probes"; did you mean probe\?/],
  ])("are refused where they are none: %j", async (more, message) => {
    const grid = await gridFile(folder, { base: { ...tinyGrid.base, ...more } });
    const { exitCode, stderr } = await sgdscope("sweep", "plan", grid, "--dry-run");
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe("what is said of the probes of runs", () => {
  it("counts runs by probe", () => {
    const probing = probingOfRuns();
    probing.add({ left: { trace: 3 }, failed: { margin: { times: 2, reason: "not finite" } } });
    probing.add({ left: { trace: undefined }, failed: {} });
    expect(probing.lines()).toEqual([
      "There was no room for trace in 2 runs: a larger probeOverhead of the grid has more, probeEvery measures whatever it takes.",
      "! margin could not be measured at points of 1 run, at the last: not finite",
    ]);
    expect(probingOfRuns().lines()).toEqual([]);
  });
});
