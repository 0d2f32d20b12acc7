import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheDirectory, findCifar10, findCifar100 } from "../src/index.js";
import { cacheDirectoryOf } from "../src/locate.js";
import { temporaryFolder, withEnvironment } from "./helpers.js";

describe("cacheDirectory", () => {
  it.each([
    ["linux", {}, "/home/ada/.cache/sgdscope"],
    ["linux", { XDG_CACHE_HOME: "/var/cache/ada" }, "/var/cache/ada/sgdscope"],
    ["linux", { XDG_CACHE_HOME: "relative" }, "/home/ada/.cache/sgdscope"],
    ["darwin", { XDG_CACHE_HOME: "/x" }, "/home/ada/Library/Caches/sgdscope"],
    ["linux", { SGDSCOPE_CACHE_DIR: "/data", XDG_CACHE_HOME: "/x" }, "/data"],
  ])("on %s with %o is %s", async (platform, environment, expected) =>
    expect(await cacheDirectoryOf(platform, environment, "/home/ada")).toBe(expected),
  );

  it("on Windows is in the local application data", async () => {
    const home = "C:\\Users\\ada";
    expect(await cacheDirectoryOf("win32", {}, home)).toBe("C:\\Users\\ada\\AppData\\Local\\sgdscope");
    expect(await cacheDirectoryOf("win32", { LOCALAPPDATA: "D:\\local" }, home)).toBe("D:\\local\\sgdscope");
  });

  it("follows the environment of the process", async () => {
    withEnvironment({ SGDSCOPE_CACHE_DIR: "/somewhere" });
    expect(await cacheDirectory()).toBe("/somewhere");
  });
});

describe("findCifar10", () => {
  const fill = async (folder: string, files: readonly string[], size: number): Promise<void> => {
    await mkdir(folder, { recursive: true });
    for (const file of files) {
      await writeFile(join(folder, file), "");
      await truncate(join(folder, file), size);
    }
  };
  const files = [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), "test_batch.bin"];

  it("finds a complete download in the cache, and no incomplete one", async () => {
    const cache = await temporaryFolder();
    withEnvironment({ SGDSCOPE_CIFAR10_DIR: undefined, SGDSCOPE_CACHE_DIR: cache });
    expect(await findCifar10()).toBeUndefined();
    const directory = join(cache, "cifar-10-batches-bin");
    await fill(directory, files, 30_730_000);
    expect(await findCifar10()).toEqual({ directory, from: "cache", complete: true });
    await truncate(join(directory, "test_batch.bin"), 30_730_000 - 3073);
    expect(await findCifar10()).toBeUndefined();
  });

  it("prefers the environment, and says whether that is complete", async () => {
    const named = await temporaryFolder();
    await fill(named, ["data_batch_1.bin"], 3073);
    withEnvironment({ SGDSCOPE_CIFAR10_DIR: named });
    expect(await findCifar10()).toEqual({ directory: named, from: "environment", complete: false });
    await fill(named, files, 30_730_000);
    expect(await findCifar10()).toMatchObject({ complete: true });
  });

  it("finds the Python version, and archives, and says whether they are complete", async () => {
    const parent = await temporaryFolder();
    const python = join(parent, "cifar-10-batches-py");
    const pickles = files.map((file) => file.replace(".bin", ""));
    withEnvironment({ SGDSCOPE_CIFAR10_DIR: parent });
    await fill(parent, ["cifar-10-python.tar.gz"], 170_498_071);
    const archive = join(parent, "cifar-10-python.tar.gz");
    expect(await findCifar10()).toEqual({ directory: archive, from: "environment", complete: true });
    await fill(python, pickles, 31_035_704);
    expect(await findCifar10()).toEqual({ directory: python, from: "environment", complete: true });
    await truncate(join(python, "test_batch"), 30_000_000);
    expect(await findCifar10()).toMatchObject({ complete: false });
    await fill(parent, ["renamed.tgz"], 1000);
    withEnvironment({ SGDSCOPE_CIFAR10_DIR: join(parent, "renamed.tgz") });
    expect(await findCifar10()).toEqual({
      directory: join(parent, "renamed.tgz"),
      from: "environment",
      complete: false,
    });
  });

  it("does not pass over a variable that leads nowhere", async () => {
    const empty = await temporaryFolder();
    withEnvironment({ SGDSCOPE_CIFAR10_DIR: empty, SGDSCOPE_CIFAR100_DIR: join(empty, "none") });
    await expect(findCifar10()).rejects.toThrow(
      /^findCifar10: expected SGDSCOPE_CIFAR10_DIR to name a folder or archive of CIFAR-10, such as .*, got /,
    );
    await expect(findCifar100()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
