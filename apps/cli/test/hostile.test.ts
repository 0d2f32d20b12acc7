import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

const small = fileURLToPath(new URL("../../../packages/array-files/test/fixtures/hostile", import.meta.url));
const shared = process.env["SGDSCOPE_HOSTILE_DIR"];
if (!shared)
  console.warn("SGDSCOPE_HOSTILE_DIR is not set: taking only the hostile files that are small enough to keep here");
const folder = shared || small;

/** What the command line says of each kind of file; the libraries' own tests ask for more. */
const answers: [name: RegExp, message: RegExp][] = [
  [/^npz-bomb/, /expected 136 bytes in/],
  [/duplicate/, /once.*, got "?(K|K\.npy|a|shape|descr)"? twice/],
  [/^npy-shape-1e300x0/, /extents of at most 2\^53 - 1/],
  [/^npy-shape-1e12/, /expected 8000000000000 bytes of data/],
  [/^safetensors-header/, /a header length and a JSON object/],
  [/^safetensors-overlap/, /expected b at byte 4, got 2 to 6/],
  [/^json-1e400/, /a finite number at value\[0\], got Infinity/],
  [/^grid-(seeds|count|step|factor|product)/, /at most 100000 points, got/],
  [/^grid-to-inf/, /expected a number, got Infinity/],
  [/^grid-billion-laughs/, /Excessive alias count/],
  [/^grid-depth/, /nested at most 32 deep/],
  [/^grid-axis-20000-dots/, /at most 1024 chars/],
  [/^grid-proto/, /unknown key|expected/],
  // Harmless: an array of one number, which is no Gram matrix of anything that has a minimum with these batches.
  [/^safetensors-proto/, /shape \[1\]|expected/],
];

describe("hostile files at the command line", () => {
  const names = readdirSync(folder).filter((name) => name !== "README.md");
  it("are all known", () => {
    expect(names.filter((name) => !answers.some(([pattern]) => pattern.test(name)))).toEqual([]);
    expect(names.length).toBeGreaterThan(8);
  });

  it.each(names)("%s is a wrong argument, in one sentence", async (name) => {
    const path = join(folder, name);
    const before = process.memoryUsage().arrayBuffers;
    const { exitCode, stdout, stderr } = await (name.endsWith(".yaml")
      ? sgdscope("sweep", "plan", path, "--dry-run")
      : sgdscope("compare", "--gram", path, "--batch-size", "1"));
    expect(stderr).toMatch(answers.find(([pattern]) => pattern.test(name))![1]);
    expect(stderr).toMatch(/^error: /);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
