import { ComputeError } from "../errors.js";
import { importByName, inNode } from "./load.js";

/** The most threads by default: operations are too small to occupy more. */
const MOST = 8;
const VARIABLE = "SGDSCOPE_THREADS";

/**
 * Threads that one operation may use on wasm: as requested, else as the environment says, else one per core.
 *
 * @throws ComputeError `INVALID_ARGUMENT` for a number that is not a positive integer.
 */
export async function threadsFor(asked?: number): Promise<number> {
  if (asked !== undefined) return checked(asked, "options.threads");
  if (!inNode()) return 1;
  const set = process.env[VARIABLE];
  if (set !== undefined && set !== "") return checked(Number(set), VARIABLE);
  const { isMainThread } = (await importByName("node:worker_threads")) as typeof import("node:worker_threads");
  const { availableParallelism } = (await importByName("node:os")) as typeof import("node:os");
  return isMainThread ? Math.min(MOST, availableParallelism()) : 1;
}

function checked(threads: number, name: string): number {
  if (!Number.isSafeInteger(threads) || threads < 1)
    throw new ComputeError(
      "INVALID_ARGUMENT",
      `prepareBackend: expected ${name} to be a positive integer, got ${threads}`,
    );
  return threads;
}
