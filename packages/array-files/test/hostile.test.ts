import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ArrayFilesError, readArrays } from "../src/index.js";

/** What a reader must say about each file, by code and by a part of the message; `harmless` may be read. */
const answers: Record<string, [string, string]> = {
  "npy-duplicate-descr.npy": ["CORRUPT", "each key of the header once, got shape twice"],
  "npy-shape-1e300x0.npy": ["TOO_LARGE", "extents of at most 2^53 - 1, got one of 400 digits, 99999999999999999…"],
  "npy-shape-1e12.npy": ["TRUNCATED", "expected 8000000000000 bytes of data for f8 of shape [1000000000000], got 0"],
  "npz-duplicate-names.npz": ["CORRUPT", "each name once in the archive, got K.npy twice"],
  "npz-bomb-300MB-declares-136-bytes.npz": ["CORRUPT", "expected 136 bytes in"],
  "json-1e400.json": ["CORRUPT", "a finite number at value[0], got Infinity"],
  "json-duplicate-keys.json": ["CORRUPT", 'each key once, got "K" twice'],
  "safetensors-duplicate-key.safetensors": ["CORRUPT", 'each key once, got "a" twice'],
  "safetensors-header-2e63.safetensors": ["WRONG_FORMAT", "a header length and a JSON object"],
  "safetensors-overlap.safetensors": ["CORRUPT", "expected b at byte 4, got 2 to 6"],
};

const small = fileURLToPath(new URL("fixtures/hostile", import.meta.url));
const folder = process.env["SGDSCOPE_HOSTILE_DIR"];
if (!folder)
  console.warn("SGDSCOPE_HOSTILE_DIR is not set: skipping the hostile files that are too large to keep here");

const refuse = async (path: string): Promise<ArrayFilesError> => {
  const error = await readArrays(path).then(
    () => new Error(`${path} was read`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ArrayFilesError);
  return error as ArrayFilesError;
};

describe("hostile files", () => {
  const refused = readdirSync(small).filter((name) => name in answers);
  it("are here, all that are small", () => expect(refused.length).toBe(Object.keys(answers).length - 1));

  it.each(refused)("%s is refused, and why", async (name) => {
    const [code, message] = answers[name]!;
    const error = await refuse(join(small, name));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("with an array called __proto__ is harmless", async () => {
    const arrays = await readArrays(join(small, "safetensors-proto.safetensors"));
    expect(Object.keys(arrays)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(arrays)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(arrays, "__proto__")!.value).toEqual({
      shape: [1],
      data: Uint8Array.of(7),
    });
    expect(({} as Record<string, unknown>)["shape"]).toBeUndefined();
  });

  it.skipIf(!folder)("of any size are refused, and nearly nothing is allocated", async () => {
    for (const [name, [code, message]] of Object.entries(answers)) {
      const before = process.memoryUsage().arrayBuffers;
      const error = await refuse(join(folder!, name));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
      expect([name, error.code, error.message]).toEqual([name, code, expect.stringContaining(message)]);
    }
  });
});
