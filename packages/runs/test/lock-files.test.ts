import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFiles } from "../src/index.js";

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), "sgdscope-lock-files-"));
});
afterEach(() => rm(runs, { recursive: true, force: true }));

describe("the folder of locks", () => {
  const owner = { host: "a", scope: "", pid: 1, started: "" };
  const lock = (name: string, text = JSON.stringify(owner)): Promise<void> =>
    writeFile(join(runs, ".locks", name), text);

  it("is listed by the highest generation of each run and by what has ended; other files are nobody's", async () => {
    const files = lockFiles(runs);
    expect(await files.list()).toEqual({ locks: new Map(), ended: new Map() });
    await mkdir(join(runs, ".locks"));
    for (const name of ["a.2", "a.10", "a.9", "b.done", "c.failed"]) await lock(name);
    for (const name of [".a.11.tmp", "x.a.12", "a.3~", "notes", "d.going"]) await lock(name);
    const { locks, ended } = await files.list();
    expect([...locks]).toEqual([["a", { generation: 10, path: join(runs, ".locks", "a.10") }]]);
    expect([...ended].sort()).toEqual([
      ["b", "done"],
      ["c", "failed"],
    ]);
  });

  it("is empty where the runs are a file, and cannot be listed where it is one that nobody can read", async () => {
    await writeFile(join(runs, "file"), "");
    expect((await lockFiles(join(runs, "file")).list()).locks.size).toBe(0);
    await expect(lockFiles(join(runs, "x".repeat(300))).list()).rejects.toMatchObject({ code: "ENAMETOOLONG" });
  });

  it("is left as it is by a second adoption, and where there is nothing to adopt", async () => {
    const nested = join(runs, "runs");
    await lockFiles(nested).adopt();
    expect(await readdir(runs)).toEqual([]);
    await mkdir(join(nested, ".locks"), { recursive: true });
    await mkdir(join(runs, "claims"));
    await writeFile(join(runs, "claims", "a.done"), "");
    await lockFiles(nested).adopt();
    expect(await readdir(join(runs, "claims"))).toEqual(["a.done"]);
    expect((await lockFiles(nested).list()).ended.size).toBe(0);
  });

  it("is adopted by one of many at once", async () => {
    const nested = join(runs, "runs");
    await mkdir(join(runs, "claims"));
    await writeFile(join(runs, "claims", "a.done"), "");
    await Promise.all(Array.from({ length: 8 }, () => lockFiles(nested).adopt()));
    expect(await readdir(join(nested, ".locks"))).toEqual(["a.done"]);
  });

  it("gives a generation to one owner, whose name it holds, and leaves nothing else behind", async () => {
    const files = lockFiles(runs);
    const first = (await files.take("a", 0, owner))!;
    expect(await files.take("a", 0, { ...owner, pid: 2 })).toBeUndefined();
    expect(await readdir(join(runs, ".locks"))).toEqual(["a.0"]);
    expect(await files.look(first)).toEqual({ time: expect.any(Number) as number, released: false, owner });
    expect(await files.holds("a", first)).toBe(true);
    const second = (await files.take("a", 1, { ...owner, pid: 2 }))!;
    expect(await files.holds("a", first)).toBe(false);
    expect(await files.holds("a", second)).toBe(true);
    expect(await files.look(first)).toBeUndefined();
    // One that was jumped over is not removed with those below it.
    await lock("b.0");
    expect(await files.take("b", 2, owner)).toEqual({ generation: 2, path: join(runs, ".locks", "b.2") });
    expect((await readdir(join(runs, ".locks"))).sort()).toEqual(["a.1", "b.0", "b.2"]);
  });

  it("keeps a lock that was let go, so that its generation is not used again; letting go twice is harmless", async () => {
    const files = lockFiles(runs);
    const taken = (await files.take("a", 0, owner))!;
    await files.release(taken);
    expect(await files.look(taken)).toEqual({ time: 0, released: true, owner });
    await rm(taken.path);
    await files.release(taken);
    await writeFile(join(runs, "file"), "");
    await expect(files.release({ generation: 0, path: join(runs, "file", "a.0") })).rejects.toMatchObject({
      code: "WRONG_PATH",
    });
  });

  it("remembers how a run ended: a failed one keeps its lock, released, one that is done needs none", async () => {
    const files = lockFiles(runs);
    const [failed, done] = [(await files.take("a", 0, owner))!, (await files.take("b", 0, owner))!];
    await files.end("a", failed, "failed");
    await files.end("b", done, "done");
    expect((await readdir(join(runs, ".locks"))).sort()).toEqual(["a.0", "a.failed", "b.done"]);
    expect((await files.look(failed))!.released).toBe(true);
    await files.end("b", done, "done");
    await files.forget("a", "failed");
    await files.forget("a", "failed");
    expect([...(await files.list()).ended]).toEqual([["b", "done"]]);
  });

  it.each(["{", "3", '{"host":"a","scope":"","pid":0,"started":""}'])(
    "refuses a lock with the owner %s",
    async (text) => {
      await mkdir(join(runs, ".locks"));
      await lock("a.0", text);
      const path = join(runs, ".locks", "a.0");
      const look = lockFiles(runs).look({ generation: 0, path });
      await expect(look).rejects.toMatchObject({
        code: "INVALID_RUN",
        path,
        message: expect.stringContaining(path) as string,
      });
      await expect(lockFiles(runs).look({ generation: 0, path: runs })).rejects.toMatchObject({ code: "EISDIR" });
    },
  );
});
