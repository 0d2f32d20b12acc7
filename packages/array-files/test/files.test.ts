import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readArray, readArrays, writeArrays, type NamedArray } from "../src/index.js";

const arrays: Record<string, NamedArray> = {
  kernel: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  bias: { shape: [2], data: Float64Array.of(0.1, NaN) },
};
let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "array-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("writeArrays and readArrays", () => {
  it.each(["a.npz", "a.safetensors", "deep/er/A.NPZ"])("bring back %s", async (name) => {
    await writeArrays(at(name), arrays);
    expect(await readArrays(at(name))).toStrictEqual(arrays);
  });

  it("call the array of a .npy file as the file", async () => {
    await writeArrays(at("kernel.npy"), { anything: arrays["kernel"]! });
    expect(await readArrays(at("kernel.npy"))).toStrictEqual({ kernel: arrays["kernel"] });
  });

  it("replace a file and leave nothing else behind", async () => {
    const place = at("replace");
    await writeArrays(join(place, "x.npz"), { old: arrays["bias"]! });
    await Promise.all([1, 2, 3].map(() => writeArrays(join(place, "x.npz"), arrays)));
    expect(await readArrays(join(place, "x.npz"))).toStrictEqual(arrays);
    expect(await readdir(place)).toEqual(["x.npz"]);
  });

  it("leave the old file whole where writing fails", async () => {
    const place = at("failing");
    await writeArrays(join(place, "x.npz"), arrays);
    await expect(writeArrays(join(place, "x.npz"), { bad: { shape: [3], data: new Float32Array(2) } })).rejects.toThrow(
      "expected array with 3 elements",
    );
    // A folder in the way: the rename itself fails.
    await writeArrays(join(place, "y.npz", "inner.npz"), arrays);
    await expect(writeArrays(join(place, "y.npz"), arrays)).rejects.toThrow();
    expect((await readdir(place)).toSorted()).toEqual(["x.npz", "y.npz"]);
    expect(await readArrays(join(place, "x.npz"))).toStrictEqual(arrays);
  });

  it("keep metadata in safetensors and refuse it elsewhere", async () => {
    await writeArrays(at("m.safetensors"), arrays, { metadata: { seed: "7" } });
    expect(await readFile(at("m.safetensors"), "latin1")).toContain('"__metadata__":{"seed":"7"}');
    await expect(writeArrays(at("m.npz"), arrays, { metadata: {} })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("metadata for .safetensors only") as string,
    });
  });

  it("refuse other extensions, several arrays in a .npy, and missing files", async () => {
    for (const [name, message] of [
      ["x.csv", "ends in .npy, .npz, .safetensors"],
      ["x.json", "ends in .npy, .npz or .safetensors, got"],
      ["x.npy", "expected one array"],
    ] as const)
      await expect(writeArrays(at(name), arrays)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(message) as string,
      });
    await expect(readArrays(at("nowhere.npz"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("refuse a folder, and pass on what else the file system says", async () => {
    await expect(readArrays(`${folder}/folder.npy`).catch(() => mkdir(at("folder.npy")))).resolves.toBeUndefined();
    await expect(readArrays(at("folder.npy"))).rejects.toMatchObject({
      name: "ArrayFilesError",
      code: "INVALID_ARGUMENT",
    });
    await writeFile(at("file"), "");
    await expect(readArrays(at("file/below.npy"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  it("have no array to take from an empty file of arrays", async () => {
    await writeArrays(at("none.safetensors"), {});
    await expect(readArray(at("none.safetensors"))).rejects.toMatchObject({
      code: "UNKNOWN_KEY",
      message: `readArray: expected an array in ${at("none.safetensors")}, got none`,
    });
  });

  it("name the file that is damaged", async () => {
    await writeFile(at("broken.npz"), "PK, but no more");
    await expect(readArrays(at("broken.npz"))).rejects.toThrow(`(in ${at("broken.npz")})`);
  });
});

describe("the budget of readArrays", () => {
  it("is what the file may be, and what an archive may become", async () => {
    await writeArrays(at("zeros.npz"), { zeros: { shape: [5000], data: new Float64Array(5000) } }, { compress: true });
    const { size } = await stat(at("zeros.npz"));
    await expect(readArrays(at("zeros.npz"), { maxBytes: size - 1 })).rejects.toMatchObject({
      code: "TOO_LARGE",
      message: `readArrays: expected a file of at most ${size - 1} bytes (maxBytes), got ${size} bytes at ${at("zeros.npz")}`,
    });
    await expect(readArray(at("zeros.npz"), { maxBytes: 39_999 })).rejects.toThrow(
      "entries of at most 39999 bytes in all",
    );
    expect((await readArray(at("zeros.npz"), { maxBytes: 41_000 })).shape).toEqual([5000]);
  });

  it("is checked before anything is read, for files of any size", async () => {
    await writeFile(at("large.npy"), "");
    await truncate(at("large.npy"), 2 ** 40);
    await expect(readArrays(at("large.npy"))).rejects.toThrow("a file of at most 8589934592 bytes (maxBytes)");
    await expect(readArrays(at("large.npy"), { maxBytes: 0 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("readArray", () => {
  it("takes one array out of a file", async () => {
    await writeArrays(at("one.npz"), arrays);
    expect(await readArray(`${at("one.npz")}:bias`)).toStrictEqual(arrays["bias"]);
  });

  it("lists the names there are when asked for another, or for none of several", async () => {
    await writeArrays(at("some.safetensors"), arrays);
    const file = at("some.safetensors");
    for (const location of [file, `${file}:gain`, `${file}:toString`])
      await expect(readArray(location)).rejects.toMatchObject({
        code: "UNKNOWN_KEY",
        message: `readArray: expected the name of one of the arrays kernel, bias of ${file}, as in ${file}:kernel, got ${location}`,
      });
  });

  it("needs no name where there is one array", async () => {
    await writeArrays(at("single.npz"), { only: arrays["kernel"]! });
    expect(await readArray(at("single.npz"))).toStrictEqual(arrays["kernel"]);
    expect(await readArray(fileURLToPath(new URL("fixtures/scalar.npy", import.meta.url)))).toStrictEqual({
      shape: [],
      data: Float64Array.of(2.5),
    });
  });

  it.each<[string, NamedArray]>([
    ["[[1, 2], [3, 4e-3], [5, 6]]", { shape: [3, 2], data: Float64Array.of(1, 2, 3, 0.004, 5, 6) }],
    ["7", { shape: [], data: Float64Array.of(7) }],
    ["[[], []]", { shape: [2, 0], data: new Float64Array(0) }],
    ['{"only": [1]}', { shape: [1], data: Float64Array.of(1) }],
  ])("reads nested numbers from JSON: %s", async (text, array) => {
    await writeFile(at("x.json"), text);
    expect(await readArray(at("x.json"))).toStrictEqual(array);
  });

  it.each([
    ["[[1, 2], [3]]", "expected 2 items at value[1] as in its neighbours, got 1"],
    ["[1, null]", "expected a number at value[1], got null"],
    ['[[1], ["2"]]', 'expected a number at value[1][0], got "2"'],
    ["[1, [2]]", "expected a number at value[1], got an array of 1 item"],
    ["[[1], 2]", "expected 1 item at value[1] as in its neighbours, got 2"],
    ["[1,", "this is not JSON"],
    ["null", "expected a number at value, got null"],
    ["[1, /* two */ 2]", "this is not JSON"],
    ['["' + "x".repeat(100) + '"]', `got "${"x".repeat(59)} (in `],
  ])("refuses JSON that is no array of numbers: %s", async (text, message) => {
    await writeFile(at("bad.json"), text);
    await expect(readArray(at("bad.json"))).rejects.toThrow(message);
  });
});
