import { CifarError } from "../errors.js";
import { pause } from "./pause.js";

/** How to wait for a lock. */
export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds after which a lock whose owner shows no life is taken over. Default 30 s. */
  stale?: number;
  /** Milliseconds between looks. Default 250. */
  poll?: number;
  /** Called once, when somebody else has the lock. */
  onWait?: () => void;
}

/**
 * Runs `work` while holding a lock file, which processes on one machine or one shared disk respect.
 *
 * The owner touches the file to show life. Two waiters may in a rare race both take over a dead owner's lock; so what is done under
 * the lock must stay right, if wasteful, when done twice.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { open, rm, utimes } = await import("node:fs/promises");
  const { signal, stale = 30_000, poll = 250, onWait } = options;
  let waited = false;
  for (;;) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(`${process.pid}\n`);
      await file.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (!waited) onWait?.();
    waited = true;
    const age = await silence(path);
    if (age !== undefined && age > stale) await rm(path, { force: true });
    else
      await pause(poll, signal).catch((reason: unknown) => {
        throw new CifarError("ABORTED", `download: expected ${path} to become free, got aborted`, { cause: reason });
      });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, stale / 4);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

/** Milliseconds since the owner last showed life; undefined where the lock is gone. */
async function silence(path: string): Promise<number | undefined> {
  const { stat } = await import("node:fs/promises");
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
