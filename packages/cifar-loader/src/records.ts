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

/** The labels of a record in the order of the binary files: how many values each may take, and its key in the Python version. */
export type Layout = readonly { what: string; classes: number; key: string }[];

export const cifar10Layout: Layout = [{ what: "label", classes: 10, key: "labels" }];
export const cifar100Layout: Layout = [
  { what: "coarse label", classes: 20, key: "coarse_labels" },
  { what: "fine label", classes: 100, key: "fine_labels" },
];

/** Records as a file holds them, before anything is checked or copied. */
export interface StoredRecords {
  count: number;
  /** The label of record i at a place of the layout. */
  label: (i: number, place: number) => number;
  /** Where the three planes of record i begin in the bytes. */
  planes: (i: number) => number;
  bytes: Uint8Array;
}

/**
 * The records that `want` accepts, asked in file order with the label at place `labelAt` of the layout. Copies.
 *
 * `others` are the labels at the other place, where there is one.
 *
 * @throws CifarError INVALID_LABEL, before anything is copied.
 */
export function selectRecords(
  caller: string,
  what: string,
  { count, label, planes, bytes }: StoredRecords,
  layout: Layout,
  labelAt: number,
  want: (label: number) => boolean = () => true,
): Records & { others: Uint8Array } {
  const wanted: number[] = [];
  for (let i = 0; i < count; i++) {
    layout.forEach(({ what: name, classes }, place) => {
      const value = label(i, place);
      if (!(Number.isInteger(value) && value >= 0 && value < classes))
        throw new CifarError(
          "INVALID_LABEL",
          `${caller}: expected ${what} with a ${name} below ${classes} in record ${i}, got ${value}`,
        );
    });
    if (want(label(i, labelAt))) wanted.push(i);
  }
  const pixels = new Uint8Array(wanted.length * VALUES);
  wanted.forEach((i, to) => interleave(bytes, planes(i), pixels, to * VALUES));
  return {
    count: wanted.length,
    pixels,
    labels: Uint8Array.from(wanted, (i) => label(i, labelAt)),
    others: Uint8Array.from(wanted, (i) => label(i, layout.length - 1 - labelAt)),
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
