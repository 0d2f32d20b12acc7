import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** One entry of an archive to make; `size` overwrites the field of its header, before the checksum. */
export interface Entry {
  size?: string;
  path: string;
  body?: Uint8Array;
  type?: string;
  prefix?: string;
}

/** A ustar archive, made after POSIX for the tests. */
export function tar(entries: readonly Entry[]): Buffer {
  const blocks: Uint8Array[] = [];
  for (const { path, body = new Uint8Array(0), type = "0", prefix = "", size } of entries) {
    const header = Buffer.alloc(512);
    header.write(path, 0, 100, "utf8");
    header.write("0000644\0", 100);
    header.write(size ?? `${body.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
    header.write(type, 156);
    header.write("ustar\0" + "00", 257, "latin1");
    header.write(prefix, 345, 155, "utf8");
    checkSumOf(header, 0);
    blocks.push(header, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Puts the right checksum into the header at a place. */
export function checkSumOf(bytes: Uint8Array, at: number): void {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset + at, 512);
  header.write("        ", 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** An archive as the official one of CIFAR-10, its files of this many records, mostly zeros; the label of the first tells which file. */
export function officialLookalike(records: number, changes: Record<string, Uint8Array | undefined> = {}): Buffer {
  const batch = (label: number): Uint8Array => {
    const bytes = new Uint8Array(records * 3073);
    bytes[0] = label;
    return bytes;
  };
  const files: Record<string, Uint8Array | undefined> = {
    ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, batch(i)])),
    "test_batch.bin": batch(9),
    "batches.meta.txt": text("airplane\n"),
    ...changes,
  };
  const entries = Object.entries(files).flatMap(([name, body]) =>
    body === undefined ? [] : [{ path: `cifar-10-batches-bin/${name}`, body }],
  );
  return gzipSync(tar([{ path: "cifar-10-batches-bin/", type: "5" }, ...entries]), { level: 1 });
}
