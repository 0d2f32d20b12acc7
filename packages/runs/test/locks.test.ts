import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lockFiles, lockRun, runLocks, type RunLocks } from "../src/index.js";

// Locks of these tests are of this machine, which knows who lives, or of others, whose hearts alone tell.
const owners = vi.hoisted(() => ({ next: 0, alive: undefined as boolean | undefined }));
vi.mock("../src/locks/owner.js", () => ({
  thisOwner: () => ({ host: `host-${owners.next++}`, scope: "", pid: 4242, started: "" }),
  isAlive: () => owners.alive,
}));

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), "sgdscope-locks-"));
  owners.alive = undefined;
});
afterEach(() => rm(runs, { recursive: true, force: true }));

describe("lock files", () => {
  it("never use a generation twice, so a worker with an old view takes nothing from a new owner", async () => {
    const files = lockFiles(runs);
    const owner = { host: "a", scope: "", pid: 1, started: "" };
    const zeroth = (await files.take("run", 0, owner))!;
    await files.release(zeroth); // a slow worker sees this and means to take generation 1
    const first = (await files.take("run", 1, owner))!;
    await files.release(first);
    const second = (await files.take("run", 2, owner))!;
    expect(await files.take("run", 1, owner)).toBeUndefined();
    expect(await files.holds("run", second)).toBe(true);
    expect(await files.holds("run", zeroth)).toBe(false);
    expect(await readdir(join(runs, ".locks"))).toEqual(["run.2"]);
  });

  it("of sweeps of earlier versions are read, and taken over by the first who writes", async () => {
    const nested = join(runs, "runs");
    await mkdir(join(runs, "claims"));
    await writeFile(join(runs, "claims", "a.done"), "");
    await writeFile(join(runs, "claims", "b.3"), JSON.stringify({ host: "gone", scope: "", pid: 1, started: "" }));
    const files = lockFiles(nested);
    const before = await files.list();
    expect([before.ended.get("a"), before.locks.get("b")?.generation]).toEqual(["done", 3]);
    const locks = await runLocks(nested);
    expect(await readdir(runs)).toEqual(["runs"]);
    expect((await locks.list()).locks.get("b")?.generation).toBe(3);
    owners.alive = false;
    const attempt = await locks.attempt("b", await locks.list());
    expect("lock" in attempt).toBe(true);
    expect((await readdir(join(nested, ".locks"))).sort()).toEqual(["a.done", "b.4"]);
    await locks.close();
  });
});

describe("the lock of one run folder", () => {
  it("is refused to a second writer, naming the first, and free once that one lets go", async () => {
    const directory = join(runs, "abc");
    const first = await lockRun(directory);
    owners.alive = true;
    await expect(lockRun(directory)).rejects.toMatchObject({
      name: "RunsError",
      code: "LOCKED",
      path: directory,
      message: expect.stringMatching(/abc is being written by process 4242 on host-\d+/) as string,
    });
    expect(await first.lock.held()).toBe(true);
    await first.lock.release("released");
    await first.close();
    const second = await lockRun(directory);
    expect(await first.lock.held()).toBe(false);
    await second.close();
  });

  it("is taken over from a writer that died", async () => {
    const directory = join(runs, "abc");
    const dead = await lockRun(directory);
    await dead.close();
    owners.alive = false;
    const heir = await lockRun(directory);
    expect(await heir.lock.held()).toBe(true);
    expect(await dead.lock.held()).toBe(false);
    await dead.lock.release("done");
    expect(await heir.lock.held()).toBe(true);
    await heir.close();
  });

  it("is taken over from another machine once its heart has stopped, and not before", async () => {
    const directory = join(runs, "abc");
    const staleAfter = 900;
    const other = await lockRun(directory, { staleAfter });
    await expect(lockRun(directory, { staleAfter })).rejects.toMatchObject({ code: "LOCKED" });
    await other.close(); // no more beats
    const heir = await lockRun(directory, { staleAfter });
    expect(await other.lock.held()).toBe(false);
    await heir.close();
  });

  it("waits where asked to, and an abort ends the wait", async () => {
    const directory = join(runs, "abc");
    const first = await lockRun(directory, { staleAfter: 600 });
    owners.alive = true;
    let over = false;
    const second = lockRun(directory, { staleAfter: 600, wait: true }).finally(() => (over = true));
    await sleep(200);
    expect(over).toBe(false);
    await first.lock.release("done");
    const locked = await second;
    const third = lockRun(directory, { wait: true, staleAfter: 600, signal: AbortSignal.timeout(100) });
    await expect(third).rejects.toThrow();
    for (const each of [first, locked]) await each.close();
  });

  it("hands a run to one of many that grasp at once", async () => {
    const processes: RunLocks[] = await Promise.all(Array.from({ length: 8 }, () => runLocks(runs)));
    const listing = await processes[0]!.list();
    const attempts = await Promise.all(processes.map((locks) => locks.attempt("run", listing)));
    expect(attempts.filter((attempt) => "lock" in attempt)).toHaveLength(1);
    for (const locks of processes) await locks.close();
  });
});
