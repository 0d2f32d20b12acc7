import { startWorkers, type Workers } from "../../src/workers.js";

export const module = new URL("./product-job.ts", import.meta.url);
export const execArgv = ["--conditions=sgdscope-source", "--import", "tsx"];
export const setup = { size: 2, matrix: Float32Array.of(1, 2, 3, 4) };
export const vectors = Array.from({ length: 6 }, (_, k) => Float32Array.of(k, 1));

/** One worker whose jobs can stop. */
export const startOne = (gracePeriod: number) =>
  startWorkers<typeof setup, Float32Array | string, Float32Array>(module, {
    workers: 1,
    backend: "cpu",
    setup,
    execArgv,
    gracePeriod,
  });

/** The process that serves the next job. */
export async function pidOf(workers: Workers<Float32Array | string, Float32Array>): Promise<number> {
  let pid = 0;
  await workers.run(vectors[0]!, { onProgress: (value) => (pid = (value as { pid: number }).pid) });
  return pid;
}
