import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jobStore, openRun, readRunFile, runId, wholeLines, type RunFolder } from "../src/index.js";

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

describe("a store of jobs", () => {
  const options = { schema: "test@1", identity: { version: "1" } };

  it("gives back what was kept, infinities included, and nothing of another version or a torn file", async () => {
    const store = await jobStore<{ task: number }, { value: number }>(parent, options);
    expect(await store.read({ task: 1 })).toBeUndefined();
    await store.write({ task: 1 }, { value: Infinity });
    expect(await store.read({ task: 1 })).toEqual({ value: Infinity });
    const newer = await jobStore<{ task: number }, { value: number }>(parent, {
      ...options,
      identity: { version: "2" },
    });
    expect(await newer.read({ task: 1 })).toBeUndefined();
    await writeFile(join(parent, `${store.idOf({ task: 1 })}.json`), '{"schema":"test@1","resu');
    expect(await store.read({ task: 1 })).toBeUndefined();
  });

  it("loses what killed writers left behind, and nothing that somebody may be writing", async () => {
    const dead = 2 ** 22 + 1; // above every process number of Linux
    const names = {
      left: `.a.json.${dead}-1.tmp`,
      fresh: `.b.json.${dead}-2.tmp`,
      mine: `.c.json.${process.pid}-3.tmp`,
    };
    for (const name of [...Object.values(names), "notes.tmp"]) await writeFile(join(parent, name), "{");
    const hour = new Date(Date.now() - 3_600_000);
    for (const name of [names.left, names.mine, "notes.tmp"]) await utimes(join(parent, name), hour, hour);
    await jobStore(parent, options);
    expect((await readdir(parent)).sort()).toEqual([names.fresh, names.mine, "notes.tmp"]);
  });
});
