import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTar } from "../../src/archive/tar.js";
import { tar, text, type Entry } from "./tarball.js";

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function readAll(bytes: Uint8Array, chunk = 1000): Promise<[string, string, string][]> {
  const found: [string, string, string][] = [];
  for await (const { path, type, body } of readTar(inChunks(bytes, chunk))) {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part.slice());
    found.push([type, path, Buffer.concat(parts).toString()]);
  }
  return found;
}

const entries: Entry[] = [
  { path: "folder/", type: "5" },
  { path: "folder/a.txt", body: text("alpha") },
  { path: "./folder/b.txt", body: text("b".repeat(512)) },
  { path: "empty" },
  { path: "deep.txt", prefix: "folder/long", body: text("deep") },
];
const expected = [
  ["folder", "folder", ""],
  ["file", "folder/a.txt", "alpha"],
  ["file", "folder/b.txt", "b".repeat(512)],
  ["file", "empty", ""],
  ["file", "folder/long/deep.txt", "deep"],
];

describe("readTar", () => {
  it("reads files and folders from chunks of any size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4000 }), async (chunk) => {
        expect(await readAll(tar(entries), chunk)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("passes over what the caller leaves unread", async () => {
    const paths: string[] = [];
    for await (const { path } of readTar(inChunks(tar(entries), 700))) paths.push(path);
    expect(paths).toEqual(expected.map(([, path]) => path));
  });

  it("takes long names of GNU tar and of pax", async () => {
    const long = `folder/${"x".repeat(150)}.bin`;
    const record = ` path=${long}\n`;
    const length = record.length + 3;
    expect(
      await readAll(
        tar([
          { path: "././@LongLink", type: "L", body: text(`${long}\0`) },
          { path: "cut", body: text("1") },
          { path: "pax", type: "x", body: text(`${length}${record}`) },
          { path: "cut", body: text("2") },
          { path: "global", type: "g", body: text("20 comment=whatever\n") },
          { path: "short", body: text("3") },
        ]),
      ),
    ).toEqual([
      ["file", long, "1"],
      ["file", long, "2"],
      ["file", "short", "3"],
    ]);
  });

  it.each(["../escape", "folder/../../escape", "/etc/passwd", "C:\\escape", "folder\\..\\escape", "./", "C:evil"])(
    "refuses the path %s",
    (path) =>
      expect(readAll(tar([{ path, body: text("!") }]))).rejects.toMatchObject({
        code: "BAD_ARCHIVE",
        message: `readTar: expected a path inside the archive's folder, got ${JSON.stringify(path)}`,
      }),
  );

  it("refuses a long name that climbs", () =>
    expect(
      readAll(tar([{ path: "x", type: "L", body: text("../../escape\0") }, { path: "cut", body: text("1") }])), // prettier-ignore
    ).rejects.toThrow('got "../../escape"'));

  it.each([
    ["1", "link"],
    ["2", "symlink"],
    ["3", "character-device"],
    ["4", "block-device"],
    ["6", "fifo"],
  ])("refuses links and devices (type %s)", (type, name) =>
    expect(readAll(tar([{ path: "thing", type }]))).rejects.toMatchObject({
      code: "BAD_ARCHIVE",
      message: `readTar: expected files and folders, got a ${name} at thing`,
    }),
  );

  it("refuses a header whose checksum is wrong", async () => {
    const bytes = tar(entries);
    bytes[3]! ^= 1;
    await expect(readAll(bytes)).rejects.toThrow("Invalid tar header checksum");
  });

  it("passes on what ends the chunks, and ends them when the caller stops", async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(tar(entries).subarray(0, 1000));
      throw new RangeError("the disk is gone");
    };
    const read = async (): Promise<void> => {
      for await (const { body } of readTar(broken()))
        for await (const part of body) expect(part.length).toBeGreaterThan(0);
    };
    await expect(read()).rejects.toThrow(new RangeError("the disk is gone"));
    let ended = false;
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* inChunks(tar([{ path: "large", body: new Uint8Array(5e6) }]), 10_000);
      } finally {
        ended = true;
      }
    };
    for await (const { path } of readTar(watched())) {
      expect(path).toBe("large");
      break;
    }
    expect(ended).toBe(true);
  });

  it("refuses names and sizes beyond reason before they arrive", async () => {
    const long = tar([{ path: "x", type: "L", body: new Uint8Array(9e6) }]);
    await expect(readAll(long)).rejects.toThrow("Tar metadata entry exceeds maximum size");
    const huge = tar([{ path: "x", size: "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff" }]);
    await expect(readAll(huge)).rejects.toThrow("TAR number too large");
  });

  it("refuses an archive that ends within an entry", async () => {
    const bytes = tar(entries.slice(1, 2));
    for (const length of [100, 511, 513, 516, 1023])
      await expect(readAll(bytes.subarray(0, length))).rejects.toMatchObject({ code: "BAD_ARCHIVE" });
  });
});
