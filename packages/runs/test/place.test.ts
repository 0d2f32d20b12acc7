import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectWritable, makeFolder, placeFile, removeLeftovers, wholeLines } from "../src/index.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-place-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const wrongPath = (path: string): object => ({ name: "RunsError", code: "WRONG_PATH", path });

describe("a folder", () => {
  it("is made with those above it, once", async () => {
    const path = join(folder, "a", "b");
    expect(await makeFolder(path)).toBe(true);
    expect(await readdir(path)).toEqual([]);
    expect(await makeFolder(path)).toBe(false);
  });

  it("is refused under a file, and where a file is", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    for (const path of [file, join(file, "below")]) {
      await expect(makeFolder(path)).rejects.toMatchObject(wrongPath(path));
      await expect(expectWritable(path)).rejects.toMatchObject(wrongPath(path));
    }
  });

  it("that can be made and written into is not made by asking", async () => {
    const path = join(folder, "a", "b");
    await expectWritable(path);
    await expectWritable(folder);
    expect(existsSync(join(folder, "a"))).toBe(false);
  });
});

describe("a file", () => {
  it("is placed whole, durable or not", async () => {
    const path = join(folder, "file");
    await placeFile(path, "one");
    await placeFile(path, new TextEncoder().encode("two"), false);
    expect(await readFile(path, "utf8")).toBe("two");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("is refused where a folder is or is missing", async () => {
    const path = join(folder, "taken");
    await mkdir(path);
    await expect(placeFile(path, "x")).rejects.toMatchObject(wrongPath(path));
    const gone = join(folder, "gone", "file");
    await expect(placeFile(gone, "x")).rejects.toMatchObject({ code: "STORAGE", path: gone });
  });
});

describe("the whole lines of a file", () => {
  it("leave out a torn last one; none are in a file that is not there", async () => {
    const path = join(folder, "lines");
    expect(await wholeLines(path)).toEqual([]);
    await writeFile(path, "one\ntwo\nthr");
    expect(await wholeLines(path)).toEqual(["one", "two"]);
    await expect(wholeLines(folder)).rejects.toMatchObject({ code: "EISDIR" });
  });
});

it("a folder that is not there has no leftovers", async () => {
  await removeLeftovers(join(folder, "gone"));
  expect(existsSync(join(folder, "gone"))).toBe(false);
});
