import { appendFile, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findings, inProcess, planSweep, runsOf, start, tinyGrid } from "./sweep-support.js";
import { sgdscope } from "./support.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-sweep-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const planned = (name: string, grid: object): Promise<string> => planSweep(join(folder, name), grid);

describe("sweep run in processes", () => {
  const kills = Number(process.env["SGDSCOPE_KILLS"] ?? 20);

  it("stops at SIGUSR1 with checkpoints and exit code 75, and goes on", { timeout: 120_000 }, async () => {
    const sweep = await planned("stopped", { ...tinyGrid, base: { ...tinyGrid.base, maxSteps: 30_000 }, seeds: 2 });
    const child = start(["sweep", "run", sweep, "-j", "2", "--quiet", "--backend", "wasm"]);
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    while (!(await metrics(sweep)).includes('"step":40')) await sleep(20);
    child.kill("SIGUSR1");
    expect(await ended).toBe(75);
    expect(JSON.parse((await sgdscope("sweep", "status", sweep, "--json")).stdout)).toMatchObject({
      running: 0,
      done: 0,
    });
  });

  it("replaces a worker process that is killed", { timeout: 120_000 }, async () => {
    const grid = { ...tinyGrid, base: { ...tinyGrid.base, maxSteps: 3000 }, seeds: 3 };
    const sweep = await planned("replaced", grid);
    const child = start(["sweep", "run", sweep, "-j", "2", "--quiet", "--backend", "wasm", "--json"]);
    let stdout = "";
    child.stdout!.on("data", (text) => (stdout += String(text)));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    while (!(await metrics(sweep)).includes('"step":40')) await sleep(20);
    const locks = await readdir(join(sweep, "runs", ".locks"));
    const owner = await readFile(
      join(
        sweep,
        "runs",
        ".locks",
        locks.find((name) => /\.\d+$/.test(name))!,
      ),
      "utf8",
    );
    process.kill((JSON.parse(owner) as { pid: number }).pid, "SIGKILL");
    expect(await ended).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ done: 3, failed: 0, running: 0 });
  });

  it(
    `survives ${kills} times kill -9 of everything, in the middle of trainings, with the results of an undisturbed sweep`,
    { timeout: 60_000 + 15_000 * kills },
    async () => {
      const grid = { ...tinyGrid, base: { ...tinyGrid.base, maxSteps: 300 * kills }, seeds: 3 };
      const [calm, rough] = [await planned("calm", grid), await planned("rough", grid)];
      let seed = 7;
      const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
      const run = ["sweep", "run", rough, "-j", "1", "--quiet", "--backend", "wasm", "--checkpoint-every", "50"];
      let killed = 0;
      while (killed < kills) {
        const before = (await metrics(rough)).length;
        const child = start(run);
        const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
        // It dies at a random moment of its work, not while it starts.
        while (child.exitCode === null && (await metrics(rough)).length <= before) await sleep(10);
        await sleep(random() * 250);
        if (child.exitCode !== null) break;
        child.kill("SIGKILL");
        await ended;
        killed++;
      }
      expect(killed).toBe(kills);
      // What a torn write leaves, which a kill of the process alone hardly ever does.
      for (const id of await runsOf(rough)) await appendFile(join(rough, "runs", id, "metrics.jsonl"), '{"step":1');
      expect(await inProcess([...run.slice(0, 3), "-j", "2", ...run.slice(5)])).toMatchObject({ exitCode: 0 });
      expect(await sgdscope("sweep", "run", calm, "-j", "1", "--quiet", "--backend", "wasm")).toMatchObject({
        exitCode: 0,
      });
      const [found, expected] = [await findings(rough), await findings(calm)];
      expect(found).toEqual(expected);
    },
  );
});

/** All metrics of a sweep so far. */
async function metrics(sweep: string): Promise<string> {
  const ids = await runsOf(sweep);
  const texts = await Promise.all(
    ids.map((id) => readFile(join(sweep, "runs", id, "metrics.jsonl"), "utf8").catch(() => "")),
  );
  return texts.join("");
}
