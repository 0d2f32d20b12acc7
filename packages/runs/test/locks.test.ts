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

describe("locks of a folder of runs", () => {
  it.each([0, -1, NaN])("have a heart that beats: staleAfter of %s is refused", (staleAfter) =>
    expect(runLocks(runs, { staleAfter })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: `expected staleAfter > 0, got ${staleAfter}`,
    }),
  );

  it("say who has a run: one that ended, one that lives, one on another machine that was not watched, one that was faster", async () => {
    const [locks, others] = [await runLocks(runs), await runLocks(runs, { staleAfter: 60_000 })];
    const empty = await locks.list();
    const taken = await others.attempt("a", empty);
    if (!("lock" in taken)) throw new Error("not taken");
    expect(taken.lock.id).toBe("a");
    const listing = await locks.list();
    const owner = expect.objectContaining({ pid: 4242 }) as object;
    // A look, and another that sees no new beat.
    expect(await locks.attempt("a", listing)).toEqual({ held: "unsure", owner });
    expect(await locks.attempt("a", listing)).toEqual({ held: "unsure", owner });
    owners.alive = true;
    expect(await locks.attempt("a", listing)).toEqual({ held: "living", owner });
    expect(await locks.attempt("a", empty)).toEqual({ held: "raced" });
    await taken.lock.release("done");
    expect(await locks.attempt("a", await locks.list())).toEqual({ held: "ended" });
    // The old listing does not know that the run has ended.
    expect(await locks.attempt("a", { locks: new Map(), ended: new Map() })).toEqual({ held: "ended" });
    expect((await locks.list()).ended.get("a")).toBe("done");
    const gone = { generation: 7, path: join(runs, ".locks", "b.7") };
    expect(await locks.attempt("b", { locks: new Map([["b", gone]]), ended: new Map() })).toEqual({ held: "unsure" });
    for (const each of [locks, others]) await each.close();
  });

  it("that were let go are free at once, from generation 0 on, and letting go counts once", async () => {
    const locks = await runLocks(runs);
    const attempt = await locks.attempt("a", await locks.list());
    if (!("lock" in attempt)) throw new Error("not taken");
    expect(await readdir(join(runs, ".locks"))).toEqual(["a.0"]);
    await attempt.lock.release("released");
    await attempt.lock.release("done");
    expect((await locks.list()).ended.size).toBe(0);
    const again = await locks.attempt("a", await locks.list());
    expect("lock" in again).toBe(true);
    expect(await readdir(join(runs, ".locks"))).toEqual(["a.1"]);
    await locks.close();
  });

  it("beat while they are held and no longer, and tell their writer when the file is gone", async () => {
    const locks = await runLocks(runs, { staleAfter: 120 });
    const attempt = await locks.attempt("a", await locks.list());
    if (!("lock" in attempt)) throw new Error("not taken");
    const { lock } = attempt;
    const files = lockFiles(runs);
    const file = { generation: 0, path: join(runs, ".locks", "a.0") };
    const before = (await files.look(file))!.time;
    await expect.poll(async () => (await files.look(file))!.time, { timeout: 5000 }).toBeGreaterThan(before);
    expect(lock.lost.aborted).toBe(false);
    await lock.release("released");
    await sleep(150);
    expect(await files.look(file)).toMatchObject({ time: 0, released: true });
    const second = await locks.attempt("b", await locks.list());
    if (!("lock" in second)) throw new Error("not taken");
    await rm(join(runs, ".locks", "b.0"));
    await expect.poll(() => second.lock.lost.aborted, { timeout: 5000 }).toBe(true);
    expect(await second.lock.held()).toBe(false);
    await second.lock.release("done");
    expect((await locks.list()).ended.size).toBe(0);
    await locks.close();
  });
});

describe("the lock of one run folder", () => {
  it("is had of a run that ended, done or failed, and its ending is forgotten", async () => {
    const directory = join(runs, "abc");
    for (const ending of ["done", "failed"] as const) {
      const first = await lockRun(directory);
      await first.lock.release(ending);
      await first.close();
      expect((await lockFiles(runs).list()).ended.get("abc")).toBe(ending);
    }
    const last = await lockRun(directory);
    expect(await last.lock.held()).toBe(true);
    expect((await lockFiles(runs).list()).ended.size).toBe(0);
    await last.close();
  });

  it("ends the wait with the reason of the signal, before it has begun too", async () => {
    const directory = join(runs, "abc");
    const reason = new Error("enough");
    await expect(lockRun(directory, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const first = await lockRun(directory);
    owners.alive = true;
    const end = new AbortController();
    const second = lockRun(directory, { wait: true, signal: end.signal });
    setTimeout(() => end.abort(reason), 50);
    await expect(second).rejects.toMatchObject({ name: "AbortError", cause: reason });
    await first.close();
  });

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
