import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-messages-"));
  await writeFile(at("K.json"), "[[2, 0], [0, 1]]");
  await writeFile(at("zero.json"), "[[0, 0], [0, 0]]");
  await writeFile(at("no.json"), "hello");
  await writeFile(at("no.yaml"), "base: [");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a message says what is wrong, without the function that found it", () => {
  it.each<[string[], string]>([
    [["compare", "--gram", "no.npy"], "error: --gram: FOLDER/no.npy does not exist"],
    [["compare", "--gram", "no.json"], "error: --gram: this is not JSON (in FOLDER/no.json)"],
    [
      ["compare", "--gram", "zero.json", "--batch-size", "1"],
      "error: --gram: expected gram with a positive eigenvalue, got zero",
    ],
    [["compare", "--gram", "K.json", "--rank-tolerance", "2"], "Expected a number between 0 and 1, got '2'"],
    [
      ["compare", "--run", "K.json"],
      "error: --run: FOLDER/K.json/run.json does not exist: a part of this path is not a folder",
    ],
    [["measure", "--backend", "cpu", "--model", "no.json"], "error: --model: FOLDER/no.json is not JSON"],
    [["sweep", "plan", "no.yaml"], "error: the grid is not YAML: "],
    [["sweep", "plan", "none.yaml"], "error: FOLDER/none.yaml does not exist"],
    [["sweep", "run", "nowhere.d"], "error: there is no plan FOLDER/nowhere.d/plan.jsonl\nhelp: sgdscope sweep plan"],
    [["reproduce"], "error: no claim was named"],
  ])("%j", async (argv, message) => {
    const { exitCode, stderr } = await sgdscope(...argv.map((part) => (part.includes(".") ? at(part) : part)));
    expect(stderr.replaceAll(folder, "FOLDER")).toContain(message);
    expect(exitCode).toBe(2);
  });
});
