import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readArray, writeArrays, writeFileWhole } from "../src/index.js";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-write-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Nothing but these names is in a folder: no temporary file was left. */
const holds = async (path: string, ...names: string[]): Promise<void> =>
  expect((await readdir(path)).sort()).toEqual(names.sort());

/** Makes a device that swallows everything; false where the machine does not let us. */
function makeDevice(path: string): boolean {
  try {
    execFileSync("mknod", [path, "c", "1", "3"], { stdio: "ignore" });
    // A file system may hold devices without letting anybody open them.
    writeFileSync(path, "", { flag: "r+" });
    return true;
  } catch {
    return false;
  }
}

describe("writeFileWhole", () => {
  it("replaces a file and keeps its permissions", async () => {
    await mkdir(at("plain"));
    await writeFileWhole(at("plain", "x"), "one");
    await chmod(at("plain", "x"), 0o640);
    await writeFileWhole(at("plain", "x"), "two");
    expect(await readFile(at("plain", "x"), "utf8")).toBe("two");
    expect((await stat(at("plain", "x"))).mode & 0o777).toBe(0o640);
    await holds(at("plain"), "x");
  });

  it("follows symbolic links, relative, in a row and to what is not there yet, and leaves them", async () => {
    await mkdir(at("links", "far"), { recursive: true });
    await symlink("far", at("links", "near"));
    await symlink("../there", at("links", "far", "b"));
    await symlink("near/b", at("links", "a"));
    for (const text of ["made", "replaced"]) {
      await writeFileWhole(at("links", "a"), text);
      expect(await readFile(at("links", "there"), "utf8")).toBe(text);
    }
    expect(await readlink(at("links", "a"))).toBe("near/b");
    await holds(at("links"), "a", "far", "near", "there");
    await holds(at("links", "far"), "b");
  });

  it("refuses links that lead in a circle, and leaves them", async () => {
    await mkdir(at("circle"));
    await symlink("b", at("circle", "a"));
    await symlink("a", at("circle", "b"));
    await expect(writeFileWhole(at("circle", "a"), "x")).rejects.toMatchObject({ code: "ELOOP" });
    await holds(at("circle"), "a", "b");
  });

  it("writes into a pipe", async () => {
    await mkdir(at("pipe"));
    execFileSync("mkfifo", [at("pipe", "p.npy")]);
    const array = { shape: [200, 200], data: Float64Array.from({ length: 40_000 }, (_, k) => k) };
    const reader = spawn("cat", [at("pipe", "p.npy")], { stdio: ["ignore", "pipe", "ignore"] });
    const parts: Buffer[] = [];
    reader.stdout.on("data", (part: Buffer) => parts.push(part));
    const ended = once(reader, "close");
    await writeArrays(at("pipe", "p.npy"), { array });
    await ended;
    await writeFile(at("read.npy"), Buffer.concat(parts));
    expect(await readArray(at("read.npy"))).toStrictEqual(array);
    expect((await lstat(at("pipe", "p.npy"))).isFIFO()).toBe(true);
    await holds(at("pipe"), "p.npy");
  });

  it("says that a device takes nothing, through a link too, and leaves both", async () => {
    await mkdir(at("full"));
    await symlink("/dev/full", at("full", "link"));
    for (const path of ["/dev/full", at("full", "link")])
      await expect(writeFileWhole(path, "x")).rejects.toMatchObject({ code: "ENOSPC" });
    expect((await lstat("/dev/full")).isCharacterDevice()).toBe(true);
    expect((await lstat(at("full", "link"))).isSymbolicLink()).toBe(true);
    await holds(at("full"), "link");
  });

  it("writes into a device of one's own and does not replace it", async ({ skip }) => {
    await mkdir(at("device"));
    skip(!makeDevice(at("device", "null")), "no device can be made here: not root, or a file system without devices");
    await writeFileWhole(at("device", "null"), "x");
    expect((await lstat(at("device", "null"))).isCharacterDevice()).toBe(true);
    await holds(at("device"), "null");
  });

  it("leaves what is there where it cannot write", async () => {
    await mkdir(at("kept", "x", "inside"), { recursive: true });
    await expect(writeFileWhole(at("kept", "x"), "x")).rejects.toMatchObject({
      code: expect.stringMatching(/^(EISDIR|ENOTEMPTY|EEXIST)$/) as string,
    });
    await expect(writeFileWhole(at("gone", "x"), "x")).rejects.toMatchObject({ code: "ENOENT" });
    await holds(at("kept"), "x");
    await holds(at("kept", "x"), "inside");
  });
});
