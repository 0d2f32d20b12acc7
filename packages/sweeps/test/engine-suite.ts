import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planRuns, type Lease, type Engine, type PlannedRun } from "../src/index.js";

/** One worker's engine, to be closed; `die` stops its heart and keeps what it holds, as a kill does. */
interface WorkerEngine {
  engine: Engine;
  close(): Promise<void>;
  die(): Promise<void>;
}

/** What the suite needs of an engine: workers on one plan, each on a machine of its own. */
export interface EngineUnderTest {
  prepare(plan: readonly PlannedRun[]): Promise<void>;
  worker(): Promise<WorkerEngine>;
  cleanUp(): Promise<void>;
  /** Milliseconds after which a dead worker is known to be dead. */
  staleAfter: number;
}

/** Registers what every engine must do: no run twice, none left behind. */
export function testEngine(name: string, under: EngineUnderTest, count = 12): void {
  describe(`${name} is an engine`, () => {
    const plan = planRuns({ base: {}, seeds: count }, (settings) => settings);
    let open: WorkerEngine[] = [];
    const worker = async (): Promise<WorkerEngine> => {
      const made = await under.worker();
      open.push(made);
      return made;
    };
    const drain = async ({ engine }: WorkerEngine): Promise<Lease[]> => {
      const leases: Lease[] = [];
      for (let lease = await engine.lease(); lease !== undefined; lease = await engine.lease()) {
        leases.push(lease);
        await engine.done(lease, "done");
      }
      return leases;
    };
    beforeEach(() => under.prepare(plan));
    afterEach(async () => {
      for (const each of open) await each.close();
      open = [];
      await under.cleanUp();
    });

    it("hands out every line once, under its name, and then nothing", async () => {
      const leases = await drain(await worker());
      expect(leases.map(({ index }) => index).sort((a, b) => a - b)).toEqual(plan.map(({ index }) => index));
      for (const { id, index } of leases) expect(id).toBe(plan[index]!.id);
      expect(await open[0]!.engine.lease()).toBeUndefined();
    });

    it("hands no run to two of many workers that grasp at once", async () => {
      const workers = await Promise.all(Array.from({ length: 6 }, worker));
      const leases = (await Promise.all(workers.map(drain))).flat();
      expect(leases.map(({ index }) => index).sort((a, b) => a - b)).toEqual(plan.map(({ index }) => index));
    });

    it("keeps what is held from others, for longer than a dead worker would keep it", async () => {
      const [first, second] = [await worker(), await worker()];
      const held = (await first.engine.lease())!;
      const rest = await drain(second);
      expect(rest.map(({ index }) => index)).not.toContain(held.index);
      await sleep(2 * under.staleAfter);
      expect(await second.engine.lease()).toBeUndefined();
      expect(await held.held()).toBe(true);
      expect(held.lost.aborted).toBe(false);
      await first.engine.done(held, "done");
      expect(await second.engine.lease()).toBeUndefined();
    });

    it("hands out again what was released, not what failed", async () => {
      const [first, second] = [await worker(), await worker()];
      const [released, failed] = [(await first.engine.lease())!, (await first.engine.lease())!];
      await first.engine.done(released, "released");
      await first.engine.done(failed, "failed");
      const indices = (await drain(second)).map(({ index }) => index);
      expect(indices).toContain(released.index);
      expect(indices).not.toContain(failed.index);
      expect(indices).toHaveLength(count - 1);
    });

    it("hands the run of a dead worker to exactly one other, and tells the dead one when it wakes", async () => {
      const dead = await worker();
      const held = (await dead.engine.lease())!;
      await dead.die();
      const others = await Promise.all(Array.from({ length: 3 }, worker));
      const leases = (await Promise.all(others.map(drain))).flat();
      expect(leases.filter(({ index }) => index === held.index)).toHaveLength(1);
      expect(leases).toHaveLength(count);
      expect(await held.held()).toBe(false);
      await dead.engine.done(held, "failed"); // nobody listens to it any more
      expect(await others[0]!.engine.lease()).toBeUndefined();
    });
  });
}
