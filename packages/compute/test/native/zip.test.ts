import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

  it.each([{}, { stored: true }])("sees damage inside a file: %j", async (options) => {
    const path = join(folder, "damaged.zip");
    const bytes = zipOf({ "a.txt": "0123456789".repeat(100) }, options);
    bytes[45]! ^= 0xff;
    await writeFile(path, bytes);
    const zip = await openZip(path);
    await expect(zip.extract("a.txt", join(folder, "a.txt"))).rejects.toMatchObject({ code: "WHEEL_MISMATCH" });
    await zip.close();
  });
});
