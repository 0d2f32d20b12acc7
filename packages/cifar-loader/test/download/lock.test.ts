import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { withLock } from "../../src/download/lock.js";
import { temporaryFolder } from "../helpers.js";

describe("withLock", () => {
  it("lets one work at a time", async () => {
    const path = join(await temporaryFolder(), "x.lock");
    let [inside, most, waited] = [0, 0, 0];
    const work = async (): Promise<number> => {
      most = Math.max(most, ++inside);
      await wait(20);
      return inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, work, { poll: 5, onWait: () => waited++ })));
    expect(most).toBe(1);
    expect(waited).toBe(2);
  });

  it("is free again after work that fails", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "x.lock");
    await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is taken over from an owner who died", async () => {
    const path = join(await temporaryFolder(), "x.lock");
    await writeFile(path, "0\n");
    const then = new Date(Date.now() - 60_000);
    await utimes(path, then, then);
    expect(await withLock(path, () => Promise.resolve("mine"), { poll: 5 })).toBe("mine");
  });

  it("is not taken from an owner who works longer than a lock lasts", async () => {
    const path = join(await temporaryFolder(), "x.lock");
    const order: string[] = [];
    const options = { stale: 200, poll: 10 };
    const slow = withLock(path, () => wait(700).then(() => order.push("slow")), options);
    await wait(50);
    await withLock(path, () => Promise.resolve(order.push("next")), options);
    await slow;
    expect(order).toEqual(["slow", "next"]);
  });

  it("is not waited for once aborted", async () => {
    const path = join(await temporaryFolder(), "x.lock");
    await writeFile(path, "0\n");
    await expect(
      withLock(path, () => Promise.resolve(), { signal: AbortSignal.timeout(50), poll: 5 }),
    ).rejects.toMatchObject({ code: "ABORTED" });
  });
});
