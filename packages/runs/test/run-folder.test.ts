import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRun, readRunFile, runId, wholeLines, type RunFolder } from "../src/index.js";

let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "sgdscope-runs-"));
  directory = join(parent, "run");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const task = { rate: 0.1 };
const id = runId(task);
const lock = { held: () => Promise.resolve(true) };
const open = async (from: "checkpoint" | "start" = "checkpoint"): Promise<RunFolder | undefined> =>
  openRun(directory, { id, task }, { environment: { cores: 2 }, lock, from, extension: "safetensors" });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a run folder", () => {
  it("goes on from its latest checkpoint, with the metrics up to there", async () => {
    const first = (await open())!;
    expect(first.resume).toBeUndefined();
    first.metric({ step: 1 });
    await first.checkpoint(1, bytes("one"));
    first.metric({ step: 2 });
    await first.close();
    const second = (await open())!;
    expect(new TextDecoder().decode(second.resume!.bytes)).toBe("one");
    expect(second.resume!.step).toBe(1);
    expect(await wholeLines(join(directory, "metrics.jsonl"))).toEqual(['{"step":1}']);
    await second.close();
  });

  it("begins anew where asked to, whatever it has", async () => {
    const first = (await open())!;
    first.metric({ step: 1 });
    await first.checkpoint(1, bytes("one"));
    await first.finish({ state: "done", record: { value: 1 } });
    expect(await open()).toBeUndefined();
    const again = (await open("start"))!;
    expect(again.resume).toBeUndefined();
    expect(await readRunFile(directory)).toMatchObject({ schema: "sgdscope/run@2", state: "running" });
    await again.close();
    expect((await readdir(directory)).sort()).toEqual(["metrics.jsonl", "run.json"]);
  });

  it("keeps numbers that JSON does not have", async () => {
    const folder = (await open())!;
    folder.metric({ step: 1, loss: Infinity });
    await folder.finish({ state: "done", record: { bound: Infinity, none: NaN, text: "NaN" } });
    expect((await readRunFile(directory))!.record).toEqual({ bound: Infinity, none: NaN, text: "NaN" });
    expect(await readFile(join(directory, "metrics.jsonl"), "utf8")).toBe('{"step":1,"loss":"Infinity"}\n');
  });

  it("of an earlier version is read: its run.json, and its one checkpoint", async () => {
    await mkdir(directory);
    const old = { schema: "sgdscope/run@1", id, task, environment: {}, state: "stopped", record: { loss: 0.1 } };
    await writeFile(join(directory, "run.json"), JSON.stringify(old));
    await writeFile(join(directory, "metrics.jsonl"), '{"step":0}\n{"step":500}\n{"step":1000}\n');
    await writeFile(join(directory, "checkpoint.safetensors"), "old state");
    expect(await readRunFile(directory)).toEqual(old);
    const folder = (await open())!;
    expect(folder.resume!.step).toBeUndefined();
    expect(new TextDecoder().decode(folder.resume!.bytes)).toBe("old state");
    await folder.restart([{ step: 0 }, { step: 500 }]);
    folder.metric({ step: 1500 });
    await folder.checkpoint(1500, bytes("new state"));
    expect((await readdir(directory)).sort()).toEqual(["checkpoint.1500.3.safetensors", "metrics.jsonl", "run.json"]);
    expect(await wholeLines(join(directory, "metrics.jsonl"))).toEqual(['{"step":0}', '{"step":500}', '{"step":1500}']);
    await folder.close();
  });

  it("is refused where it is of another run, or its run.json is something else", async () => {
    await (await open())!.close();
    const other = { id: runId({ rate: 0.2 }), task: { rate: 0.2 } };
    await expect(openRun(directory, other, { environment: {}, lock })).rejects.toMatchObject({ code: "INVALID_RUN" });
    for (const text of ["[]", "null", "{", '{"schema":"sgdscope/run@9"}', '"Infinity"']) {
      await writeFile(join(directory, "run.json"), text);
      await expect(readRunFile(directory)).rejects.toMatchObject({ name: "RunsError", code: "INVALID_RUN" });
    }
  });

  it("is refused by name of the file that is wrong, and of what is wrong in it", async () => {
    await mkdir(directory);
    const path = join(directory, "run.json");
    const file = { schema: "sgdscope/run@2", id, task, environment: {}, state: "running" };
    const refused = async (text: string): Promise<string> => {
      await writeFile(path, text);
      const error: unknown = await readRunFile(directory).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "INVALID_RUN", path });
      return (error as Error).message;
    };
    expect(await refused("{")).toBe(`${path} is not JSON`);
    expect(await refused(JSON.stringify({ ...file, state: 3 }))).toBe(
      `${path} is not the file of a run: state: expected running, stopped, done or failed, got 3`,
    );
    expect(await refused(JSON.stringify({ ...file, id: "0123456789ab" }))).toContain(
      `the id ${id}, the file says 0123`,
    );
    expect(await refused(JSON.stringify({ ...file, task: { rate: "NaN" } }))).toContain("the id of none");
    await expect(openRun(directory, { id, task }, { environment: {}, lock })).rejects.toMatchObject({ path });
    await writeFile(path, JSON.stringify(file));
    const other = { id: runId({}), task: {} };
    await expect(openRun(directory, other, { environment: {}, lock })).rejects.toMatchObject({ path: directory });
  });

  it("whose run.json a power cut left without content has not begun; one that cannot be read is no run", async () => {
    await mkdir(directory);
    for (const text of ["", "\0\0\0", " \n"]) {
      await writeFile(join(directory, "run.json"), text);
      expect(await readRunFile(directory)).toBeUndefined();
    }
    expect(await readRunFile(join(parent, "gone"))).toBeUndefined();
    await rm(join(directory, "run.json"));
    await mkdir(join(directory, "run.json"));
    await expect(readRunFile(directory)).rejects.toMatchObject({ code: "EISDIR" });
  });

  it("goes on from the latest of its checkpoints whose metrics are all there, and removes the others", async () => {
    await (await open())!.close();
    await writeFile(join(directory, "metrics.jsonl"), '{"step":1}\n{"step":2}\n{"step":3}\n{"st');
    // Text order is not the order of steps; checkpoint 200 is ahead of the metrics.
    for (const name of [
      ...["checkpoint.9.1", "checkpoint.10.3", "checkpoint.8.1", "checkpoint.1.1", "checkpoint.3.2"],
      ...["checkpoint.200.14", "copy-of-checkpoint.300.1"],
    ])
      await writeFile(join(directory, `${name}.safetensors`), name);
    await writeFile(join(directory, "checkpoint.300.1.safetensors~"), "a backup");
    for (const name of ["my-checkpoint.bin", "checkpoint.bin2"]) await writeFile(join(directory, name), "mine");
    await writeFile(join(directory, ".run.json.1-1.tmp"), "left by a killed writer");
    const folder = (await open())!;
    expect(folder.resume!.step).toBe(10);
    expect(new TextDecoder().decode(folder.resume!.bytes)).toBe("checkpoint.10.3");
    expect(await wholeLines(join(directory, "metrics.jsonl"))).toEqual(['{"step":1}', '{"step":2}', '{"step":3}']);
    folder.metric({ step: 11 });
    await folder.checkpoint(11, bytes("eleven"));
    await folder.close();
    const own = ["checkpoint.11.4.safetensors", "metrics.jsonl", "run.json"];
    const others = [
      ...["checkpoint.300.1.safetensors~", "checkpoint.bin2"],
      ...["copy-of-checkpoint.300.1.safetensors", "my-checkpoint.bin"],
    ];
    expect((await readdir(directory)).sort()).toEqual([...own, ...others].sort());
  });

  it("begins at the start, with no metrics, where there is no checkpoint", async () => {
    const first = (await open())!;
    first.metric({ step: 1 });
    await first.finish({ state: "stopped", record: { reached: 1 } });
    expect((await readRunFile(directory))!.record).toEqual({ reached: 1 });
    const second = (await open())!;
    expect(second.resume).toBeUndefined();
    expect(await readFile(join(directory, "metrics.jsonl"), "utf8")).toBe("");
    await second.close();
    await second.close();
  });

  it("forgets checkpoints and metrics where it is to start, and takes bin as the extension", async () => {
    const folder = async (from?: "start"): Promise<RunFolder> =>
      (await openRun(directory, { id, task }, { environment: {}, lock, ...(from && { from }) }))!;
    const first = await folder();
    first.metric({ step: 1 });
    await first.checkpoint(1, bytes("one"));
    await first.close();
    expect(await readdir(directory)).toContain("checkpoint.1.1.bin");
    const second = await folder();
    expect(second.resume!.step).toBe(1);
    await second.close();
    const third = await folder("start");
    expect(third.resume).toBeUndefined();
    expect(await readFile(join(directory, "metrics.jsonl"), "utf8")).toBe("");
    expect((await readdir(directory)).sort()).toEqual(["metrics.jsonl", "run.json"]);
    await third.close();
  });

  it("keeps its checkpoint when it stops or fails, and none when it is done", async () => {
    for (const ending of [
      { state: "stopped" },
      { state: "failed", error: { message: "no room", code: "STORAGE" } },
      { state: "done", record: 1 },
    ] as const) {
      const folder = (await open())!;
      await folder.checkpoint(1, bytes("one"));
      await folder.place("extra.txt", "more");
      await folder.finish(ending);
      expect(await readRunFile(directory)).toMatchObject({ id, task, environment: { cores: 2 }, ...ending });
      expect(await readFile(join(directory, "extra.txt"), "utf8")).toBe("more");
      const checkpoints = (await readdir(directory)).filter((name) => name.startsWith("checkpoint"));
      expect(checkpoints).toEqual(ending.state === "done" ? [] : ["checkpoint.1.0.safetensors"]);
    }
  });

  it("of a run that is done loses a checkpoint that was left, and is not opened", async () => {
    await (await open())!.finish({ state: "done", record: 1 });
    await writeFile(join(directory, "checkpoint.1.0.safetensors"), "left");
    expect(await open()).toBeUndefined();
    expect((await readdir(directory)).sort()).toEqual(["metrics.jsonl", "run.json"]);
  });

  it("counts no line for a record that is not JSON, so the next checkpoint fits the metrics", async () => {
    const folder = (await open())!;
    folder.metric({ step: 1 });
    expect(() => folder.metric({ step: 2n })).toThrow();
    await folder.checkpoint(2, bytes("two"));
    expect(await readdir(directory)).toContain("checkpoint.2.1.safetensors");
    await folder.close();
    const again = (await open())!;
    expect(again.resume!.step).toBe(2);
    await again.close();
  });

  it("says that the metrics could not be written at the next checkpoint, which it does not place", async () => {
    const folder = (await open())!;
    folder.metric({ step: 1 });
    await folder.checkpoint(1, bytes("one"));
    await folder.close();
    folder.metric({ step: 2 });
    folder.metric({ step: 3 });
    await expect(folder.checkpoint(3, bytes("three"))).rejects.toThrow();
    await expect(folder.finish({ state: "stopped" })).rejects.toThrow();
    expect(await wholeLines(join(directory, "metrics.jsonl"))).toEqual(['{"step":1}']);
    expect(await readdir(directory)).toContain("checkpoint.1.1.safetensors");
    expect((await readRunFile(directory))!.state).toBe("running");
  });

  it("that vanished under its writer is a storage error, not a lost lock", async () => {
    const held = { held: () => Promise.resolve(false) };
    const folder = (await open())!;
    await folder.close();
    await rm(directory, { recursive: true });
    await mkdir(directory);
    const gone = openRun(directory, { id, task }, { environment: {}, lock: held });
    await expect(gone).rejects.toMatchObject({ code: "LOCK_LOST", path: directory });
    let there = true;
    const vanishing = {
      held: async () => {
        if (there) return true;
        await rm(directory, { recursive: true, force: true });
        return false;
      },
    };
    const second = (await openRun(directory, { id, task }, { environment: {}, lock: vanishing }))!;
    there = false;
    await expect(second.place("a", "b")).rejects.toMatchObject({ code: "STORAGE", path: directory });
    await second.close();
  });

  it("is not written once the lock is lost", async () => {
    let held = true;
    const folder = (await openRun(
      directory,
      { id, task },
      { environment: {}, lock: { held: () => Promise.resolve(held) } },
    ))!;
    held = false;
    await expect(folder.place("result.bin", bytes("x"))).rejects.toMatchObject({ code: "LOCK_LOST" });
    await expect(folder.finish({ state: "done", record: 1 })).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect((await readRunFile(directory))!.state).toBe("running");
  });
});
