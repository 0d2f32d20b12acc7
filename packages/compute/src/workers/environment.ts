import { availableParallelism } from "node:os";

/**
 * Environment variables for one of several processes that compute at the same time, so that their backends together use every core
 * once: threads of wasm and of native TensorFlow. Variables that are already set do not change.
 *
 * @param workers - The number of processes.
 */
export function environmentOfWorkers(workers: number): NodeJS.ProcessEnv {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / workers)));
  return { SGDSCOPE_THREADS: threads, TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: "1", ...process.env };
}
