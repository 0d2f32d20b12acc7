import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeArrays, type NamedArray } from "../src/index.js";

const python = process.env["SGDSCOPE_PYTHON"];
if (!python)
  console.warn("SGDSCOPE_PYTHON is not set: skipping the tests that read our files with numpy and safetensors");

const arrays: Record<string, NamedArray> = {
  f4: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, -0.1) },
  f8: { shape: [1, 2, 1], data: Float64Array.of(1 / 3, Infinity) },
  i1: { shape: [3], data: Int8Array.of(-128, 0, 127) },
  u1: { shape: [2], data: Uint8Array.of(0, 255) },
  i2: { shape: [2], data: Int16Array.of(-32768, 5) },
  u2: { shape: [1], data: Uint16Array.of(65535) },
  i4: { shape: [], data: Int32Array.of(-(2 ** 31)) },
  u4: { shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  i8: { shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
  u8: { shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  empty: { shape: [0, 4], data: new Float32Array(0) },
};
const report = `
import sys, json, numpy
arrays = load(sys.argv[1])
print(json.dumps({k: [str(v.dtype), list(v.shape), [repr(x) for x in v.ravel().tolist()]] for k, v in arrays.items()}))`;

const expected = Object.fromEntries(
  Object.entries(arrays).map(([name, { shape, data }]) => [
    name,
    [
      data.constructor.name.replace(/Array|Big/g, "").toLowerCase(),
      shape,
      Array.from<number | bigint, string>(data, (x) => x.toString()),
    ],
  ]),
);

describe.skipIf(!python)("files read by Python", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "array-files-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ["stored.npz", {}, "load = lambda path: dict(__import__('numpy').load(path))"],
    ["deflated.npz", { compress: true }, "load = lambda path: dict(__import__('numpy').load(path))"],
    ["all.safetensors", { metadata: { a: "b" } }, "from safetensors.numpy import load_file as load"],
  ])("%s holds the same dtypes, shapes and numbers", async (name, options, load) => {
    await writeArrays(join(folder, name), arrays, options);
    const { stdout } = await promisify(execFile)(python!, ["-c", load + report, join(folder, name)]);
    const read = JSON.parse(stdout) as Record<string, [string, number[], string[]]>;
    expect(Object.keys(read).toSorted()).toEqual(Object.keys(arrays).toSorted());
    for (const [key, [dtype, shape, values]] of Object.entries(read)) {
      expect([key, dtype, shape]).toEqual([key, ...expected[key]!.slice(0, 2)]);
      expect(values.map(number)).toEqual((expected[key]![2] as string[]).map(number));
    }
  });
});

/** Python and JavaScript print the same number differently; large integers stay text. */
const number = (text: string): number | string =>
  /^-?\d{16,}$/.test(text) ? text : Number(text.replace(/inf/i, "Inf").replace(/Inf(inity)?/, "Infinity"));
