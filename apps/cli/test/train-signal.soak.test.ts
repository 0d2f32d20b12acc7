import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArrays } from "@sgdscope/array-files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";
import { start } from "./sweep-support.js";
import { runFileIn, runIn, shortTraining, type RunFile } from "./train-support.js";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const settings = (out: string, ...more: string[]): string[] => shortTraining(at(out), ...more);
const runOf = (out: string): Promise<string> => runIn(at(out));
const runFile = (out: string): Promise<RunFile> => runFileIn(at(out));

/** Runs the command in a process of its own and ends it with SIGTERM once its first losses are on disk. */
async function stoppedBySignal(argv: string[]): Promise<number | null> {
  const child = start(argv);
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const poll = setInterval(() => {
    void runOf("parts")
      .then((run) => readFile(join(run, "metrics.jsonl"), "utf8"))
      .then((metrics) => metrics.includes('"step":50') && !child.killed && child.kill("SIGTERM"))
      .catch(() => undefined); // not there yet
  }, 20);
  return ended.finally(() => clearInterval(poll));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-signal-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("train", () => {
  it("stops at a signal with a checkpoint and exit code 75, and goes on bit for bit", async () => {
    const long = ["--max-steps", "2000"];
    await sgdscope(...settings("straight", ...long));
    expect(await stoppedBySignal(settings("parts", ...long))).toBe(75);
    const stopped = await runFile("parts");
    expect(stopped.state).toBe("stopped");
    expect(stopped.record!.steps).toBeLessThan(2000);
    const resumed = await sgdscope(...settings("parts", ...long, "--resume"));
    expect(resumed.exitCode).toBe(0);
    const file = "parameters.safetensors";
    expect(await readArrays(join(await runOf("parts"), file))).toEqual(
      await readArrays(join(await runOf("straight"), file)),
    );
    const metrics = (out: string): Promise<string> =>
      runOf(out).then((run) => readFile(join(run, "metrics.jsonl"), "utf8"));
    expect(await metrics("parts")).toBe(await metrics("straight"));
  });
});
