import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  doneRuns,
  folderEngine,
  planRuns,
  retryRuns,
  sweepStatus,
  sweepTime,
  work,
  writePlan,
  type PlannedRun,
  type RunFunction,
  type WorkSummary,
} from "../src/index.js";
import { openRun, readRunFile } from "@sgdscope/runs";
import { contents, toyRun, type ToyResult, type ToyTask } from "./toy.js";

let sweep: string;
beforeEach(async () => void (sweep = await mkdtemp(join(tmpdir(), "sgdscope-work-"))));
afterEach(() => rm(sweep, { recursive: true, force: true }));

const planOf = (base: Partial<ToyTask>, seeds = 3): PlannedRun<ToyTask>[] =>
  planRuns({ base: { steps: 30, ...base }, seeds }, (settings) => settings as unknown as ToyTask);
async function workOn(
  plan: PlannedRun<ToyTask>[],
  run: RunFunction<ToyTask, ToyResult> = toyRun,
  more: { signal?: AbortSignal; only?: number; isHopeless?: (error: unknown) => boolean; limit?: number } = {},
  folder = sweep,
): Promise<WorkSummary> {
  const { only, ...options } = more;
  const engine = await folderEngine(folder, plan, only === undefined ? {} : { only });
  try {
    return await work<ToyTask, ToyResult>({ sweep: folder, plan, engine, run, environment: { cores: 2 }, ...options });
  } finally {
    await engine.close();
  }
}
const progresses = async (plan: PlannedRun[]): Promise<string[]> =>
  (await sweepStatus(sweep, plan)).map(({ progress }) => progress);

describe("work", () => {
  it("leaves each run as a folder with its task, its metrics and its result, and no checkpoint", async () => {
    const plan = planOf({});
    expect(await workOn(plan)).toMatchObject({ done: 3, failed: 0, stopped: 0 });
    const directory = join(sweep, "runs", plan[1]!.id);
    expect((await readdir(directory)).sort()).toEqual(["metrics.jsonl", "result.bin", "run.json"]);
    expect(await readRunFile(directory)).toMatchObject({
      schema: "sgdscope/run@2",
      id: plan[1]!.id,
      task: plan[1]!.task,
      environment: { cores: 2 },
      state: "done",
      record: { value: expect.any(Number) as number },
    });
    const lines = (await readFile(join(directory, "metrics.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([5, 10, 15, 20, 25, 30]);
    expect((await doneRuns(sweep, plan)).map(({ id }) => id)).toEqual(plan.map(({ id }) => id));
    expect(await sweepTime(sweep)).toMatchObject({ workers: 1 });
    expect(await workOn(plan)).toMatchObject({ done: 0 });
  });

  it("stops at a signal with a checkpoint, and goes on to the very same bits", async () => {
    const plan = planOf({ steps: 200, pause: 1 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    expect(await workOn(plan, toyRun, { signal: controller.signal })).toMatchObject({ done: 0, stopped: 1 });
    expect(await progresses(plan)).toEqual(["begun", "waiting", "waiting"]);
    expect((await readRunFile(join(sweep, "runs", plan[0]!.id)))!.state).toBe("stopped");
    expect(await workOn(plan)).toMatchObject({ done: 3 });
    const calm = await mkdtemp(join(tmpdir(), "sgdscope-work-"));
    await workOn(plan, toyRun, {}, calm);
    expect(await contents(sweep)).toEqual(await contents(calm));
    await rm(calm, { recursive: true });
  });

  it("marks a run that throws as failed, goes on with the others, and retries on demand", async () => {
    const plan = [...planOf({}, 2), ...planOf({ failsAt: 25 }, 1)].map((line, index) => ({ ...line, index }));
    expect(await workOn(plan)).toMatchObject({ done: 2, failed: 1 });
    expect(await sweepStatus(sweep, plan)).toMatchObject([
      { progress: "done" },
      { progress: "done" },
      { progress: "failed", error: "toyRun: fails at step 25" },
    ]);
    expect(await workOn(plan)).toMatchObject({ done: 0, failed: 0 });
    await rm(join(sweep, "runs", plan[0]!.id), { recursive: true });
    expect((await retryRuns(sweep, plan)).map(({ index }) => index)).toEqual([0, 2]);
    const mended: RunFunction<ToyTask, ToyResult> = (context) =>
      toyRun({ ...context, task: { ...context.task, failsAt: Infinity } });
    expect(await workOn(plan, mended)).toMatchObject({ done: 2, failed: 0 });
    expect(await retryRuns(sweep, plan)).toEqual([]);
  });

  it("takes one line by its index", async () => {
    const plan = planOf({});
    expect(await workOn(plan, toyRun, { only: 2 })).toMatchObject({ done: 1 });
    expect(await progresses(plan)).toEqual(["waiting", "waiting", "done"]);
    expect(await workOn(plan, toyRun, { only: 2 })).toMatchObject({ done: 0 });
  });

  it("ends where no run can succeed, keeps what there is, and blames no run", async () => {
    const plan = planOf({});
    let runs = 0;
    const vanishing: RunFunction<ToyTask, ToyResult> = (context) =>
      ++runs > 1
        ? Promise.reject(Object.assign(new Error("the data are gone"), { code: "NOT_FOUND" }))
        : toyRun(context);
    const isHopeless = (error: unknown): boolean => (error as { code?: string }).code === "NOT_FOUND";
    await expect(workOn(plan, vanishing, { isHopeless })).rejects.toThrow("the data are gone");
    expect(await progresses(plan)).toEqual(["done", "begun", "waiting"]);
    expect(await workOn(plan)).toMatchObject({ done: 2 });
  });

  it("cannot be spoiled by a worker that was frozen, lost its run and wakes", async () => {
    const [line] = planOf({});
    const directory = join(sweep, "run");
    let held = true;
    const frozen = (await openRun(directory, line!, { environment: {}, lock: { held: () => Promise.resolve(held) } }))!;
    frozen.metric({ step: 1, by: "frozen" });
    await frozen.checkpoint(1, Uint8Array.of(1));
    frozen.metric({ step: 2, by: "frozen" });
    held = false;
    const heir = (await openRun(directory, line!, { environment: {}, lock: { held: () => Promise.resolve(true) } }))!;
    expect(heir.resume).toEqual({ step: 1, bytes: Buffer.of(1) });
    heir.metric({ step: 2, by: "heir" });
    frozen.metric({ step: 3, by: "frozen" });
    await expect(frozen.checkpoint(3, Uint8Array.of(3))).rejects.toMatchObject({ code: "LOCK_LOST" });
    await expect(frozen.finish({ state: "done", record: 3 })).rejects.toMatchObject({ code: "LOCK_LOST" });
    await heir.finish({ state: "done", record: 2 });
    expect((await readRunFile(directory))!.record).toBe(2);
    expect(await readFile(join(directory, "metrics.jsonl"), "utf8")).toBe(
      '{"step":1,"by":"frozen"}\n{"step":2,"by":"heir"}\n',
    );
    expect((await readdir(directory)).sort()).toEqual(["metrics.jsonl", "run.json"]);
  });

  it("refuses a folder of another run", async () => {
    const plan = planOf({});
    const directory = join(sweep, "runs", plan[0]!.id);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "run.json"), JSON.stringify({ schema: "sgdscope/run@2", id: "other" }));
    await expect(workOn(plan)).rejects.toMatchObject({ code: "INVALID_RUN" });
    await writeFile(join(directory, "run.json"), "{");
    await expect(workOn(plan)).rejects.toMatchObject({ code: "INVALID_RUN" });
  });

  it("begins a run whose folder a power cut has emptied", async () => {
    const plan = planOf({}, 1);
    const directory = join(sweep, "runs", plan[0]!.id);
    await mkdir(directory, { recursive: true });
    for (const name of ["run.json", "metrics.jsonl"]) await writeFile(join(directory, name), new Uint8Array(100));
    expect(await progresses(plan)).toEqual(["waiting"]);
    expect(await workOn(plan)).toMatchObject({ done: 1 });
  });

  it("starts a run afresh where the metrics that a checkpoint counts on are missing", async () => {
    const plan = planOf({ steps: 60 }, 1);
    const first = workOn(
      plan,
      async (context) => (await toyRun({ ...context, task: { ...context.task, steps: 40 } }), "stopped"),
    );
    await first;
    await writeFile(join(sweep, "runs", plan[0]!.id, "metrics.jsonl"), '{"step":5,"value":0}\n');
    const resumed: unknown[] = [];
    await workOn(plan, (context) => {
      resumed.push(context.folder.resume);
      return toyRun(context);
    });
    expect(resumed).toEqual([undefined]);
    const metrics = await readFile(join(sweep, "runs", plan[0]!.id, "metrics.jsonl"), "utf8");
    expect(metrics.trim().split("\n")).toHaveLength(12);
  });
});

/** A file system of a few kilobytes, where this machine lets us make one. */
function smallDisk(path: string, options: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]).status === 0;
}
const canMount = ((): boolean => {
  const path = spawnSync("mktemp", ["-d"], { encoding: "utf8" }).stdout.trim();
  const works = smallDisk(path, "size=64k") && spawnSync("umount", [path]).status === 0;
  spawnSync("rmdir", [path]);
  return works;
})();
if (!canMount) console.warn("Skips the tests on a full and on a read-only disk: mounting a tmpfs needs root.");

describe.skipIf(!canMount)("a disk that takes no more", () => {
  afterEach(() => void spawnSync("umount", ["-l", sweep]));

  it("ends the worker with a clear error; runs before it are kept, and all goes on once there is room", async () => {
    expect(smallDisk(sweep, "size=128k")).toBe(true);
    const plan = planOf({ steps: 120, metricEvery: 1, checkpointEvery: 50 }, 12);
    await writePlan(sweep, plan);
    await expect(workOn(plan)).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringMatching(/the disk is full \(ENOSPC\); everything written before is kept/) as string,
    });
    const kept = (await doneRuns<ToyTask, ToyResult>(sweep, plan)).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(12);
    expect((await readdir(join(sweep, "runs"))).filter((name) => !name.startsWith(".")).length).toBeGreaterThanOrEqual(
      kept,
    );
    expect(spawnSync("mount", ["-o", "remount,size=4m", sweep]).status).toBe(0);
    expect(await workOn(plan)).toMatchObject({ done: 12 - kept, failed: 0 });
    const calm = await mkdtemp(join(tmpdir(), "sgdscope-work-"));
    await workOn(plan, toyRun, {}, calm);
    expect(await contents(sweep)).toEqual(await contents(calm));
    await rm(calm, { recursive: true });
  });

  it("says so where the folder is read-only", async () => {
    expect(smallDisk(sweep, "size=256k")).toBe(true);
    const plan = planOf({});
    await writePlan(sweep, plan);
    await workOn(plan, toyRun, { limit: 1 });
    expect(spawnSync("mount", ["-o", "remount,ro", sweep]).status).toBe(0);
    await expect(workOn(plan)).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringMatching(/the file system is read-only \(EROFS\)/) as string,
    });
    expect(await progresses(plan)).toEqual(["done", "waiting", "waiting"]);
    expect((await stat(join(sweep, "plan.jsonl"))).size).toBeGreaterThan(0);
    await expect(writePlan(join(sweep, "deep", "other"), plan)).rejects.toMatchObject({ code: "STORAGE" });
  });
});
