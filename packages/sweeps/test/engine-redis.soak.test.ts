import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planRuns, work, type PlannedRun } from "../src/index.js";
import { redisEngine } from "../src/redis.js";
import { testEngine } from "./engine-suite.js";
import { toyRun, type ToyResult, type ToyTask } from "./toy.js";

const installed = spawnSync("redis-server", ["--version"]).status === 0;
if (!installed) console.warn("Skips the tests on a real Redis: redis-server is not installed (Debian: redis-server).");

const port = 20_000 + (process.pid % 20_000);
const url = `redis://127.0.0.1:${port}`;
const staleAfter = 1500;
let folder: string;
let server: ChildProcess;
let plan: readonly PlannedRun[];

describe.skipIf(!installed)("on a real Redis", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sgdscope-redis-"));
    server = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], {
      stdio: "ignore",
    });
    const client = new Redis(url, { retryStrategy: () => 100, maxRetriesPerRequest: 100 });
    client.on("error", () => undefined);
    await client.ping();
    client.disconnect();
  });
  afterAll(async () => {
    server.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  testEngine("Redis", {
    staleAfter,
    prepare: (prepared) => Promise.resolve(void (plan = prepared)),
    async worker() {
      const engine = await redisEngine(plan, { url, staleAfter });
      let open = true;
      const close = async (): Promise<void> => {
        if (open) await engine.close();
        open = false;
      };
      return { engine, close, die: close };
    },
    async cleanUp() {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
  });

  it("lets two machines without a common disk share a sweep", async () => {
    const toys = planRuns({ base: { steps: 20 }, seeds: 6 }, (settings) => settings as unknown as ToyTask);
    const machine = async (name: string): Promise<number> => {
      const engine = await redisEngine(toys, { url, staleAfter });
      const { done } = await work<ToyTask, ToyResult>({ sweep: join(folder, name), plan: toys, engine, run: toyRun });
      await engine.close();
      return done;
    };
    const done = await Promise.all([machine("one"), machine("two")]);
    expect(done[0] + done[1]).toBe(6);
  });

  it("says so where no server answers", async () => {
    await expect(redisEngine([], { url: "redis://127.0.0.1:1" })).rejects.toMatchObject({
      code: "NOT_REACHABLE",
      message: expect.stringContaining("ECONNREFUSED") as string,
    });
  });
});
