import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { start } from "./sweep-support.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-reproduce-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("sgdscope reproduce", () => {
  it("stops with 75 at a signal and keeps what is done", { timeout: 120_000 }, async () => {
    const directory = join(folder, "killed");
    const argv = ["reproduce", "generalization", "--fast", "--data", "synthetic", "--jobs", "1", "--out", directory];
    const child = start(argv);
    let stderr = "";
    child.stderr!.on("data", (text) => (stderr += String(text)));
    const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const kept = async (): Promise<string[]> =>
      (await readdir(join(directory, "tasks")).catch(() => [])).filter((name) => name.endsWith(".json"));
    while ((await kept()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGTERM");
    expect(await exit).toBe(75);
    expect(stderr).toMatch(/stopped; \d+ of 100 jobs are kept/);
    for (const name of await kept())
      expect(JSON.parse(await readFile(join(directory, "tasks", name), "utf8"))).toMatchObject({
        schema: "sgdscope/job@2",
      });
  });
});
