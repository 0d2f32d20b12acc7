import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RunsError } from "../errors.js";
import { startHeart } from "./heartbeat.js";
import { lockFiles, type Ended, type LockFile } from "./lock-files.js";
import { isAlive, thisOwner, type Owner } from "./owner.js";

/** A run folder in the hands of one writer. */
export interface RunLock {
  /** Name of the run folder. */
  readonly id: string;
  /** Aborted when somebody else took the run over, because this writer's heartbeat had stopped. */
  readonly lost: AbortSignal;
  /** Whether the run is still in this writer's hands; asks the disk. */
  held(): Promise<boolean>;
  /** Gives the run back: ended for good, or to be taken again. Does nothing for a lock that was lost. */
  release(outcome: Ended | "released"): Promise<void>;
}

export interface RunLocksOptions {
  /** Milliseconds without a heartbeat after which a writer on another machine is dead; default 120 000. Six beats fit into it. */
  staleAfter?: number;
}

/** What came of an attempt: the lock, or who has it. `unsure` is a holder on another machine that was not watched for long enough. */
export type Attempt =
  { lock: RunLock } | { held: "living" | "unsure"; owner: Owner | undefined } | { held: "ended" | "raced" };

/** The locks of a folder of run folders, as one process sees them; to be closed in the end. */
export interface RunLocks {
  /** The highest lock of each run, and the runs that have ended. */
  list(): Promise<Listing>;
  /** Tries to take a run, once. */
  attempt(id: string, listing: Listing): Promise<Attempt>;
  close(): Promise<void>;
}

type Listing = Awaited<ReturnType<ReturnType<typeof lockFiles>["list"]>>;

/**
 * Locks on run folders through files in `<runs>/.locks`: no server, any number of processes and machines on one file system.
 *
 * A lock is a file `<run>.<generation>` made by an exclusive hard link; the highest generation holds, and generations are never
 * used twice, so that of any number of writers that see a dead one exactly one takes over. A writer of this machine is dead when
 * its process is gone. One of another machine is dead when its heartbeat, the time of its file, has not changed for `staleAfter`
 * as watched from here: clocks are never compared.
 *
 * @param runs - The folder that holds run folders.
 * @throws RunsError `INVALID_OPTION`; `attempt` also `STORAGE`.
 */
export async function runLocks(runs: string, { staleAfter = 120_000 }: RunLocksOptions = {}): Promise<RunLocks> {
  if (!(staleAfter > 0)) throw new RunsError("INVALID_OPTION", `expected staleAfter > 0, got ${staleAfter}`);
  const files = lockFiles(runs);
  await files.adopt();
  const owner = thisOwner();
  const heart = startHeart(staleAfter / 6);
  const seen = new Map<string, { time: number; since: number }>();

  /** What can be said of a lock now. */
  async function judge(file: LockFile): Promise<{ state: "free" | "living" | "unsure"; owner?: Owner }> {
    const found = await files.look(file);
    if (found === undefined) return { state: "unsure" };
    if (found.released) return { state: "free" };
    const { owner: other } = found;
    const alive = isAlive(other);
    if (alive !== undefined) return { state: alive ? "living" : "free", owner: other };
    const before = seen.get(file.path);
    const now = performance.now();
    if (before === undefined || before.time !== found.time) {
      seen.set(file.path, { time: found.time, since: now });
      return { state: before === undefined ? "unsure" : "living", owner: other };
    }
    return { state: now - before.since >= staleAfter ? "free" : "unsure", owner: other };
  }

  function lockOf(id: string, file: LockFile): RunLock {
    const lost = new AbortController();
    const rest = heart.beat(file.path, () => lost.abort());
    let open = true;
    const held = async (): Promise<boolean> => !lost.signal.aborted && (await files.holds(id, file));
    return {
      id,
      lost: lost.signal,
      held,
      async release(outcome) {
        if (!open) return;
        open = false;
        rest();
        if (!(await files.holds(id, file))) return;
        if (outcome === "released") await files.release(file);
        else await files.end(id, file, outcome);
      },
    };
  }

  return {
    list: () => files.list(),
    async attempt(id, { locks, ended }) {
      if (ended.has(id)) return { held: "ended" };
      const current = locks.get(id);
      const verdict = current === undefined ? { state: "free" as const } : await judge(current);
      if (verdict.state !== "free") return { held: verdict.state, owner: verdict.owner };
      const taken = await files.take(id, (current?.generation ?? -1) + 1, owner);
      if (taken === undefined) return { held: "raced" };
      const lock = lockOf(id, taken);
      // It may have ended between the look and the grasp.
      if (!(await files.list()).ended.has(id)) return { lock };
      await lock.release("released");
      return { held: "ended" };
    },
    close: () => heart.stop(),
  };
}

/** A run folder's lock, alone; `close` stops its heart. */
export interface LockedRun {
  lock: RunLock;
  close(): Promise<void>;
}

/**
 * Takes the lock of one run folder, whatever its former end; waits until it is known whether a holder on another machine lives.
 *
 * @param directory - The run folder, which need not exist yet.
 * @param options.wait - Waits for the end of a living holder instead of refusing. Default false.
 * @throws RunsError `LOCKED`, naming the holder; `STORAGE`, `INVALID_OPTION`. An aborted signal ends the wait with its reason.
 */
export async function lockRun(
  directory: string,
  { signal, wait = false, ...options }: RunLocksOptions & { signal?: AbortSignal; wait?: boolean } = {},
): Promise<LockedRun> {
  const [runs, id] = [dirname(directory), basename(directory)];
  const locks = await runLocks(runs, options);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const listing = await locks.list();
      // An ending that is remembered does not keep anybody from beginning anew.
      const attempt = await locks.attempt(id, { ...listing, ended: new Map() });
      if ("lock" in attempt) return { lock: attempt.lock, close: () => locks.close() };
      if (attempt.held === "ended") {
        await lockFiles(runs).forget(id, listing.ended.get(id) ?? "done");
        continue;
      }
      if (attempt.held === "living" && !wait)
        throw new RunsError(
          "LOCKED",
          `${directory} is being written by process ${attempt.owner?.pid ?? "?"} on ${attempt.owner?.host ?? "another machine"}`,
          { path: directory },
        );
      await sleep(
        Math.min(1000, (options.staleAfter ?? 120_000) / 10),
        undefined,
        signal === undefined ? {} : { signal },
      );
    }
  } catch (error) {
    await locks.close();
    throw error;
  }
}
