import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jobStore } from "../src/index.js";

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "sgdscope-jobs-"));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

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

  it("takes a file for a result where it has the schema, the id of the job and an object that is one", async () => {
    type Result = { value: number };
    const store = await jobStore<{ task: number }, Result>(parent, {
      ...options,
      isResult: (value) => "value" in value,
    });
    const job = { task: 1 };
    const file = { schema: "test@1", id: store.idOf(job), version: "1", job, result: { value: 2 } };
    const found = async (changed: object): Promise<Result | undefined> => {
      await writeFile(join(parent, `${store.idOf(job)}.json`), JSON.stringify({ ...file, ...changed }));
      return store.read(job);
    };
    expect(await found({})).toEqual({ value: 2 });
    for (const changed of [{ schema: "test@2" }, { id: store.idOf({ task: 2 }) }, { id: 3 }])
      expect(await found(changed)).toBeUndefined();
    for (const result of [null, 2, "value", { other: 1 }, undefined]) expect(await found({ result })).toBeUndefined();
    const anything = await jobStore<{ task: number }, object>(parent, options);
    expect(await anything.read(job)).toBeUndefined();
    await found({ result: { other: 1 } });
    expect(await anything.read(job)).toEqual({ other: 1 });
    await found({ result: null });
    expect(await anything.read(job)).toBeUndefined();
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
