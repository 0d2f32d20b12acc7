import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { formatNpy, parseNpy, parseNpz } from "../../src/index.js";
import { fixture, range } from "../fixtures.js";
import { archiveOf, type FileToZip } from "./archive.js";

const content = fixture("scalar.npy");
const file = (options: Partial<FileToZip> = {}): FileToZip => ({ name: "a.npy", content, ...options });

/** Zeros that would inflate to this many MB, made from one of them. */
function bomb(megabytes: number): Uint8Array {
  const one = deflateRawSync(Buffer.alloc(2 ** 20), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([...range(megabytes).map(() => one), deflateRawSync(Buffer.alloc(0))]);
}

/** The directory copied over the last bytes of the file before it, which then reach into it. */
function overlapping(bytes: Buffer): Buffer {
  const at = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const shorter = Buffer.concat([bytes.subarray(0, at - 5), bytes.subarray(at)]);
  shorter.writeUInt32LE(at - 5, shorter.length - 6);
  return shorter;
}

describe("parseNpz on archives that say other things than they hold", () => {
  it.each<[string, readonly FileToZip[], string, string]>([
    ["a name twice", [file(), file()], "CORRUPT", "expected each name once in the archive, got a.npy twice"],
    ["a name with and without .npy", [file(), file({ name: "a" })], "CORRUPT", "got a with and without .npy"],
    ["another name inside", [file({ listedAs: "b.npy" })], "CORRUPT", "expected b.npy at byte 0, got a.npy"],
    ["less than declared", [file({ size: 200 })], "CORRUPT", "expected 200 bytes in a.npy, got 136"],
    ["more than declared", [file({ size: 100 })], "CORRUPT", "expected 100 bytes in a.npy, got more"],
    ["more than can be packed so", [file({ size: 1e9 })], "CORRUPT", "expected 1000000000 bytes in a.npy, got"],
    ["a stored size that differs", [file({ method: 0, size: 99 })], "CORRUPT", "expected 99 bytes in a.npy, got 136"],
    ["an encrypted entry", [file({ encrypted: true })], "WRONG_FORMAT", "got an encrypted entry"],
    ["another method", [file({ method: 12 })], "WRONG_FORMAT", "got zip method 12"],
    ["entries that overlap", [file(), file({ name: "b.npy", listedAs: "a.npy2", offset: 0 })], "CORRUPT", "a.npy2"],
    ["deflated garbage", [file({ packed: Buffer.alloc(200, 0xff) })], "CORRUPT", "got what is not deflated data"],
  ])("refuses %s", (_, files, code, message) => {
    expect(() => parseNpz(archiveOf(files))).toThrow(expect.objectContaining({ code }));
    expect(() => parseNpz(archiveOf(files))).toThrow(message);
  });

  it("refuses entries that share their bytes", () => {
    const shared = archiveOf([file({ name: "a" }), file({ name: "a", listedAs: "a", offset: 0 })]);
    expect(() => parseNpz(shared)).toThrow("got a twice");
    const inner = archiveOf([file()]).subarray(0, 30 + 5 + 20);
    // The second entry lies inside the stored bytes of the first.
    const nested = archiveOf([
      file({ name: "x.npy", content: inner, method: 0 }),
      file({ name: "a.npy", content: new Uint8Array(0), offset: 35 }),
    ]);
    expect(() => parseNpz(nested)).toThrow("expected a.npy after byte 90, got an overlap");
  });

  it("refuses 300 MB that declare 136 bytes, and inflates about one of them", () => {
    const bytes = archiveOf([file({ packed: bomb(300) })]);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => parseNpz(bytes)).toThrow("parseNpz: expected 136 bytes in a.npy, got more");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16e6);
  });

  it("refuses deflated bytes that go on after the data", () => {
    const packed = Buffer.concat([deflateRawSync(content), Buffer.alloc(5e6)]);
    expect(() => parseNpz(archiveOf([file({ packed })]))).toThrow(
      /expected 136 bytes in a.npy, got 136 and \d+ or more/,
    );
  });

  it("counts entries before it reads them", () => {
    expect(() => parseNpz(archiveOf([file()], { count: 2 }))).toThrow("expected 2 entries in the zip directory, got 1");
    const many = range(100_001).map((i) => ({ name: `${i}`, content: new Uint8Array(0), method: 0 }));
    const wide = archiveOf(many, { wide: true });
    expect(() => parseNpz(wide)).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
    expect(() => parseNpz(wide)).toThrow("expected at most 100000 zip entries, got 100001");
  });

  it("reads zip64, and refuses places and counts beyond the archive", () => {
    const bytes = archiveOf([file(), file({ name: "b.npy", method: 0 })], { wide: true });
    const { data } = parseNpy(content);
    expect(parseNpz(bytes)).toStrictEqual({ a: { shape: [], data }, b: { shape: [], data } });
    const view = Buffer.from(bytes);
    for (const back of [98 - 32, 98 - 48, 98 - 64])
      for (const value of [2n ** 63n, 2n ** 53n, 10_000n]) {
        const damaged = Buffer.from(view);
        damaged.writeBigUInt64LE(value, damaged.length - back);
        expect(() => parseNpz(damaged)).toThrow(expect.objectContaining({ name: "ArrayFilesError" }));
      }
  });

  it("reads archives with a comment, with comments of files, and with other extra fields before that of zip64", () => {
    const { data } = parseNpy(content);
    const arrays = { a: { shape: [], data }, b: { shape: [], data } };
    const files = [file(), file({ name: "b.npy" })];
    expect(parseNpz(archiveOf(files, { comment: "x".repeat(300) }))).toStrictEqual(arrays);
    expect(parseNpz(archiveOf(files, { comment: "x".repeat(65_535) }))).toStrictEqual(arrays);
    const noted = files.map((each) => ({ ...each, comment: "y".repeat(300) }));
    expect(parseNpz(archiveOf(noted))).toStrictEqual(arrays);
    const stamped = files.map((each) => ({ ...each, extra: Buffer.from([0x55, 0x54, 5, 0, 1, 2, 3, 4, 5]) }));
    for (const wide of [false, true]) expect(parseNpz(archiveOf(stamped, { wide }))).toStrictEqual(arrays);
  });

  it("takes 64 bits of zip64 only for what the directory leaves open", () => {
    const bytes = Buffer.from(archiveOf([file()], { wide: true }));
    const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    // The place in 32 bits; the extra field then holds the sizes alone.
    bytes.writeUInt32LE(0, central + 42);
    bytes.writeBigUInt64LE(2n ** 40n, central + 46 + 5 + 4 + 16);
    expect(Object.keys(parseNpz(bytes))).toEqual(["a"]);
  });

  it.each<[string, string, (bytes: Buffer) => Buffer]>([
    ["no end", "TRUNCATED", (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    ["an end that is not the end", "TRUNCATED", (bytes) => Buffer.concat([bytes, Buffer.alloc(65_536)])],
    ["a file that begins elsewhere", "CORRUPT", (bytes) => bytes.fill(0, 2, 4)],
    [
      "a directory that is none",
      "CORRUPT",
      (bytes) => bytes.fill(0, bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2])), bytes.length - 22),
    ],
    ["a directory beyond the end", "CORRUPT", (bytes) => (bytes.writeUInt32LE(1e6, bytes.length - 6), bytes)],
    ["a directory inside a file", "TRUNCATED", (bytes) => overlapping(bytes)],
  ])("refuses %s", (_, code, damage) =>
    expect(() => parseNpz(damage(Buffer.from(archiveOf([file()]))))).toThrow(expect.objectContaining({ code })),
  );

  it("refuses a zip64 directory that is elsewhere", () => {
    const bytes = Buffer.from(archiveOf([file()], { wide: true }));
    bytes.writeUInt32LE(0, bytes.length - 98);
    expect(() => parseNpz(bytes)).toThrow(
      expect.objectContaining({
        code: "CORRUPT",
        message: expect.stringContaining("expected a zip64 directory at byte") as string,
      }),
    );
  });

  it("reads files in any order of the directory", () => {
    const at = 30 + 5 + deflateRawSync(content).length;
    const turned = archiveOf([
      file({ listedAs: "b.npy", offset: at }),
      file({ name: "b.npy", listedAs: "a.npy", offset: 0 }),
    ]);
    expect(Object.keys(parseNpz(turned))).toEqual(["b", "a"]);
  });

  it("takes large and small, compressible and random entries", () => {
    let state = 1;
    const noise = Uint8Array.from(range(300_000), () => (state = (state * 48271) % 2147483647) & 255);
    const arrays = { noise, zeros: new Uint8Array(3_000_000), one: Uint8Array.of(9) };
    const files = Object.entries(arrays).map(([name, data]) =>
      file({ name: `${name}.npy`, content: formatNpy({ shape: [data.length], data }) }),
    );
    for (const level of [0, 1, 9]) {
      const packed = files.map((each) => ({ ...each, packed: deflateRawSync(each.content, { level }) }));
      const read = parseNpz(archiveOf(packed));
      for (const [name, data] of Object.entries(arrays))
        expect(Buffer.compare(read[name]!.data as Uint8Array, data), `${name} at level ${level}`).toBe(0);
    }
  });
});

describe("the budget of parseNpz", () => {
  const bytes = archiveOf([file(), file({ name: "b.npy" })]);

  it("is what all entries may declare together", () => {
    expect(Object.keys(parseNpz(bytes, { maxBytes: 272 }))).toEqual(["a", "b"]);
    expect(() => parseNpz(bytes, { maxBytes: 271 })).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
    expect(() => parseNpz(bytes, { maxBytes: 271 })).toThrow("entries of at most 271 bytes in all (maxBytes), got 272");
  });

  it.each([0, -1, NaN, "1"])("must be a positive number, not %s", (maxBytes) =>
    expect(() => parseNpz(bytes, { maxBytes: maxBytes as number })).toThrow(
      `parseNpz: expected maxBytes to be a positive number, got ${maxBytes}`,
    ),
  );
});
