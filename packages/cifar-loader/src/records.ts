import { CifarError } from "./errors.js";

export const PIXELS = 32 * 32;
export const VALUES = 3 * PIXELS;

/** Images and labels as bytes: `pixels` row-major [count, 32, 32, 3], channels red, green, blue. */
export interface Records {
  count: number;
  pixels: Uint8Array;
  /** The class; in CIFAR-100 the fine one. */
  labels: Uint8Array;
}

/** Records of CIFAR-100, which have a superclass too. */
export interface CoarseRecords extends Records {
  coarseLabels: Uint8Array;
}

/** The label bytes that begin a record: how many values each may take. */
export type Layout = readonly { what: string; classes: number }[];

export const cifar10Layout: Layout = [{ what: "label", classes: 10 }];
export const cifar100Layout: Layout = [
  { what: "coarse label", classes: 20 },
  { what: "fine label", classes: 100 },
];

export const recordSize = (layout: Layout): number => layout.length + VALUES;

/**
 * Reads CIFAR-10 in its official binary format: one label byte, then 1,024 red, 1,024 green and 1,024 blue bytes, row-major 32×32.
 *
 * @param bytes - Whole records of 3,073 bytes.
 * @returns All records, pixels interleaved to [count, 32, 32, 3]. Copies.
 * @throws CifarError WRONG_SIZE or INVALID_LABEL.
 * @see A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 */
export function parseCifar10(bytes: Uint8Array): Records {
  const { count, pixels, labels } = readRecords("parseCifar10", "bytes", bytes, cifar10Layout, 0);
  return { count, pixels, labels };
}

/**
 * Reads CIFAR-100 in its official binary format: as CIFAR-10, but with a coarse and a fine label byte.
 *
 * @param bytes - Whole records of 3,074 bytes.
 * @returns All records, pixels interleaved to [count, 32, 32, 3]. Copies.
 * @throws CifarError WRONG_SIZE or INVALID_LABEL.
 * @see A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 */
export function parseCifar100(bytes: Uint8Array): CoarseRecords {
  const { count, pixels, labels, others } = readRecords("parseCifar100", "bytes", bytes, cifar100Layout, 1);
  return { count, pixels, labels, coarseLabels: others };
}

/**
 * The records that `want` accepts, asked in file order with the label at place `labelAt` of the layout.
 *
 * `others` are the labels at the other place, where there is one.
 */
export function readRecords(
  caller: string,
  what: string,
  bytes: Uint8Array,
  layout: Layout,
  labelAt: number,
  want: (label: number) => boolean = () => true,
): Records & { others: Uint8Array } {
  const size = recordSize(layout);
  if (bytes.length % size !== 0)
    throw new CifarError(
      "WRONG_SIZE",
      `${caller}: expected ${what} of whole records of ${size} bytes, got ${bytes.length} bytes (${bytes.length % size} more than ${Math.floor(bytes.length / size)} records)`,
    );
  const starts: number[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    layout.forEach(({ what: name, classes }, i) => {
      if (bytes[start + i]! >= classes)
        throw new CifarError(
          "INVALID_LABEL",
          `${caller}: expected ${what} with a ${name} below ${classes} in record ${start / size}, got ${bytes[start + i]!}`,
        );
    });
    if (want(bytes[start + labelAt]!)) starts.push(start);
  }
  const pixels = new Uint8Array(starts.length * VALUES);
  starts.forEach((start, i) => interleave(bytes, start + layout.length, pixels, i * VALUES));
  return {
    count: starts.length,
    pixels,
    labels: Uint8Array.from(starts, (start) => bytes[start + labelAt]!),
    others: Uint8Array.from(starts, (start) => bytes[start + layout.length - 1 - labelAt]!),
  };
}

/** Three planes become triples. */
function interleave(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let i = 0; i < PIXELS; i++) {
    target[to + 3 * i] = source[from + i]!;
    target[to + 3 * i + 1] = source[from + PIXELS + i]!;
    target[to + 3 * i + 2] = source[from + 2 * PIXELS + i]!;
  }
}
