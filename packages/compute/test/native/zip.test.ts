import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mutations } from "../../../testing/src/mutants.js";
import { surveyMutants } from "../../../testing/src/survey-mutants.js";
import { ComputeError } from "../../src/errors.js";
import { openZip } from "../../src/native/zip.js";
import { zipOf } from "./archive.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-zip-"));
});
afterAll(() => rm(folder, { recursive: true }));

const files = { "a/one.txt": "one ".repeat(50_000), "two.txt": "2", "empty.txt": "" };

describe("openZip", () => {
  it.each([{}, { stored: true }, { wide: true }])("unpacks what was packed: %j", async (options) => {
    const path = join(folder, "archive.zip");
    await writeFile(path, zipOf(files, options));
    const zip = await openZip(path);
    expect([...zip.entries.keys()]).toEqual(Object.keys(files));
    for (const [name, text] of Object.entries(files)) {
      await zip.extract(name, join(folder, "out", name));
      expect(await readFile(join(folder, "out", name), "utf8")).toBe(text);
    }
    await zip.close();
  });

  it.each(["", "no archive, only words", "PK\u0005\u0006".padEnd(22, "\u0001")])("refuses %j", async (text) => {
    const path = join(folder, "text.zip");
    await writeFile(path, text);
    await expect(openZip(path)).rejects.toMatchObject({ code: "WHEEL_INVALID" });
  });

  it.each([
    ["a name twice", ["one.txt", "one.txt"], "one.txt twice"],
    ["a name that leaves the folder", ["../two.txt"], "invalid relative path"],
    ["an absolute name", ["/etc/two.txt"], "absolute path"],
  ])("refuses %s", async (_, names, message) => {
    const path = join(folder, "names.zip");
    // Names of one length, put in place of those that the archive was made with.
    const made = names.map((name, i) => String(i).padEnd(name.length, "x"));
    let text = zipOf(Object.fromEntries(made.map((name) => [name, "1"]))).toString("latin1");
    for (const [i, name] of names.entries()) text = text.replaceAll(made[i]!, name);
    await writeFile(path, text, "latin1");
    await expect(openZip(path)).rejects.toMatchObject({ code: "WHEEL_INVALID" });
    await expect(openZip(path)).rejects.toThrow(message);
  });

  it("says which file is not there", async () => {
    await expect(openZip(join(folder, "nowhere.zip"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("writes no more than a file declares", async () => {
    const path = join(folder, "bomb.zip");
    const bytes = zipOf({ "a.txt": "0".repeat(3e6) });
    const size = bytes.lastIndexOf(Buffer.of(0x50, 0x4b, 1, 2)) + 24;
    bytes.writeUInt32LE(1000, size);
    await writeFile(path, bytes);
    const zip = await openZip(path);
    await expect(zip.extract("a.txt", join(folder, "bomb.txt"))).rejects.toMatchObject({ code: "WHEEL_MISMATCH" });
    expect((await stat(join(folder, "bomb.txt"))).size).toBeLessThanOrEqual(1000);
    await zip.close();
  });

  it.each([{}, { stored: true }])("sees damage inside a file: %j", async (options) => {
    const path = join(folder, "damaged.zip");
    const bytes = zipOf({ "a.txt": "0123456789".repeat(100) }, options);
    bytes[45]! ^= 0xff;
    await writeFile(path, bytes);
    const zip = await openZip(path);
    await expect(zip.extract("a.txt", join(folder, "a.txt"))).rejects.toMatchObject({ code: "WHEEL_MISMATCH" });
    await zip.close();
  });

  it.each([{}, { wide: true }])("unpacks or refuses every one of a thousand damaged archives: %j", async (options) => {
    const path = join(folder, "mutant.zip");
    const bytes = zipOf({ "a/one.txt": "one ".repeat(500), "two.txt": "2", "empty.txt": "" }, options);
    const read = async (mutant: Uint8Array): Promise<string[]> => {
      await writeFile(path, mutant);
      const zip = await openZip(path);
      const texts: string[] = [];
      try {
        for (const name of zip.entries.keys()) {
          await zip.extract(name, join(folder, "mutant"));
          texts.push(await readFile(join(folder, "mutant"), "utf8"));
        }
      } finally {
        await zip.close();
      }
      return texts;
    };
    const survey = await surveyMutants(mutations(bytes, { seed: 1, count: 1000 }), read, {
      refusal: (error) => (error instanceof ComputeError ? error.code : undefined),
      // The checksums let nothing but names change.
      accept: (texts) => expect(["one ".repeat(500), "2", ""]).toEqual(expect.arrayContaining(texts)),
    });
    expect(survey.accepted + survey.refused).toBe(1000);
    expect(survey.mostBytes).toBeLessThan(64e6);
  });
});
