import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine, Lease, Outcome } from "./engine/engine.js";
import { SweepError } from "./errors.js";
import type { PlannedRun } from "./plan.js";

/** How Redis hands out runs. */
export interface RedisEngineOptions {
  /** Default `redis://127.0.0.1:6379`. */
  url?: string;
  /** Milliseconds without a heartbeat after which a worker is dead; default 600 000. Six beats fit into it. */
  staleAfter?: number;
  /** Ends the waiting in `lease`. */
  signal?: AbortSignal;
}

/** An engine on a Redis server, to be closed in the end. */
export interface RedisEngine extends Engine {
  /** Lets the connections go; what is held stays held until its heartbeat is known to have stopped. */
  close(): Promise<void>;
}

/**
 * Hands out the runs of a plan through a BullMQ queue on a Redis server, for machines that share no file system. Machines with the
 * same plan share one queue, whose name is the plan's hash; a run is one job under its own name, however often it is added.
 *
 * A worker is dead when it has not renewed its lock for `staleAfter`. It renews from the event loop: a computation that blocks the loop
 * for longer loses its run, which is then done twice, with the same result.
 *
 * @throws SweepError `NOT_INSTALLED` without the optional packages `bullmq` and `ioredis`, `NOT_REACHABLE`, `INVALID_OPTION`.
 */
export async function redisEngine(
  plan: readonly PlannedRun[],
  { url = "redis://127.0.0.1:6379", staleAfter = 600_000, signal }: RedisEngineOptions = {},
): Promise<RedisEngine> {
  if (!(staleAfter > 0))
    throw new SweepError("INVALID_OPTION", `redisEngine: expected staleAfter > 0, got ${staleAfter}`);
  const { Queue, Worker, Redis } = await packages();
  let connected = false;
  const connection = new Redis(url, {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    // A server that was there comes back; one that never was is an error.
    retryStrategy: (times) => (connected ? Math.min(200 * times, 5000) : null),
  });
  let told: Error | undefined;
  connection.on("error", (error: Error) => (told = error));
  await connection.connect().catch((error: unknown) => {
    throw new SweepError(
      "NOT_REACHABLE",
      `redisEngine: no Redis server answers at ${shown(url)}: ${(told ?? (error as Error)).message.replaceAll(url, shown(url))}`,
      {
        cause: error,
      },
    );
  });
  connected = true;
  const ids = plan.map(({ id }) => id).join();
  const name = `sgdscope-${createHash("sha256").update(ids).digest("hex").slice(0, 12)}`;
  const queue = new Queue<{ index: number }>(name, { connection });
  // BullMQ takes no name of digits only.
  const jobs = plan.map(({ id, index }) => ({ name: "run", data: { index }, opts: { jobId: `run-${id}` } }));
  await queue.addBulk(jobs);
  const worker = new Worker<{ index: number }>(name, null, {
    connection,
    autorun: false,
    lockDuration: staleAfter,
    stalledInterval: Math.max(100, staleAfter / 4),
    maxStalledCount: Number.MAX_SAFE_INTEGER,
  });
  worker.on("error", () => undefined);
  await worker.startStalledCheckTimer();
  type Job = NonNullable<Awaited<ReturnType<typeof worker.getNextJob>>>;
  const mine = new Map<Lease, { job: Job; token: string; beat: NodeJS.Timeout }>();
  const lockOf = (jobId: string): string => `${queue.toKey(jobId)}:lock`;

  /** Whether everybody who holds a run renewed a lock while we looked: locks are longer than they would be otherwise. */
  async function othersLive(before: Map<string, number>): Promise<boolean> {
    let live = true;
    const held = new Set([...mine.values()].map(({ job }) => job.id));
    for (const { id } of await queue.getActive()) {
      if (id === undefined || held.has(id)) continue;
      const now = await connection.pttl(lockOf(id));
      const earlier = before.get(id);
      // A lock only grows when its owner renews it; one that has grown once stays marked.
      if (earlier === undefined || (now <= earlier && earlier !== Infinity)) {
        live = false;
        before.set(id, now);
      } else before.set(id, now < 0 ? now : Infinity);
      if (now < 0) live = false;
    }
    return live;
  }

  function leaseOf(job: Job, token: string): Lease {
    const lost = new AbortController();
    const beat = setInterval(() => {
      job.extendLock(token, staleAfter).catch(() => {
        // A server that is away for a moment is asked again; a lock of somebody else is lost.
        void connection.get(lockOf(job.id!)).then(
          (owner) => owner !== token && lost.abort(),
          () => undefined,
        );
      });
    }, staleAfter / 6);
    beat.unref();
    const { index } = job.data;
    const lease: Lease = {
      index,
      id: plan[index]!.id,
      lost: lost.signal,
      // Whoever cannot ask does not hold.
      held: async () => !lost.signal.aborted && (await connection.get(lockOf(job.id!)).catch(() => null)) === token,
    };
    mine.set(lease, { job, token, beat });
    return lease;
  }

  return {
    locksFolders: false,
    async lease() {
      const seen = new Map<string, number>();
      for (;;) {
        const token = randomUUID();
        const job = (await worker.getNextJob(token, { block: false })) as Job | undefined;
        if (job !== undefined) return leaseOf(job, token);
        if (signal?.aborted === true || (await othersLive(seen))) return undefined;
        await sleep(Math.min(1000, staleAfter / 10), undefined, { ...(signal === undefined ? {} : { signal }) }).catch(
          () => undefined,
        );
      }
    },
    async done(lease, outcome: Outcome) {
      const holding = mine.get(lease);
      if (holding === undefined) return;
      mine.delete(lease);
      const { job, token, beat } = holding;
      clearInterval(beat);
      if (!(await lease.held())) return;
      if (outcome === "done") await job.moveToCompleted(undefined, token, false);
      else if (outcome === "failed") await job.moveToFailed(new Error("the run failed"), token, false);
      else await job.moveToWait(token);
    },
    async close() {
      for (const { beat } of mine.values()) clearInterval(beat);
      mine.clear();
      await worker.close(true);
      await queue.close();
      connection.disconnect();
    },
  };
}

async function packages() {
  try {
    const [{ Queue, Worker }, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { Queue, Worker, Redis };
  } catch (error) {
    throw new SweepError(
      "NOT_INSTALLED",
      "redisEngine: needs the packages bullmq and ioredis; install them: npm install bullmq ioredis",
      { cause: error },
    );
  }
}

/** The address without its name, password and query. */
const shown = (url: string): string => url.replace(/^(\w+:\/\/)(?:.*@)?([^?#]*).*$/s, "$1$2");
