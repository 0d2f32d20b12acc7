import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readPlan } from "@sgdscope/sweeps";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noSlurm, startSlurm, type Cluster } from "./slurm.js";
import { findings, gridFile, inProcess, tinyGrid } from "./sweep-support.js";

const minutes = 60_000;
if (noSlurm !== undefined) console.warn(`Skips the tests on a real Slurm: ${noSlurm}.`);

let folder: string;
let cluster: Cluster;
const at = (...names: string[]): string => join(folder, ...names);
const until = async (what: string, reached: () => Promise<boolean>, limit = 4 * minutes): Promise<void> => {
  const end = Date.now() + limit;
  while (!(await reached())) {
    if (Date.now() > end) throw new Error(`expected ${what}, got tired of waiting`);
    await sleep(200);
  }
};

describe.skipIf(noSlurm !== undefined)("sweep submit on a real Slurm", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sgdscope-slurm-"));
    await rm(folder, { recursive: true });
    cluster = await startSlurm(at("cluster"), 16);
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    "runs 20 array tasks in two arrays, through a dead node and a warning before the time limit, to the very same results",
    { timeout: 10 * minutes },
    async () => {
      // Line 0 takes far longer than the others: it is the one that is hit.
      const grid = {
        ...tinyGrid,
        axes: { maxSteps: [20_000, 200] },
        seeds: 19,
        exclude: [{ maxSteps: 20_000, seed: { above: 1 } }],
      };
      const file = await gridFile(folder, grid);
      const [calm, rough] = [at("calm"), at("rough")];
      for (const sweep of [calm, rough])
        expect(await inProcess(["sweep", "plan", file, "--out", sweep])).toMatchObject({ exitCode: 0 });
      const [long] = await readPlan(rough);
      const steps = async (): Promise<number> => {
        const names = await readdir(join(rough, "runs", long!.id)).catch(() => []);
        return Math.max(0, ...names.map((name) => Number(/^checkpoint\.(\d+)\./.exec(name)?.[1] ?? 0)));
      };

      const submitted = await inProcess(
        ["sweep", "submit", rough, "--at-once", "2", "--checkpoint-every", "500", "--backend", "wasm"],
        cluster.env,
      );
      expect(submitted).toMatchObject({ exitCode: 0, stderr: "" });
      expect(submitted.stdout.trim().split("\n")).toEqual([
        expect.stringMatching(/^job \d+: 16 tasks \(--array=0-15%2, lines from 0\)$/),
        expect.stringMatching(/^job \d+: 4 tasks \(--array=0-3%2, lines from 16\)$/),
      ]);
      const job = /job (\d+)/.exec(submitted.stdout)![1]!;

      // The power goes: slurmd, slurmstepd and the tasks die at once. The node comes back, and Slurm queues its tasks again.
      await until("a checkpoint of line 0", async () => (await steps()) >= 500);
      const died = await cluster.killNode();
      expect(died).toBeGreaterThanOrEqual(3);
      const before = await steps();
      await until("the node to be down", async () =>
        (await cluster.slurm("sinfo", "-h", "-o", "%T")).startsWith("down"),
      );
      await cluster.startNode();
      // Slurm holds a task back for two minutes after its node died or it was requeued; nobody waits for that here. But slurmd
      // refuses a start of the second in which the one before was revoked ("Job credential revoked"), and the task is lost.
      const goesOn = async (what: string, from: number): Promise<void> => {
        await sleep(3000);
        await until(what, async () => {
          await cluster.slurm("scontrol", "update", `JobId=${job}_0`, "StartTime=now").catch(() => undefined);
          return (await steps()) > from;
        });
      };
      await goesOn("line 0 to go on after the dead node", before);
      expect(await cluster.log()).toMatch(/[Rr]equeu/);

      // The warning before the time limit: a checkpoint, exit code 75, back into the queue.
      await cluster.slurm("scancel", "--signal=USR1", "--batch", `${job}_0`);
      const warned = await steps();
      await until("line 0 to be queued again", async () =>
        /Restarts=2/.test(await cluster.slurm("scontrol", "show", "job", `${job}_0`)),
      );
      await goesOn("line 0 to go on after the warning", warned);

      await until("an empty queue", async () => (await cluster.slurm("squeue", "-h")).trim() === "");
      const status = await inProcess(["sweep", "status", rough, "--json"], cluster.env);
      const tasks = (JSON.parse(status.stdout) as { slurm: { index: number; state: string }[] }).slurm;
      expect(tasks.map(({ index }) => index).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, k) => k));
      expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(["COMPLETED"]));

      expect(JSON.parse(status.stdout)).toMatchObject({ done: 20, failed: 0, running: 0, begun: 0, waiting: 0 });
      expect(await inProcess(["sweep", "run", calm, "-j", "2", "--quiet", "--backend", "wasm"])).toMatchObject({
        exitCode: 0,
      });
      expect(await findings(rough)).toEqual(await findings(calm));
      expect((await inProcess(["sweep", "submit", rough], cluster.env)).stdout).toContain("nothing to submit");
    },
  );
});
