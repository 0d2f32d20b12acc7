import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { SweepError } from "../errors.js";
import { lineOf, type PlannedRun } from "../plan.js";
import { claimFiles, type ClaimFile } from "./claims.js";
import type { Claim, Engine, Outcome } from "./engine.js";
import { startHeart } from "./heartbeat.js";
import { isAlive, thisOwner } from "./owner.js";

/** How a folder hands out runs. */
export interface FolderEngineOptions {
  /** Hands out this line only; while another worker has it, `claim` waits for its end or its death. */
  only?: number;
  /** Milliseconds without a heartbeat after which a worker on another machine is dead; default 120 000. Six beats fit into it. */
  staleAfter?: number;
  /** Ends the waiting in `claim`. */
  signal?: AbortSignal;
}

/** An engine on a folder, to be closed in the end. */
export interface FolderEngine extends Engine {
  close(): Promise<void>;
}

/** The folder of claims in a sweep's folder. */
export const claimsFolder = "claims";

/**
 * Hands out the runs of a plan through files in `<sweep>/claims`: no server, any number of processes and machines on one file system.
 *
 * A claim is a file `<run>.<generation>` made by an exclusive hard link; the highest generation holds, and generations are never
 * used twice, so that of any number of workers that see a dead one exactly one takes over. A worker of this machine is dead when its
 * process is gone. One of another machine is dead when its heartbeat, the time of its file, has not changed for `staleAfter` as
 * watched from here: clocks are never compared.
 *
 * @throws SweepError `INVALID_INDEX`, `INVALID_OPTION`; `claim` also `STORAGE`.
 */
export function folderEngine(
  sweep: string,
  plan: readonly PlannedRun[],
  { only, staleAfter = 120_000, signal }: FolderEngineOptions = {},
): FolderEngine {
  if (!(staleAfter > 0))
    throw new SweepError("INVALID_OPTION", `folderEngine: expected staleAfter > 0, got ${staleAfter}`);
  const wanted = only === undefined ? plan : [lineOf(plan, only)];
  const files = claimFiles(join(sweep, claimsFolder));
  const owner = thisOwner();
  const heart = startHeart(staleAfter / 6);
  const seen = new Map<string, { time: number; since: number }>();
  const mine = new WeakMap<Claim, { file: ClaimFile; rest: () => void }>();

  /** What can be said of a claim now; `unsure` is one of another machine that has not been watched for long enough. */
  async function judge(file: ClaimFile): Promise<"free" | "living" | "unsure"> {
    const found = await files.look(file);
    if (found === undefined) return "unsure";
    if (found.released) return "free";
    const alive = isAlive(found.owner);
    if (alive !== undefined) return alive ? "living" : "free";
    const before = seen.get(file.path);
    const now = performance.now();
    if (before === undefined || before.time !== found.time) {
      seen.set(file.path, { time: found.time, since: now });
      return before === undefined ? "unsure" : "living";
    }
    return now - before.since >= staleAfter ? "free" : "unsure";
  }

  async function attempt(): Promise<{ claim?: Claim; unsure: boolean }> {
    const { claims, ended } = await files.list();
    let unsure = false;
    for (const { id, index } of wanted) {
      if (ended.has(id)) continue;
      const current = claims.get(id);
      const verdict = current === undefined ? "free" : await judge(current);
      if (verdict === "unsure" || (verdict === "living" && only !== undefined)) unsure = true;
      if (verdict !== "free") continue;
      const taken = await files.take(id, (current?.generation ?? -1) + 1, owner);
      if (taken === undefined) {
        unsure ||= only !== undefined;
        continue;
      }
      const claim = held(index, id, taken);
      // It may have ended between the look and the grasp.
      if (!(await files.list()).ended.has(id)) return { claim, unsure };
      await letGo(claim, "released");
    }
    return { unsure };
  }

  function held(index: number, id: string, file: ClaimFile): Claim {
    const lost = new AbortController();
    const rest = heart.beat(file.path, () => lost.abort());
    const claim: Claim = {
      index,
      id,
      lost: lost.signal,
      held: async () => !lost.signal.aborted && (await files.holds(id, file)),
    };
    mine.set(claim, { file, rest });
    return claim;
  }

  async function letGo(claim: Claim, outcome: Outcome): Promise<void> {
    const holding = mine.get(claim);
    if (holding === undefined) return;
    mine.delete(claim);
    holding.rest();
    if (!(await files.holds(claim.id, holding.file))) return;
    if (outcome === "released") await files.release(holding.file);
    else await files.end(claim.id, holding.file, outcome);
  }

  return {
    async claim() {
      for (;;) {
        const { claim, unsure } = await attempt();
        if (claim !== undefined || !unsure || signal?.aborted === true) return claim;
        await sleep(Math.min(1000, staleAfter / 10), undefined, { ...(signal === undefined ? {} : { signal }) }).catch(
          () => undefined,
        );
      }
    },
    done: letGo,
    close: () => heart.stop(),
  };
}
