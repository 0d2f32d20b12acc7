import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { claimFiles } from "../src/engine/claims.js";
import { folderEngine, planRuns, type PlannedRun } from "../src/index.js";
import { testEngine } from "./engine-suite.js";

// Every worker of the suite is on a machine of its own: only hearts tell who lives.
const hosts = vi.hoisted(() => ({ next: 0, local: false }));
vi.mock("../src/engine/owner.js", () => ({
  thisOwner: () => ({ host: `host-${hosts.next++}`, scope: "", pid: process.pid, started: "" }),
  isAlive: () => (hosts.local ? true : undefined),
}));

const staleAfter = 1200;
let sweep: string;
let plan: readonly PlannedRun[];
testEngine("a folder", {
  staleAfter,
  async prepare(prepared) {
    plan = prepared;
    sweep = await mkdtemp(join(tmpdir(), "sgdscope-engine-"));
  },
  worker() {
    const engine = folderEngine(sweep, plan, { staleAfter });
    let open = true;
    const close = async (): Promise<void> => {
      if (open) await engine.close();
      open = false;
    };
    return Promise.resolve({ engine, close, die: close });
  },
  cleanUp: () => rm(sweep, { recursive: true, force: true }),
});

describe("a folder of claims", () => {
  const lines = planRuns({ base: {}, seeds: 3 }, (settings) => settings);

  it("never uses a generation twice, so a worker with an old view takes nothing from a new owner", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sgdscope-claims-"));
    const files = claimFiles(folder);
    const owner = { host: "a", scope: "", pid: 1, started: "" };
    const zeroth = (await files.take("run", 0, owner))!;
    await files.release(zeroth); // a slow worker sees this and means to take generation 1
    const first = (await files.take("run", 1, owner))!;
    await files.release(first);
    const second = (await files.take("run", 2, owner))!;
    expect(await files.take("run", 1, owner)).toBeUndefined();
    expect(await files.holds("run", second)).toBe(true);
    expect(await files.holds("run", zeroth)).toBe(false);
    expect(await readdir(folder)).toEqual(["run.2"]);
    await rm(folder, { recursive: true });
  });

  it("hands out one line by its index, and makes a second worker wait for its end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sgdscope-claims-"));
    hosts.local = true;
    const first = folderEngine(folder, lines, { only: 1, staleAfter: 300 });
    const second = folderEngine(folder, lines, { only: 1, staleAfter: 300 });
    const claim = (await first.claim())!;
    expect(claim.index).toBe(1);
    let over = false;
    const waiting = second.claim().finally(() => (over = true));
    await sleep(500);
    expect(over).toBe(false);
    await first.done(claim, "done");
    expect(await waiting).toBeUndefined();
    expect(() => folderEngine(folder, lines, { only: 3 })).toThrow("index: expected 0 to 2, got 3");
    for (const engine of [first, second]) await engine.close();
    hosts.local = false;
    await rm(folder, { recursive: true });
  });
});
