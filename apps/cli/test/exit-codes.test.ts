import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { repetitions } from "../../../tooling/soak.js";
import { gridFile, inProcess, planSweep, tinyGrid } from "./sweep-support.js";
import { sgdscope, type Outcome } from "./support.js";
import { shortTraining } from "./train-support.js";

/** Whether there is time for processes that start from sources, seconds each. */
const processes = repetitions(0, 1) === 1;
let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
/** Small file systems that tests mounted. */
const mounts: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-exit-"));
  await writeFile(at("K.json"), "[[2, 0.5], [0.5, 1]]");
  await writeFile(at("r.json"), "[0.1, -0.2]");
  await writeFile(at("short.json"), "[0.1]");
  await writeFile(at("broken.npy"), "this is no array");
  expect(await sgdscope(...shortTraining(at("runs")))).toMatchObject({ exitCode: 0 });
  await planSweep(at("sweep"), tinyGrid);
  expect(await sgdscope("sweep", "run", at("sweep"), "-j", "1", "--quiet")).toMatchObject({ exitCode: 0 });
});
afterAll(async () => {
  for (const place of mounts) execFileSync("umount", ["-l", place]);
  await rm(folder, { recursive: true, force: true });
});

const files = (): string[] => ["--gram", at("K.json"), "--residuals", at("r.json")];
const kind = ({ exitCode, stderr }: Outcome): [number, string] => [exitCode, stderr.replaceAll(folder, "FOLDER")];

describe("what is wrong decides the exit code", () => {
  it.each<[string, number, string, () => string[]]>([
    ["a missing option", 2, "required option '--batch-size", () => ["analyze", ...files()]],
    [
      "an unknown option",
      2,
      "unknown option '--rank-tol'",
      () => ["analyze", ...files(), "--batch-size", "1", "--rank-tol", "1"],
    ],
    ["an unknown command", 2, "unknown command 'analyse'", () => ["analyse"]],
    ["a value out of range", 2, "Expected a whole number", () => ["analyze", ...files(), "--batch-size", "0"]],
    ["a batch beyond the data", 2, "--batch-size", () => ["analyze", ...files(), "--batch-size", "3"]],
    ["a missing file", 2, "FOLDER/none.npy does not exist", () => ["compare", "--gram", at("none.npy")]],
    ["a folder for a file", 2, "FOLDER/folder.npy is a folder", () => ["compare", "--gram", at("folder.npy")]],
    ["a file that is no array", 2, "(in FOLDER/broken.npy)", () => ["compare", "--gram", at("broken.npy")]],
    [
      "arrays that do not fit",
      2,
      "residuals have shape [1]: expected [2]",
      () => ["analyze", "--gram", at("K.json"), "--residuals", at("short.json"), "--batch-size", "1"],
    ],
    ["a folder that is no run", 2, "--run: ", () => ["measure", "--run", folder, "--backend", "cpu"]],
    ["folders without runs", 2, "", () => ["export", at("empty"), "--to", "csv"]],
    ["a file for a folder", 2, "a part of this path is a file", () => shortTraining(at("K.json", "below"))],
    ["images that are not here", 4, "--data cifar10", () => [...shortTraining(at("never")), "--data", "cifar10"]],
    [
      "a backend that is not here",
      4,
      "tensorflow",
      () => ["train", ...shortTraining(at("never")).slice(1), "--backend", "tensorflow-gpu"],
    ],
    [
      "a server that does not answer",
      4,
      "redis://localhost:1",
      () => ["sweep", "run", at("fresh"), "-j", "1", "--quiet", "--redis", "redis://localhost:1"],
    ],
  ])("%s: %i", async (_, code, text, argv) => {
    await mkdir(at("folder.npy"), { recursive: true });
    await mkdir(at("empty"), { recursive: true });
    await planSweep(at("fresh"), tinyGrid);
    for (const name of ["SGDSCOPE_CIFAR10_DIR", "SGDSCOPE_DATA_DIR"]) vi.stubEnv(name, "");
    vi.stubEnv("XDG_CACHE_HOME", at("empty"));
    vi.stubEnv("HOME", at("empty"));
    const [exitCode, stderr] = kind(await sgdscope(...argv()));
    vi.unstubAllEnvs();
    expect(stderr).toMatch(/^error: /m);
    expect(stderr).toContain(text);
    expect(stderr).not.toContain("bug");
    expect(exitCode).toBe(code);
  });
});

/** Every command that writes, given where. */
const writers: Record<string, (out: string) => string[]> = {
  "export csv": (out) => ["export", at("runs"), "--to", "csv", "--out", join(out, "x.csv")],
  "export parquet": (out) => ["export", at("runs"), "--to", "parquet", "--out", join(out, "x.parquet")],
  "export npz": (out) => ["export", at("runs"), "--to", "npz", "--out", join(out, "x.npz")],
  "export tensorboard": (out) => ["export", at("runs"), "--to", "tensorboard", "--out", out],
  "sweep collect": (out) => ["sweep", "collect", at("sweep"), "--out", join(out, "x.jsonl")],
  "sweep plan": (out) => ["sweep", "plan", at("grid.yaml"), "--out", out],
  diagram: (out) => ["diagram", ...files(), "--quiet", "--out", out],
  train: (out) => shortTraining(out),
  reproduce: (out) => [
    "reproduce",
    "generalization",
    "--fast",
    "--data",
    "synthetic",
    "-j",
    "1",
    "--quiet",
    "--out",
    out,
  ],
};

/** A file system of a few kilobytes in memory; undefined where nobody may mount one. */
async function mounted(name: string, ...options: string[]): Promise<string | undefined> {
  const place = at(name);
  await mkdir(place);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options.join(","), "tmpfs", place], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  mounts.push(place);
  return place;
}

/** Files of a folder and below, with their sizes. */
async function content(place: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const entry of await readdir(place, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) sizes[entry.name] = (await stat(join(entry.parentPath, entry.name))).size;
  return sizes;
}

describe("a disk that takes nothing is a failure: one code and one text for all commands", () => {
  const help = "help: once that is fixed, run the same command again (train: with --resume)\n";
  const text = (fault: string): RegExp =>
    new RegExp(
      `^error: cannot write \\S+: ${fault}; everything written before is kept\\n${help.replace(/[().]/g, "\\$&")}$`,
    );

  it("where it is full", { timeout: 60_000 }, async ({ skip }) => {
    const place = await mounted("full", "size=4k");
    skip(place === undefined, "nobody may mount a small disk here");
    await gridFile(folder, tinyGrid);
    await writeFile(join(place!, "filling"), new Uint8Array(4096));
    for (const [name, argv] of Object.entries(writers)) {
      if (name === "reproduce" && !processes) continue;
      const out = join(place!, name.replace(" ", "-"));
      // Its worker processes need a program that was started from sources.
      const outcome = await (name === "reproduce" ? inProcess(argv(out)) : sgdscope(...argv(out)));
      expect([name, outcome.exitCode, outcome.stderr]).toEqual([
        name,
        1,
        expect.stringMatching(text("the disk is full \\(ENOSPC\\)")),
      ]);
      expect(outcome.stderr).toContain(out);
      expect(outcome.stdout).toBe("");
      // Nothing half-written is left: no temporary file, and no file without its content.
      expect([name, await content(place!)]).toEqual([name, { filling: 4096 }]);
    }
  });

  it("where it is read-only, before anything is computed", { timeout: 60_000 }, async ({ skip }) => {
    const place = await mounted("read-only", "size=64k", "ro");
    skip(place === undefined, "nobody may mount a read-only disk here");
    await gridFile(folder, tinyGrid);
    for (const [name, argv] of Object.entries({
      ...writers,
      quickstart: (out: string) => ["quickstart", "--out", out],
    }))
      for (const out of [place!, join(place!, "deep", "folder")]) {
        const outcome = await sgdscope(...argv(out));
        expect([name, outcome.exitCode, outcome.stdout]).toEqual([name, 1, ""]);
        expect(outcome.stderr).toMatch(/cannot write \S*read-only\S*: the file system is read-only \(EROFS\)/);
      }
  });

  it("where a device takes nothing, which stays a device", async () => {
    await mkdir(at("device"), { recursive: true });
    for (const ending of ["csv", "parquet", "npz"]) {
      const link = at("device", `x.${ending}`);
      await symlink("/dev/full", link);
      for (const argv of [
        ["export", at("runs"), "--to", ending, "--out", link],
        ["export", at("runs"), "--to", ending, "--out", "/dev/full"],
        ["sweep", "collect", at("sweep"), "--out", link],
      ]) {
        const { exitCode, stderr } = await sgdscope(...argv);
        expect([exitCode, stderr]).toEqual([1, expect.stringMatching(text("the disk is full \\(ENOSPC\\)"))]);
      }
    }
    expect((await stat("/dev/full")).isCharacterDevice()).toBe(true);
  });

  it("where the folder has vanished", async () => {
    await mkdir(at("vanished"), { recursive: true });
    await symlink(at("vanished", "gone", "x.csv"), at("vanished", "x.csv"));
    const { exitCode, stderr } = await sgdscope("export", at("runs"), "--to", "csv", "--out", at("vanished", "x.csv"));
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(text("its folder is gone \\(ENOENT\\)"))]);
  });

  it("where the folder vanishes while it trains", async () => {
    const out = at("vanishing");
    const training = sgdscope(...shortTraining(out, "--max-steps", "1000000", "--checkpoint-every", "100"));
    const metrics = async (): Promise<string> => {
      const run = (await readdir(out).catch(() => [])).find((name) => !name.startsWith("."));
      return run === undefined ? "" : readFile(join(out, run, "metrics.jsonl"), "utf8").catch(() => "");
    };
    while (!(await metrics()).includes('"step":100')) await new Promise((resolve) => setTimeout(resolve, 20));
    await rename(out, at("elsewhere"));
    const { exitCode, stderr } = await training;
    expect(stderr).toContain(out);
    expect(exitCode).toBe(1);
  });

  it.skipIf(!processes)(
    "where files may not grow (ulimit -f), and where standard output is full",
    { timeout: 60_000 },
    async () => {
      const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
      const inShell = async (script: string, argv: string[]): Promise<Outcome> => {
        const child = spawn(
          "bash",
          ["-c", script, "bash", process.execPath, "--conditions=sgdscope-source", "--import", "tsx", main, ...argv],
          { env: { ...process.env, TSX_DISABLE_CACHE: "1" } },
        );
        const printed = { stdout: "", stderr: "" };
        for (const name of ["stdout", "stderr"] as const)
          child[name].on("data", (data) => (printed[name] += String(data)));
        const [code] = (await once(child, "close")) as [number | null];
        return { exitCode: code ?? -1, ...printed };
      };
      await mkdir(at("limited"));
      const [limited, full, piped] = [
        await inShell('ulimit -Sf 1; exec "$@"', writers["diagram"]!(at("limited"))),
        await inShell('exec "$@" > /dev/full', ["compare", "--gram", at("K.json"), "--batch-size", "1"]),
        await inShell('exec "$@"', ["export", at("runs"), "--to", "csv", "--out", "/dev/stdout"]),
      ];
      expect([limited.exitCode, limited.stderr]).toEqual([
        1,
        expect.stringMatching(text("the limit of file sizes is reached \\(EFBIG\\)")),
      ]);
      expect(await readdir(at("limited"))).toEqual([]);
      expect([full.exitCode, full.stderr]).toEqual([
        1,
        expect.stringMatching(text("the disk is full \\(ENOSPC\\)").source.replace("\\S+", "standard output").slice(1)),
      ]);
      // What is asked for as data comes alone.
      const { exitCode } = await sgdscope("export", at("runs"), "--to", "csv", "--out", at("x.csv"));
      expect(exitCode).toBe(0);
      expect(piped).toEqual({
        exitCode: 0,
        stdout: await readFile(at("x.csv"), "utf8"),
        stderr: expect.stringMatching(/^\d+ rows, /) as string,
      });
    },
  );
});
