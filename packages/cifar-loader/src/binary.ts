import { CifarError } from "./errors.js";
import {
  cifar100Layout,
  cifar10Layout,
  selectRecords,
  VALUES,
  type CoarseRecords,
  type Layout,
  type Records,
  type StoredRecords,
} from "./records.js";

/** Bytes of a record in the binary files: its labels, then 1,024 red, 1,024 green and 1,024 blue ones. */
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
  const stored = binaryRecords("parseCifar10", "bytes", bytes, cifar10Layout);
  const { count, pixels, labels } = selectRecords("parseCifar10", "bytes", stored, cifar10Layout, 0);
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
  const stored = binaryRecords("parseCifar100", "bytes", bytes, cifar100Layout);
  const { count, pixels, labels, others } = selectRecords("parseCifar100", "bytes", stored, cifar100Layout, 1);
  return { count, pixels, labels, coarseLabels: others };
}

/** The records of a binary file. */
export function binaryRecords(caller: string, what: string, bytes: Uint8Array, layout: Layout): StoredRecords {
  const size = recordSize(layout);
  if (bytes.length % size !== 0)
    throw new CifarError(
      "WRONG_SIZE",
      `${caller}: expected ${what} of whole records of ${size} bytes, got ${bytes.length} bytes (${bytes.length % size} more than ${Math.floor(bytes.length / size)} records)`,
    );
  return {
    count: bytes.length / size,
    label: (i, place) => bytes[i * size + place]!,
    planes: (i) => i * size + layout.length,
    bytes,
  };
}
