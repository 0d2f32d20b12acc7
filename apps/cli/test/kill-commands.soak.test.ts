import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@sgdscope/random";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inProcess, start } from "./sweep-support.js";

// `sweep run` is killed in sweep-processes.soak.test.ts.
const kills = Number(process.env["SGDSCOPE_KILLS"] ?? 20);
const timeout = 120_000 + 15_000 * kills;
const random = seededRandom(9);
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-kills-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What took how long, which no two runs share. */
const withoutSeconds = (text: string): string =>
  text.replace(/"(\w*[sS]econds)": ?[\d.e+-]+/g, '"$1":0').replace(/(?:\d+ min )?[\d.]+ s\b/g, "0 s");

/** Every file below a folder by its path, but for locks. */
async function content(place: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(place, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (!entry.isFile() || entry.parentPath.includes(".locks")) continue;
    const path = join(entry.parentPath, entry.name);
    // A writer that is still at work may rename it meanwhile.
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) continue;
    const isText = /\.(json|html)$/.test(entry.name);
    files[path.slice(place.length)] = isText ? withoutSeconds(bytes.toString()) : bytes.toString("latin1");
  }
  return files;
}

/** Makes what writers left behind an hour old: it is removed once it is a minute old and its writer gone. */
async function aged(place: string): Promise<void> {
  const old = new Date(Date.now() - 3_600_000);
  for (const entry of await readdir(place, { withFileTypes: true, recursive: true }))
    if (entry.name.endsWith(".tmp")) await utimes(join(entry.parentPath, entry.name), old, old);
}

/** Every JSON file is whole: what is not finished has another name. */
async function expectWhole(place: string): Promise<void> {
  for (const [path, text] of Object.entries(await content(place)))
    if (path.endsWith(".json")) expect(() => JSON.parse(text) as unknown, path).not.toThrow();
}

/**
 * Starts a command again and again and kills it, `kills` times: each time at a random moment of the next `within` milliseconds after
 * `further` says that it has gone on working. One that ends before does not count; where too many do, the count falls short.
 */
async function killed(argv: string[], place: string, further: () => Promise<boolean>, within: number): Promise<number> {
  let count = 0;
  for (let attempt = 0; attempt < 3 * kills && count < kills; attempt++) {
    const child = start(argv);
    const ended = once(child, "exit");
    while (child.exitCode === null && !(await further())) await sleep(10);
    await sleep(random() * within);
    if (child.exitCode !== null) continue;
    child.kill("SIGKILL");
    const [, signal] = (await ended) as [number | null, string | null];
    if (signal === "SIGKILL") count++;
    await expectWhole(place);
  }
  return count;
}

/** Whether a count has grown since it was last asked. */
function growth(count: () => Promise<number>): () => Promise<boolean> {
  let before = 0;
  return async () => {
    const now = await count();
    if (now <= before) return false;
    before = now;
    return true;
  };
}

const training = (out: string, ...more: string[]): string[] => [
  ...["train", "--data", "synthetic", "--count", "12", "--widths", "4", "--learning-rate", "0.02", "--batch-size", "2"],
  ...["--every", "20", "--max-steps", String(400 * kills), "--loss-below", "1e-300", "--backend", "wasm", "--quiet"],
  ...["--checkpoint-every", "40", "--out", join(folder, out), ...more],
];

describe(`kill -9 of a command, ${kills} times, changes nothing of what it gives in the end`, () => {
  it("train", { timeout }, async () => {
    const rough = join(folder, "rough");
    const metrics = async (): Promise<number> =>
      Object.entries(await content(rough)).find(([path]) => path.endsWith("metrics.jsonl"))?.[1].length ?? 0;
    expect(await killed(training("rough", "--resume"), rough, growth(metrics), 150)).toBe(kills);
    expect(await inProcess(training("rough", "--resume"))).toMatchObject({ exitCode: 0 });
    expect(await inProcess(training("calm"))).toMatchObject({ exitCode: 0 });
    const [found, expected] = [await content(rough), await content(join(folder, "calm"))];
    expect(Object.keys(expected).length).toBeGreaterThan(2);
    expect(found).toEqual(expected);
  });

  it("measure, which leaves the run as it was", { timeout }, async () => {
    const calm = join(folder, "calm");
    const [run] = (await readdir(calm)).filter((name) => !name.startsWith("."));
    const argv = ["measure", "--run", join(calm, run!), "--products", "200", "--backend", "wasm", "--json", "--quiet"];
    const before = await content(calm);
    const begun = Date.now();
    const expected = await inProcess(argv);
    const took = Date.now() - begun;
    expect(expected).toMatchObject({ exitCode: 0 });
    // Nothing shows from outside how far it is: any moment of the first nine tenths.
    expect(await killed(argv, calm, () => Promise.resolve(true), 0.9 * took)).toBe(kills);
    expect(await inProcess(argv)).toEqual(expected);
    expect(await content(calm)).toEqual(before);
  });

  it("reproduce, which keeps the jobs that are done", { timeout: 2 * timeout }, async () => {
    const [rough, calm] = [join(folder, "rough-claim"), join(folder, "calm-claim")];
    const argv = (out: string): string[] => [
      ...["reproduce", "generalization", "--fast", "--data", "synthetic", "--jobs", "1", "--backend", "wasm"],
      ...["--json", "--quiet", "--out", out],
    ];
    const kept = async (): Promise<number> => (await readdir(join(rough, "tasks")).catch(() => [])).length;
    expect(await killed(argv(rough), rough, growth(kept), 300)).toBe(kills);
    await aged(rough);
    const [found, expected] = [await inProcess(argv(rough)), await inProcess(argv(calm))];
    expect([found.exitCode, found.stderr, expected.exitCode]).toEqual([0, "", 0]);
    const named = (text: string): string => withoutSeconds(text).replaceAll(rough, calm);
    expect(named(found.stdout)).toBe(named(expected.stdout));
    const [files, others] = [await content(rough), await content(calm)];
    expect(Object.keys(others).length).toBeGreaterThan(100);
    expect(Object.keys(files).sort()).toEqual(Object.keys(others).sort());
    for (const [path, text] of Object.entries(files)) expect(named(text) === named(others[path]!), path).toBe(true);
  });
});
