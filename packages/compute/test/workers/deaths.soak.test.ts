import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startWorkers } from "../../src/workers.js";
import { execArgv, pidOf, startOne } from "./product-workers.js";

describe("a job that can stop", () => {
  it("is killed where it does not stop in time", async () => {
    const workers = await startOne(100);
    const before = await pidOf(workers);
    const stop = new AbortController();
    const hanging = workers.run("hang", { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(hanging).rejects.toThrow("enough");
    expect(await pidOf(workers)).not.toBe(before);
    workers.close();
  });
});

describe("a job whose process dies", () => {
  it("is given to another as often as asked, and then rejects", async () => {
    const options = { workers: 1, backend: "none", execArgv } as const;
    const mortal = new URL("./mortal-job.ts", import.meta.url);
    const folder = await mkdtemp(join(tmpdir(), "sgdscope-workers-"));
    const patient = await startWorkers<string, number, number>(mortal, { ...options, setup: folder, attempts: 3 });
    expect(await patient.run(2)).toBe(3);
    await expect(patient.run(5)).rejects.toMatchObject({ code: "WORKER_ENDED" });
    patient.close();
    await rm(folder, { recursive: true });
  });
});
