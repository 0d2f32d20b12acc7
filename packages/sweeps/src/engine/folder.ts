import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runLocks, type RunLock } from "@sgdscope/runs";
import { lineOf, type PlannedRun } from "../plan.js";
import type { Engine, Lease, Outcome } from "./engine.js";

/** How a folder hands out runs. */
export interface FolderEngineOptions {
  /** Hands out this line only; while another worker has it, `lease` waits for its end or its death. */
  only?: number;
  /** Milliseconds without a heartbeat after which a worker on another machine is dead; default 120 000. Six beats fit into it. */
  staleAfter?: number;
  /** Ends the waiting in `lease`. */
  signal?: AbortSignal;
}

/** An engine on a folder, to be closed in the end. */
export interface FolderEngine extends Engine {
  close(): Promise<void>;
}

/** The folder of run folders in a sweep's folder. */
export const runsFolder = "runs";

/**
 * Hands out the runs of a plan by the locks of their folders: no server, any number of processes and machines on one file system.
 * Whoever else writes such a folder, `sgdscope train` say, holds the same lock.
 *
 * @throws SweepError `INVALID_INDEX`; RunsError `INVALID_OPTION`; `lease` also RunsError `STORAGE`.
 * @see `runLocks` of `@sgdscope/runs` for how a dead worker is told from a slow one.
 */
export async function folderEngine(
  sweep: string,
  plan: readonly PlannedRun[],
  { only, staleAfter = 120_000, signal }: FolderEngineOptions = {},
): Promise<FolderEngine> {
  const wanted = only === undefined ? plan : [lineOf(plan, only)];
  const locks = await runLocks(join(sweep, runsFolder), { staleAfter });
  const mine = new WeakMap<Lease, RunLock>();

  async function attempt(): Promise<{ lease?: Lease; unsure: boolean }> {
    const listing = await locks.list();
    let unsure = false;
    for (const { id, index } of wanted) {
      const found = await locks.attempt(id, listing);
      if ("lock" in found) return { lease: leaseOf(index, found.lock), unsure };
      if (found.held === "unsure" || (only !== undefined && found.held !== "ended")) unsure = true;
    }
    return { unsure };
  }

  function leaseOf(index: number, lock: RunLock): Lease {
    const lease: Lease = { index, id: lock.id, lost: lock.lost, held: () => lock.held() };
    mine.set(lease, lock);
    return lease;
  }

  return {
    locksFolders: true,
    async lease() {
      for (;;) {
        const { lease, unsure } = await attempt();
        if (lease !== undefined || !unsure || signal?.aborted === true) return lease;
        await sleep(Math.min(1000, staleAfter / 10), undefined, { ...(signal === undefined ? {} : { signal }) }).catch(
          () => undefined,
        );
      }
    },
    async done(lease: Lease, outcome: Outcome) {
      await mine.get(lease)?.release(outcome);
    },
    close: () => locks.close(),
  };
}
