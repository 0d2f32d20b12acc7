import { describe, expect, it } from "vitest";
import { crc32c } from "../src/crc32c.js";
import { formatTensorBoard } from "../src/index.js";

/** A reader that shares nothing with the writer: bitwise CRC, generic protocol buffers. */
function crcBitByBit(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
const unmask = (masked: number): number => {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
};
function frames(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmask(view.getUint32(at + 8, true))).toBe(crcBitByBit(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(view.getUint32(at + 12 + length, true))).toBe(crcBitByBit(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}
function fields(message: Uint8Array): Map<number, number | Uint8Array> {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const found = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = (): number => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, wire] = [key >>> 3, key & 7];
    if (wire === 0) found.set(field, varint());
    else if (wire === 1) found.set(field, view.getFloat64((at += 8) - 8, true));
    else if (wire === 5) found.set(field, view.getFloat32((at += 4) - 4, true));
    else {
      const length = varint();
      found.set(field, message.subarray(at, (at += length)));
    }
  }
  return found;
}
const text = (bytes: unknown): string => new TextDecoder().decode(bytes as Uint8Array);

describe("crc32c", () => {
  it.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
  ])("is that of RFC 3720 for %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

describe("formatTensorBoard", () => {
  const scalars = [
    { tag: "loss", step: 0, value: 0.5, wallTime: 1_700_000_000.25 },
    { tag: "loss", step: 300, value: 1e-9, wallTime: 1_700_000_001 },
    { tag: "minimum/spectral norm η", step: 2 ** 40 + 1, value: -3 },
  ];
  const bytes = formatTensorBoard(scalars);

  it("starts with the version that TensorBoard looks for", () => {
    const first = fields(frames(bytes)[0]!);
    expect(text(first.get(3))).toBe("brain.Event:2");
  });

  it("holds every scalar in a frame with good checksums", () => {
    const found = frames(bytes)
      .slice(1)
      .map((frame) => {
        const event = fields(frame);
        const value = fields(fields(event.get(5) as Uint8Array).get(1) as Uint8Array);
        return { tag: text(value.get(1)), step: event.get(2), value: value.get(2), wallTime: event.get(1) };
      });
    expect(found).toEqual(
      scalars.map(({ wallTime = 0, value, ...rest }) => ({ ...rest, wallTime, value: Math.fround(value) })),
    );
  });

  it("gives the same bytes for the same scalars, and refuses a step below 0", () => {
    expect(formatTensorBoard(scalars)).toEqual(bytes);
    expect(() => formatTensorBoard([{ tag: "loss", step: -1, value: 0 }])).toThrow(
      "formatTensorBoard: expected the steps of loss to be whole numbers of at least 0, got -1",
    );
  });
});
