import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSubmissions, slurmStatus } from "../src/sweep/slurm.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-submissions-"));
  await mkdir(join(folder, "slurm"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const good = { job: "17", array: "0-2%2", offset: 1000, tasks: 3, submitted: "2026-01-01T00:00:00.000Z" };
const written = async (...lines: unknown[]): Promise<string> => {
  const path = join(folder, "slurm", "submissions.jsonl");
  await writeFile(path, lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  return path;
};

describe("submissions of a sweep to Slurm", () => {
  it("are read as they were written; none where there is no file", async () => {
    expect(await readSubmissions(await written(good, { ...good, job: "18" }))).toEqual([good, { ...good, job: "18" }]);
    expect(await readSubmissions(join(folder, "nowhere.jsonl"))).toEqual([]);
  });

  it.each([
    ["a torn line", '{"job":"17","arr', /JSON/],
    ["a number for a job", { ...good, job: 17 }, /job/],
    ["what would be an option of sacct", { ...good, job: "1 --help" }, /job: expected the number of a job/],
    ["no offset", { ...good, offset: undefined }, /offset/],
    ["a negative offset", { ...good, offset: -1 }, /offset/],
    ["a list", [1, 2], /object/],
    ["null", "null", /object/],
  ])("%s is refused by file and line", async (_, line, problem) => {
    const path = await written(good, line);
    await expect(readSubmissions(path)).rejects.toThrow(problem);
    await expect(slurmStatus(folder)).rejects.toThrow(`line 2 of ${path} is no submission`);
  });
});
