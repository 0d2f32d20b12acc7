import { describe, expect, it } from "vitest";
import { CifarError, parseCifar100Python, parseCifar10Python } from "../../src/index.js";
import { fixture, pixel } from "../helpers.js";

const of = (name: string): Uint8Array => fixture(`${name}.pickle`);
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
/** A fixture with one piece of its bytes replaced everywhere. */
const changed = (name: string, from: string, to: string): Uint8Array => {
  const text = latin1(of(name));
  expect(text).toContain(from);
  return new Uint8Array(Buffer.from(text.replaceAll(from, to), "latin1"));
};

describe.each(["python2", "python3"])("batches written by %s", (writer) => {
  it("of CIFAR-10 are labels and interleaved pixels", () => {
    const { count, labels, pixels } = parseCifar10Python(of(`cifar10-${writer}`));
    expect(count).toBe(2);
    expect(labels).toStrictEqual(Uint8Array.of(6, 9));
    for (const [i, y, x, c] of [
      [0, 0, 0, 0],
      [0, 0, 0, 2],
      [1, 0, 1, 1],
      [1, 31, 30, 2],
    ] as const)
      expect(pixels[((i * 32 + y) * 32 + x) * 3 + c]).toBe(pixel(i, y, x, c));
    expect(pixels.reduce((sum, value) => sum + value, 0)).toBe(sumOfPixels());
  });

  it("of CIFAR-100 have fine and coarse labels", () => {
    const { labels, coarseLabels, pixels } = parseCifar100Python(of(`cifar100-${writer}`));
    expect(labels).toStrictEqual(Uint8Array.of(19, 29));
    expect(coarseLabels).toStrictEqual(Uint8Array.of(11, 15));
    expect(pixels).toStrictEqual(parseCifar10Python(of(`cifar10-${writer}`)).pixels);
  });

  it("are refused at every truncation, and with bytes after their end", () => {
    const bytes = of(`cifar10-${writer}`);
    for (let length = 0; length < bytes.length; length++)
      expect(() => parseCifar10Python(bytes.subarray(0, length))).toThrow(CifarError);
    expect(() => parseCifar10Python(Uint8Array.of(...bytes, 0))).toThrow("nothing after its end, got more bytes");
  });

  it("are refused as the other data set", () => {
    expect(() => parseCifar10Python(of(`cifar100-${writer}`))).toThrow(
      "a list of integers under labels, got no such key",
    );
    expect(() => parseCifar100Python(of(`cifar10-${writer}`))).toThrow("under coarse_labels, got no such key");
  });
});

const sumOfPixels = (): number => {
  let sum = 0;
  for (let i = 0; i < 2; i++)
    for (let c = 0; c < 3; c++) for (let y = 0; y < 32; y++) for (let x = 0; x < 32; x++) sum += pixel(i, y, x, c);
  return sum;
};

describe("parseCifar10Python refuses", () => {
  const name = "cifar10-python2";
  it.each<[string, () => Uint8Array, string]>([
    ["functions", () => of("malicious"), "the globals of numpy arrays only, got the global posix system at byte 54"],
    ["other protocols", () => of("protocol4"), "pickle protocol 2, got protocol 4 at byte 0"],
    ["what is no pickle", () => new Uint8Array(3073), "pickle protocol 2, got no pickle of a protocol"],
    ["nothing", () => new Uint8Array(0), "pickle protocol 2, got no pickle of a protocol"],
    ["other opcodes", () => changed(name, "]q\x04(", "]q\x04\x8f"), "got the opcode EMPTY_SET at byte 59"],
    ["bytes that are no opcodes", () => changed(name, "]q\x04(", "]q\x04\xfe"), "got the opcode 0xfe at byte 59"],
    [
      "other dtypes",
      () => changed(name, "U\x02u1", "U\x02i1"),
      "data of uint8 [n, 3072], got i1 [2, 3072] in 6144 bytes",
    ],
    ["other shapes", () => changed(name, "M\x00\x0c", "M\x00\x06"), "data of uint8 [n, 3072], got u1 [2, 1536]"],
    ["column-major data", () => changed(name, "\x89T", "\x88T"), "states of numpy arrays only, got another state"],
    ["fewer labels", () => changed(name, "(K\x06K\x09e", "(K\x06e"), "2 labels, got 1"],
    ["other labels", () => changed(name, "K\x06K\x09", "K\x06N"), "a list of integers under labels, got another value"],
    ["a key twice", () => changed(name, "U\x09filenames", "U\x06labels"), 'each key once, got "labels" twice'],
    ["no data", () => changed(name, "U\x04data", "U\x04date"), "a numpy array under data, got no such key"],
    ["other calls", () => changed(name, "K\x00\x85q\x08", "K\x07\x85q\x08"), "calls that make arrays only"],
    ["what was not remembered", () => changed(name, "K\x06K\x09e", "K\x06h\xffe"), "nothing under 255"],
    ["a stack that is empty", () => Uint8Array.of(0x80, 2, 0x2e), "a value for each opcode, got none"],
    ["values left over", () => Uint8Array.of(0x80, 2, 0x4e, 0x4e, 0x2e), "one value, got more at byte 4"],
    ["a mark that is missing", () => Uint8Array.of(0x80, 2, 0x5d, 0x65, 0x2e), "a mark, got none at byte 3"],
    ["another value", () => Uint8Array.of(0x80, 2, 0x4e, 0x2e), "a dictionary, got another value"],
    ["negative lengths", () => Uint8Array.of(0x80, 2, 0x54, 255, 255, 255, 255), "-1 more bytes"],
    [
      "more than there is",
      () => Uint8Array.of(0x80, 2, 0x54, 255, 255, 255, 127),
      "2147483647 more bytes, got the end",
    ],
  ])("%s", (_, make, message) => {
    const bytes = make();
    expect(() => parseCifar10Python(bytes)).toThrow(expect.objectContaining({ code: "BAD_PICKLE" }));
    expect(() => parseCifar10Python(bytes)).toThrow(message);
  });

  it("labels that are no classes, with the record", () => {
    const bytes = changed(name, "K\x06K\x09", "K\x06K\x0a");
    expect(() => parseCifar10Python(bytes)).toThrow("bytes with a label below 10 in record 1, got 10");
    expect(() => parseCifar10Python(changed(name, "K\x06K\x09", "K\x06J\xff\xff\xff\xff"))).toThrow("got -1");
  });

  it("millions of opcodes", () => {
    const bytes = new Uint8Array(3_000_000).fill(0x5d);
    bytes.set([0x80, 2]);
    expect(() => parseCifar10Python(bytes)).toThrow("at most 2000000 opcodes, got more");
  });

  it("text that is decoded again and again", () => {
    // Remembers the function, a text and the name of the encoding, then calls the function on the text without end.
    const head =
      "\x80\x02c_codecs\nencode\nq\x00X\xe8\x03\x00\x00" + "x".repeat(1000) + "q\x01X\x06\x00\x00\x00latin1q\x02";
    const bytes = Buffer.from(head + "h\x00h\x01h\x02\x86R".repeat(100), "latin1");
    expect(() => parseCifar10Python(bytes)).toThrow("each text decoded once, got more text than there are bytes");
  });

  it("text beyond latin-1", () => {
    const bytes = changed("cifar10-python3", "leptodactylus", "leptodactyl\xc4\x80");
    expect(() => parseCifar10Python(bytes)).toThrow("calls that make arrays only, got another call");
  });
});
