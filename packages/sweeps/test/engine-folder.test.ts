import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { folderEngine, planRuns, type PlannedRun } from "../src/index.js";
import { testEngine } from "./engine-suite.js";

// Every worker of the suite is on a machine of its own: only hearts tell who lives.
const hosts = vi.hoisted(() => ({ next: 0, local: false }));
vi.mock("../../runs/src/locks/owner.js", () => ({
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
  async worker() {
    const engine = await folderEngine(sweep, plan, { staleAfter });
    let open = true;
    const close = async (): Promise<void> => {
      if (open) await engine.close();
      open = false;
    };
    return { engine, close, die: close };
  },
  cleanUp: () => rm(sweep, { recursive: true, force: true }),
});

describe("a folder of leases", () => {
  const lines = planRuns({ base: {}, seeds: 3 }, (settings) => settings);

  it("hands out one line by its index, and makes a second worker wait for its end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sgdscope-leases-"));
    hosts.local = true;
    const first = await folderEngine(folder, lines, { only: 1, staleAfter: 300 });
    const second = await folderEngine(folder, lines, { only: 1, staleAfter: 300 });
    const lease = (await first.lease())!;
    expect(lease.index).toBe(1);
    let over = false;
    const waiting = second.lease().finally(() => (over = true));
    await sleep(500);
    expect(over).toBe(false);
    await first.done(lease, "done");
    expect(await waiting).toBeUndefined();
    await expect(folderEngine(folder, lines, { only: 3 })).rejects.toThrow("index: expected 0 to 2, got 3");
    for (const engine of [first, second]) await engine.close();
    hosts.local = false;
    await rm(folder, { recursive: true });
  });
});
