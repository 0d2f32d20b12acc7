import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderEngine, planRuns, sweepStatus, work, writePlan, type PlannedRun } from "../src/index.js";
import { contents, toyRun, type ToyResult, type ToyTask } from "./toy.js";

/** How many workers die; set SGDSCOPE_KILLS for more. */
const kills = Number(process.env["SGDSCOPE_KILLS"] ?? 50);
const runs = 6;
// Long enough that the runs outlast the kills, whatever their number.
const steps = 60 + 12 * kills;
const script = fileURLToPath(new URL("toy-worker.ts", import.meta.url));

let folder: string;
let plan: PlannedRun<ToyTask>[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-kill-"));
  plan = planRuns({ base: { steps, pause: 1 }, seeds: runs }, (settings) => settings as unknown as ToyTask);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = (sweep: string): ChildProcess =>
  spawn(process.execPath, ["--conditions=sgdscope-source", "--import", "tsx", script, sweep], {
    stdio: ["ignore", "pipe", "inherit"],
  });

describe("kill -9", () => {
  it(
    `of ${kills} workers at random moments leaves what an undisturbed sweep leaves, bit for bit`,
    { timeout: 60_000 + 3000 * kills },
    async () => {
      const [calm, rough] = [join(folder, "calm"), join(folder, "rough")];
      for (const sweep of [calm, rough]) await writePlan(sweep, plan);
      const engine = await folderEngine(calm, plan);
      // The pause is part of the task, so that both sweeps have the same names.
      const undisturbed = work<ToyTask, ToyResult>({
        sweep: calm,
        plan,
        engine,
        run: (context) => toyRun({ ...context, task: { ...context.task, pause: 0 } }),
      });
      await undisturbed;
      await engine.close();

      let seed = 12345;
      const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
      let killed = 0;
      let tornDown = 0;
      const lane = async (): Promise<void> => {
        for (;;) {
          const child = start(rough);
          const exit = once(child, "exit") as Promise<[number | null, string | null]>;
          if (killed < kills) {
            await once(child.stdout!, "data");
            await sleep(random() * 120);
            if (killed < kills && child.exitCode === null && child.kill("SIGKILL")) killed++;
          }
          const [code, signal] = await exit;
          if (signal === "SIGKILL") tornDown++;
          else if (code === 0) return;
          else throw new Error(`toy-worker: expected exit code 0, got ${code}`);
        }
      };
      await Promise.all([lane(), lane()]);
      expect(tornDown).toBe(kills);
      expect((await sweepStatus(rough, plan)).map(({ progress }) => progress)).toEqual(plan.map(() => "done"));
      expect(await contents(rough)).toEqual(await contents(calm));
    },
  );
});
