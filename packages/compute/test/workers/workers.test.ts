import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorkers, type Workers } from "../../src/workers.js";
import { execArgv, module, pidOf, setup, startOne, vectors } from "./product-workers.js";

describe("workers", () => {
  let workers: Workers<Float32Array | string, Float32Array>;
  beforeAll(async () => {
    workers = await startWorkers(module, { workers: 2, backend: "cpu", setup, execArgv });
  });
  afterAll(() => workers.close());

  it("give results in the order of the inputs, typed arrays as they are", async () => {
    const outputs = await workers.map(vectors);
    expect(outputs).toEqual(vectors.map(([a]) => Float32Array.of(a! + 2, 3 * a! + 4)));
    expect(workers.backend?.name).toBe("cpu");
    expect(workers.size).toBe(2);
  });

  it("are processes of their own, with the backend asked for, and tell how far they are", async () => {
    const seen = new Map<number, { backend: string; pid: number }>();
    const arrived: number[] = [];
    await workers.map(vectors, {
      onProgress: (index, value) => seen.set(index, value as { backend: string; pid: number }),
      onResult: (index) => void arrived.push(index),
    });
    expect([...seen.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(arrived.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const pids = new Set([...seen.values()].map(({ pid }) => pid));
    expect(pids.has(process.pid)).toBe(false);
    expect(pids.size).toBe(2);
    expect([...seen.values()].every(({ backend }) => backend === "cpu")).toBe(true);
  });

  it("pass on a job's own error with its name and code, and go on", async () => {
    await expect(workers.run("no such vector")).rejects.toMatchObject({
      name: "RangeError",
      message: "no such vector",
      code: "REFUSED",
    });
    await expect(workers.map([vectors[0]!, "bad", vectors[1]!])).rejects.toMatchObject({ code: "REFUSED" });
    expect(await workers.run(vectors[1]!)).toEqual(Float32Array.of(3, 7));
  });

  it("replace a process that dies under its job", async () => {
    await expect(workers.run("die")).rejects.toMatchObject({
      name: "ComputeError",
      code: "WORKER_ENDED",
      message: expect.stringContaining("SIGKILL") as string,
    });
    expect(await workers.map(vectors.slice(0, 3))).toHaveLength(3);
  });

  it("give no job to a process that an abort ends, even where its own job was done first", async () => {
    for (let k = 0; k < 3; k++) {
      const stop = new AbortController();
      const options = { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) };
      await workers.run(vectors[0]!, options).catch(() => undefined);
      expect(await workers.map(vectors.slice(0, 2))).toHaveLength(2);
    }
  });

  it("end a job that is aborted, with the reason given", async () => {
    const stop = new AbortController();
    const hanging = workers.run("hang", { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(hanging).rejects.toThrow("enough");
    await expect(workers.run(vectors[0]!, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
    expect(await workers.run(vectors[2]!)).toEqual(Float32Array.of(4, 10));
  });
});

describe("a job that can stop", () => {
  it("is asked to, gives what it has, and its process serves the next", async () => {
    const workers = await startOne(10_000);
    const before = await pidOf(workers);
    const stop = new AbortController();
    const stopped = workers.run("stop when asked", { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    expect(await stopped).toEqual(Float32Array.of(-1));
    expect(await pidOf(workers)).toBe(before);
    workers.close();
  });
});

describe("workers without a backend", () => {
  it("compute all the same", async () => {
    const plain = new URL("./plain-job.ts", import.meta.url);
    const workers = await startWorkers<number, number, string>(plain, {
      workers: 1,
      backend: "none",
      setup: 2,
      execArgv,
    });
    expect(workers.backend).toBeUndefined();
    expect(await workers.map([1, 2])).toEqual(["undefined 2", "undefined 4"]);
    workers.close();
  });
});

describe("starting workers", () => {
  it("fails with what the module throws, its code included", async () => {
    const unlucky = { size: 13, matrix: new Float32Array(169) };
    await expect(startWorkers(module, { workers: 1, backend: "cpu", setup: unlucky, execArgv })).rejects.toMatchObject({
      name: "RangeError",
      code: "UNLUCKY",
    });
  });

  it("refuses a module without a job, an unknown backend and no workers at all", async () => {
    const options = { workers: 1, backend: "cpu", execArgv } as const;
    const without = new URL("../../src/errors.ts", import.meta.url);
    await expect(startWorkers(without, options)).rejects.toThrow(/expected module to have a function/);
    await expect(startWorkers(module, { ...options, backend: "abacus" as "cpu" })).rejects.toMatchObject({
      code: "UNKNOWN_BACKEND",
    });
    await expect(startWorkers(module, { ...options, workers: 0 })).rejects.toThrow(/options.workers/);
  });

  it("is over when closed: what waits and what comes rejects", async () => {
    const workers = await startWorkers<typeof setup, Float32Array | string, Float32Array>(module, {
      workers: 1,
      backend: "cpu",
      setup,
      execArgv,
    });
    const ended = Promise.allSettled([workers.run("hang"), workers.run(vectors[0]!)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    workers.close();
    for (const result of await ended)
      expect(result).toMatchObject({ status: "rejected", reason: { code: "WORKER_ENDED" } });
    await expect(workers.run(vectors[0]!)).rejects.toMatchObject({ code: "WORKER_ENDED" });
  });
});
