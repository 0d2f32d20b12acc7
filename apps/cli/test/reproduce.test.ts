import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimNamed, runClaim } from "@sgdscope/experiments";
import type { StudyJob, StudyResult } from "@sgdscope/experiments/workers";
import type { ClosedFormTask, MinimumRecord } from "@sgdscope/training";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { StudiesOptions } from "../src/workers/studies.js";
import { sgdscope } from "./support.js";

const runStudies = vi.hoisted(() => vi.fn<(jobs: StudyJob[], options: StudiesOptions) => Promise<StudyResult[]>>());
vi.mock("../src/workers/studies.js", () => ({ runStudies }));

/** A real record of each model, from the smallest form of the claim. */
const found = new Map<string, MinimumRecord>();
let folder: string;
const out = (): string => join(folder, "out");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reproduce-"));
  const claim = claimNamed("generalization")!;
  for await (const { task, records } of runClaim(claim, { preset: "test", images: { kind: "synthetic" }, seed: 1 }))
    found.set((task as ClosedFormTask).model.kind, records[0] as MinimumRecord);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the task would have given, had it found the minimum of its model's smallest form. */
function imagined(task: ClosedFormTask): MinimumRecord {
  const { learningRate, batchSize, seed, model, data } = task;
  return {
    ...found.get(model.kind)!,
    learningRate,
    batchSize,
    seed,
    examples: data.count,
    gradientDescent: batchSize === data.count,
  };
}

beforeEach(() => {
  runStudies.mockReset().mockImplementation(async (jobs, { onProgress, onDone }) => {
    const results = jobs.map(({ task }) => ({
      records: [imagined(task as ClosedFormTask)],
      seconds: 1,
      backend: "float64",
    }));
    for (const [index, result] of results.entries()) {
      onProgress?.(index, { fraction: 0.5, message: "half-way" });
      await onDone?.(index, result);
    }
    return results;
  });
});

describe("sgdscope reproduce", () => {
  it("lists every claim", async () => {
    const { stdout, exitCode } = await sgdscope("reproduce", "--list");
    expect(exitCode).toBe(0);
    for (const name of ["alignment", "bound", "escape", "generalization"]) expect(stdout).toContain(name);
  });

  it("refuses a claim it does not know, and none", async () => {
    for (const names of [["phlogiston"], []]) {
      const { stderr, exitCode } = await sgdscope("reproduce", ...names, "--out", out());
      expect(exitCode).toBe(2);
      expect(stderr).toContain("reproduce --list");
    }
    expect(runStudies).not.toHaveBeenCalled();
  });

  it("writes one self-contained report, and exits with 3 where a band is missed", async () => {
    const { stdout, exitCode } = await sgdscope(
      ...["reproduce", "generalization", "--fast", "--data", "synthetic", "--check", "--quiet", "--out", out()],
    );
    expect(exitCode).toBe(3); // all runs alike: nothing falls with η
    expect(stdout).toMatch(
      /✗ evidence: .*test loss of SGD at its largest η.*: 1 \(5 runs, 5 seeds, median 1 … 1 at 94 %\), band 0 … 0\.5 — outside the band\n {6}control: gradient descent over the same rates: 1, 5 runs, outside the band, as it should be ✓\n/,
    );
    expect(stdout).toMatch(
      /\d+ of 8 statements hold: 1 of 1 theorems, \d of 7 pieces of evidence\. \d+ of \d+ controls lie outside their band/,
    );

    const html = await readFile(join(out(), "report.html"), "utf8");
    expect(html).not.toMatch(/<script|<link|src=|href="(?!#)/);
    expect(html.match(/<svg/g)!.length).toBe(6);
    expect(html).toContain("sgdscope reproduce generalization --fast --data synthetic");
    const figures = await readdir(join(out(), "figures"));
    const endings = figures.map((name) => name.replace(/^.*?(-dark)?\.(svg|png)$/, "$1.$2")).sort();
    expect(endings).toEqual([".png", "-dark.png", ".svg"].flatMap((each) => Array<string>(6).fill(each)).sort());

    const report = JSON.parse(await readFile(join(out(), "report.json"), "utf8")) as {
      schema: string;
      claims: { name: string; holds: boolean; acceptance: unknown[]; jobs: { id: string; records: unknown[] }[] }[];
    };
    expect(report).toMatchObject({ schema: "sgdscope/reproduce@2", preset: "fast", data: "synthetic", seed: 1 });
    expect(report.claims[0]).toMatchObject({ name: "generalization", holds: false });
    expect(report.claims[0]!.acceptance).toHaveLength(8);
    expect(report.claims[0]!.jobs).toHaveLength(100);
  });

  it("takes other images where it is told to, and says so in the command that makes it again", async () => {
    const { exitCode } = await sgdscope(
      ...["reproduce", "edge", "--fast", "--data", "cifar10", "--directory", "/nowhere/data", "--allow-prefix"],
      ...["--classes", "3,5", "--offset", "40", "--seed", "7", "--quiet", "--out", join(folder, "others")],
    ).catch(() => ({ exitCode: undefined }));
    expect(exitCode).toBeDefined();
    const tasks = runStudies.mock.calls[0]![0].map(({ task }) => task as { data: object; seed: number });
    const images = tasks.filter(({ data }) => "classes" in data);
    expect(images.length).toBeGreaterThan(10);
    for (const { data, seed } of images) {
      expect(data).toMatchObject({ kind: "cifar10", classes: [3, 5], offset: 40 });
      expect(seed).toBeGreaterThanOrEqual(7);
    }
  });

  it("refuses to choose among look-alikes, which have no such classes, and classes that are none", async () => {
    for (const wrong of [
      ["--classes", "3,5"],
      ["--offset", "4"],
    ]) {
      const { exitCode, stderr } = await sgdscope(
        "reproduce",
        "edge",
        "--fast",
        "--data",
        "synthetic",
        ...wrong,
        "--out",
        out(),
      );
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`${wrong[0]!} chooses among the images of CIFAR-10`);
    }
    for (const classes of ["3", "3,3", "3,10", "a,b", "1,2,3"])
      expect(await sgdscope("reproduce", "edge", "--classes", classes)).toMatchObject({ exitCode: 2 });
    expect(runStudies).not.toHaveBeenCalled();
  });

  it("computes nothing twice, and only what is missing", async () => {
    const again = ["reproduce", "generalization", "--fast", "--data", "synthetic", "--json", "--out", out()];
    const first = await sgdscope(...again);
    expect(runStudies).not.toHaveBeenCalled();
    expect(first.stderr).toContain("100 jobs done already");

    const [some, other] = await readdir(join(out(), "tasks"));
    await rm(join(out(), "tasks", some!));
    await writeFile(join(out(), "tasks", other!), "{ half a fi"); // as after a crash of the disk
    const second = await sgdscope(...again);
    expect(runStudies.mock.calls.map(([jobs]) => jobs.length)).toEqual([2]);
    expect(JSON.parse(second.stdout)).toMatchObject({
      claims: (JSON.parse(first.stdout) as { claims: unknown }).claims,
    });

    await sgdscope(...again, "--seed", "2");
    expect(runStudies.mock.calls[1]![0]).toHaveLength(20); // of seeds 2 to 6 only the last is new
    await sgdscope(...again, "--fresh");
    expect(runStudies.mock.calls[2]![0]).toHaveLength(100);
  });
});
