import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { isAlive } from "../src/index.js";
import { thisOwner } from "../src/locks/owner.js";

const linux = process.platform === "linux";

describe("the owner of a lock", () => {
  it("is this process of this machine, and lives", () => {
    const owner = thisOwner();
    expect(owner).toMatchObject({ host: hostname(), pid: process.pid });
    expect(thisOwner()).toEqual(owner);
    expect(isAlive(owner)).toBe(true);
  });

  it.skipIf(!linux)(
    "is told from a later process of the same number, and a later start of the machine, by Linux",
    () => {
      const owner = thisOwner();
      // The start of a machine and its process namespace; the start of a process in clock ticks.
      expect(owner.scope).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27} pid:\[\d+\]$/);
      expect(owner.started).toMatch(/^\d+$/);
      expect(isAlive({ ...owner, started: `${Number(owner.started) + 1}` })).toBe(false);
      expect(isAlive({ ...owner, scope: "another start" })).toBeUndefined();
    },
  );

  it("is of another machine, and of unknown life, under another name", () => {
    expect(isAlive({ ...thisOwner(), host: "elsewhere" })).toBeUndefined();
  });

  it.skipIf(!linux)("is dead once its process has ended, buried or not", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(child, "spawn");
    const { readFileSync } = await import("node:fs");
    const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
    const owner = { ...thisOwner(), pid: child.pid!, started };
    expect(isAlive(owner)).toBe(true);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    expect(isAlive(owner)).toBe(false);
  });

  it("is asked after by its number alone where no start is known", () => {
    expect(isAlive({ ...thisOwner(), started: "" })).toBe(true);
    expect(isAlive({ ...thisOwner(), started: "", pid: 2 ** 22 + 1 })).toBe(false);
  });
});
