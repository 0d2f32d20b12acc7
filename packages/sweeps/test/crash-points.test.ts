import type * as FileSystem from "node:fs/promises";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { folderEngine, planRuns, work, writePlan, type PlannedRun, type WorkSummary } from "../src/index.js";
import { repetitions } from "../../../tooling/soak.js";
import { contents, toyRun, type ToyResult, type ToyTask } from "./toy.js";

/** Which change of the disk the process does not survive, and whether it takes effect wholly, in part, or not at all. */
const crash = vi.hoisted(() => ({ at: Infinity, how: "before", count: 0, life: 1 }));

vi.mock("../../runs/src/locks/owner.js", () => ({
  thisOwner: () => ({ host: "here", scope: "", pid: crash.life, started: "" }),
  isAlive: ({ pid }: { pid: number }) => pid === crash.life,
}));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof FileSystem>();
  type Operation = (...argv: never[]) => Promise<unknown>;
  const dies = (): never => {
    throw new Error("the process was killed");
  };
  /** An operation that the process may not survive; `half` writes a part. */
  const mortal =
    (operation: Operation, half?: Operation): Operation =>
    async (...argv) => {
      crash.count++;
      if (crash.count > crash.at) return dies();
      if (crash.count < crash.at) return operation(...argv);
      if (crash.how === "after") await operation(...argv);
      if (crash.how === "torn") await half?.(...argv);
      return dies();
    };
  const text = (content: unknown): Uint8Array =>
    typeof content === "string" ? new TextEncoder().encode(content) : (content as Uint8Array);
  const halfOf = (content: unknown): Uint8Array => text(content).subarray(0, Math.ceil(text(content).length / 2));
  return {
    ...real,
    ...Object.fromEntries(
      (["rename", "rm", "mkdir", "link", "utimes"] as const).map((name) => [name, mortal(real[name] as Operation)]),
    ),
    writeFile: mortal(real.writeFile as Operation, (path: string, content: unknown) =>
      real.writeFile(path, halfOf(content)),
    ),
    open: async (path: string, flags: string) => {
      const handle = await real.open(path, flags);
      if (flags === "r") return handle;
      for (const name of ["writeFile", "appendFile"] as const) {
        const method = handle[name].bind(handle);
        handle[name] = mortal(method, (content: unknown) => method(halfOf(content))) as never;
      }
      return handle;
    },
  };
});

let folder: string;
let plan: PlannedRun<ToyTask>[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-crash-"));
  plan = planRuns({ base: { steps: 23 }, seeds: 2 }, (settings) => settings as unknown as ToyTask);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function live(sweep: string): Promise<WorkSummary | undefined> {
  crash.life++;
  crash.count = 0;
  const engine = await folderEngine(sweep, plan);
  try {
    return await work<ToyTask, ToyResult>({ sweep, plan, engine, run: toyRun });
  } catch {
    return undefined;
  } finally {
    await engine.close();
  }
}

describe("a death at any change of the disk", () => {
  it.each(["before", "torn", "after"] as const)(
    "(%s it takes effect) leaves what an undisturbed sweep leaves",
    async (how) => {
      const calm = join(folder, `calm-${how}`);
      crash.at = Infinity;
      await writePlan(calm, plan);
      expect(await live(calm)).toMatchObject({ done: 2, failed: 0 });
      const points = crash.count;
      expect(points).toBeGreaterThan(40);
      const expected = await contents(calm);

      for (let at = 1; at <= points; at += repetitions(9, 1)) {
        const sweep = join(folder, `${how}-${at}`);
        crash.at = Infinity;
        await writePlan(sweep, plan);
        Object.assign(crash, { at, how });
        await live(sweep);
        crash.at = Infinity;
        const rest = await live(sweep);
        expect(rest, `after a death at change ${at}`).toMatchObject({ failed: 0, stopped: 0 });
        expect(await contents(sweep), `after a death at change ${at}`).toEqual(expected);
        expect((await readdir(join(sweep, "runs", ".locks"))).filter((name) => name.endsWith(".done"))).toHaveLength(2);
        await rm(sweep, { recursive: true });
      }
    },
  );
});
