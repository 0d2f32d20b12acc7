import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArrays } from "@sgdscope/array-files";
import { readPlan } from "@sgdscope/sweeps";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrainingRun as RunFile } from "@sgdscope/training/node";
import { gridFile, planSweep, tinyGrid } from "./sweep-support.js";
import { sgdscope } from "./support.js";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-sweep-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const planned = (name: string, grid: object): Promise<string> => planSweep(at(name), grid);

describe("sweep", () => {
  const grid = { ...tinyGrid, axes: { learningRate: [0.01, 0.02], batchSize: [2, "all"] } };
  let sweep: string;

  it("plans, runs in this process and collects; a second run has nothing to do", async () => {
    sweep = await planned("whole", grid);
    expect(await readPlan(sweep)).toHaveLength(4);
    const { exitCode, stdout } = await sgdscope("sweep", "run", sweep, "-j", "1", "--quiet");
    expect(stdout).toMatch(/^4 of 4 runs done · 1 worker, .* % of their time inside runs\n$/);
    expect(exitCode).toBe(0);
    const again = await sgdscope("sweep", "run", sweep, "--quiet", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ schema: "sgdscope/sweep-run@1", runs: 4, done: 4, failed: 0 });
    const status = await sgdscope("sweep", "status", sweep, "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({ schema: "sgdscope/sweep-status@1", done: 4, waiting: 0 });
    const collected = await sgdscope("sweep", "collect", sweep, "--json", "--out", at("records.csv"));
    const { results } = JSON.parse(collected.stdout) as { results: RunFile[] };
    expect(results.map(({ record }) => [record!.learningRate, record!.batchSize])).toEqual([
      [0.01, 2],
      [0.01, 12],
      [0.02, 2],
      [0.02, 12],
    ]);
    const csv = await readFile(at("records.csv"), "utf8");
    expect(csv.split("\r\n")).toHaveLength(6);
    expect(csv).toContain("record.minimum.edgeRatio");
    expect((await sgdscope("sweep", "collect", sweep)).stdout).toContain("4 of 4 runs done");
  });

  it("gives the run, the name and the numbers of sgdscope train, and can be measured like it", async () => {
    const [line] = await readPlan(sweep);
    const trained = await sgdscope(
      ...[
        "train",
        "--data",
        "synthetic",
        "--count",
        "12",
        "--widths",
        "4",
        "--learning-rate",
        "0.01",
        "--batch-size",
        "2",
      ],
      ...["--warm-up", "10", "--every", "20", "--max-steps", "200", "--loss-below", "1e-12", "--quiet", "--json"],
      ...["--out", at("trained")],
    );
    const { id, record } = JSON.parse(trained.stdout) as RunFile;
    // sgdscope train spends 66 products on ‖H‖_F, the tiny grid 6: all else is the same run.
    expect(id).not.toBe(line!.id);
    const swept = JSON.parse(await readFile(join(sweep, "runs", line!.id, "run.json"), "utf8")) as RunFile;
    expect({ ...swept.record, seconds: 0, minimum: { ...swept.record!.minimum, frobeniusH: 0 } }).toEqual({
      ...record,
      seconds: 0,
      minimum: { ...record!.minimum, frobeniusH: 0 },
    });
    expect(await readArrays(join(sweep, "runs", line!.id, "parameters.safetensors"))).toEqual(
      await readArrays(join(at("trained"), id, "parameters.safetensors")),
    );
    const measured = await sgdscope("measure", "--run", join(sweep, "runs", line!.id), "--quiet", "--json");
    expect(measured.exitCode).toBe(0);
  });

  it("runs the line that a scheduler asks for", async () => {
    const indexed = await planned("indexed", grid);
    process.env["JOB_COMPLETION_INDEX"] = "2";
    try {
      expect(await sgdscope("sweep", "run", indexed, "--quiet")).toMatchObject({ exitCode: 0 });
      expect(await sgdscope("sweep", "run", indexed, "--quiet", "--index", "3")).toMatchObject({ exitCode: 0 });
    } finally {
      delete process.env["JOB_COMPLETION_INDEX"];
    }
    const status = JSON.parse((await sgdscope("sweep", "status", indexed, "--json")).stdout) as {
      runs: { progress: string }[];
    };
    expect(status.runs.map(({ progress }) => progress)).toEqual(["waiting", "waiting", "done", "done"]);
    const beyond = await sgdscope("sweep", "run", indexed, "--index", "4");
    expect(beyond).toMatchObject({ exitCode: 2, stderr: "error: index: expected 0 to 3, got 4\n" });
  });

  it("fails a run that cannot be, says which, and retries it", async () => {
    const failing = await planned("failing", { ...tinyGrid, axes: { hessianProducts: [6, 4] } });
    const { exitCode, stderr, stdout } = await sgdscope("sweep", "run", failing, "-j", "1", "--quiet");
    expect(exitCode).toBe(1);
    expect(stdout).toContain("1 of 2 runs done, 1 failed");
    expect(stderr).toMatch(/error: 1 of 2 runs failed, the first \(\w{12}\) with: deflatedNorm: expected maxMatvecs/);
    expect((await sgdscope("sweep", "status", failing)).stdout).toContain("deflatedNorm: expected maxMatvecs");
    expect((await sgdscope("sweep", "retry", failing)).stdout).toContain("1 run to retry");
    expect((await sgdscope("sweep", "retry", failing)).stdout).toBe("nothing to retry\n");
  });

  it("ends with 4 where the data set has vanished, with everything before it kept", async () => {
    const vanished = await planned("vanished", {
      base: { ...tinyGrid.base },
      axes: {
        data: [
          { kind: "synthetic", count: 12 },
          { kind: "cifar10", directory: at("nowhere"), count: 12 },
        ],
      },
    });
    const { exitCode, stderr } = await sgdscope("sweep", "run", vanished, "-j", "1", "--quiet");
    expect(stderr).toContain("nowhere");
    expect(exitCode).toBe(4);
    expect(JSON.parse((await sgdscope("sweep", "status", vanished, "--json")).stdout)).toMatchObject({
      done: 1,
      failed: 0,
    });
  });

  it.each([
    [{ base: { learningrate: 1 } }, /unknown key "learningrate"; did you mean learningRate\?/],
    [
      { ...tinyGrid, base: { ...tinyGrid.base, batchSize: 13 } },
      /batchSize: expected at most 12, the number of examples, got 13/,
    ],
    [
      { ...tinyGrid, base: { ...tinyGrid.base, learningRate: "fast" } },
      /learningRate: expected a positive number, got "fast"/,
    ],
    [
      { ...tinyGrid, base: { ...tinyGrid.base, model: { kind: "fully-connected", wdths: [3] } } },
      /model: .*got "wdths"/,
    ],
    [{ ...tinyGrid, axis: {} }, /unknown key "axis"; did you mean axes\?/],
  ])("refuses the grid %#", async (refused, message) => {
    const { exitCode, stderr } = await sgdscope("sweep", "plan", await gridFile(folder, refused), "--dry-run");
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });

  it("refuses a folder without a plan, and another plan in the same folder", async () => {
    expect(await sgdscope("sweep", "run", at("nothing"))).toMatchObject({ exitCode: 2 });
    const file = await gridFile(folder, { ...grid, seeds: 2 });
    const { exitCode, stderr } = await sgdscope("sweep", "plan", file, "--out", sweep);
    expect(stderr).toContain("another run on line 1");
    expect(exitCode).toBe(2);
  });

  it("prints the script of a submission without a cluster", async () => {
    const dry = await planned("dry", grid);
    const { stdout, exitCode } = await sgdscope(
      ...["sweep", "submit", dry, "--dry-run", "--at-once", "2", "--time", "1:00:00", "--chunk", "3"],
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain("#SBATCH --signal=B:USR1@120\n#SBATCH --requeue\n#SBATCH --time=1:00:00\n");
    expect(stdout).toContain("$ sbatch --parsable --array=0-2%2");
    expect(stdout).toContain("$ sbatch --parsable --array=0%2");
  });

  it("exports runs to CSV, Parquet, npz and TensorBoard, and answers SQL", async () => {
    const to = async (format: string, out: string, ...more: string[]) =>
      sgdscope("export", sweep, "--to", format, "--out", at(out), ...more);
    expect((await to("csv", "m.csv")).stdout).toMatch(/^44 rows, 3 columns/);
    expect((await readFile(at("m.csv"), "utf8")).startsWith("run,step,loss\r\n")).toBe(true);
    await to("parquet", "r.parquet", "--table", "records");
    expect((await readFile(at("r.parquet"))).subarray(0, 4).toString()).toBe("PAR1");
    await to("npz", "m.npz");
    expect((await readArrays(at("m.npz")))["loss"]!.shape).toEqual([44]);
    expect((await to("tensorboard", "tb")).exitCode).toBe(0);
    expect(await readdir(at("tb"))).toHaveLength(4);
    const asked = await sgdscope(
      "query",
      "select count(*) as n, max(step) as last from metrics",
      "--runs",
      sweep,
      "--json",
    );
    expect(JSON.parse(asked.stdout)).toEqual({
      schema: "sgdscope/query@1",
      columns: ["n", "last"],
      rows: [{ n: 44, last: 200 }],
    });
    expect((await sgdscope("query", "selec", "--runs", sweep)).exitCode).toBe(2);
    expect((await sgdscope("query", "select 1", "--runs", at("nothing"))).exitCode).toBe(2);
    expect((await sgdscope("export", at("nothing"), "--to", "csv")).exitCode).toBe(2);
  });
});
