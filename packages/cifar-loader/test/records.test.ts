import { describe, expect, it } from "vitest";
import {
  cifar100Classes,
  cifar100Superclasses,
  cifar10Classes,
  CifarError,
  parseCifar10,
  parseCifar100,
} from "../src/index.js";
import { makeRecords, pixel } from "./helpers.js";

describe("parseCifar10", () => {
  it("reads labels and interleaves the three planes", () => {
    const { count, labels, pixels } = parseCifar10(makeRecords([[6], [9], [0]]));
    expect(count).toBe(3);
    expect(labels).toStrictEqual(Uint8Array.of(6, 9, 0));
    for (const [i, y, x, c] of [
      [0, 0, 0, 0],
      [0, 0, 0, 2],
      [1, 0, 1, 1],
      [2, 31, 30, 2],
    ] as const)
      expect(pixels[((i * 32 + y) * 32 + x) * 3 + c]).toBe(pixel(i, y, x, c));
  });

  it("takes no bytes as no records", () => expect(parseCifar10(new Uint8Array(0)).count).toBe(0));

  it("refuses a broken record with the sizes", () =>
    expect(() => parseCifar10(new Uint8Array(3073 + 12))).toThrow(
      "parseCifar10: expected bytes of whole records of 3073 bytes, got 3085 bytes (12 more than 1 records)",
    ));

  it("refuses a label that is no class, with the record", () => {
    const bytes = makeRecords([[1], [10]]);
    expect(() => parseCifar10(bytes)).toThrow("a label below 10 in record 1, got 10");
    expect(() => parseCifar10(bytes)).toThrow(CifarError);
  });
});

describe("parseCifar100", () => {
  it("reads coarse and fine labels", () => {
    const { labels, coarseLabels, pixels } = parseCifar100(makeRecords([[19, 99], [11, 3]])); // prettier-ignore
    expect(labels).toStrictEqual(Uint8Array.of(99, 3));
    expect(coarseLabels).toStrictEqual(Uint8Array.of(19, 11));
    expect(pixels[3072 + 3 * 5 + 1]).toBe(pixel(1, 0, 5, 1));
  });

  it("refuses labels that are no classes", () => {
    expect(() => parseCifar100(makeRecords([[20, 0]]))).toThrow("a coarse label below 20 in record 0, got 20");
    expect(() => parseCifar100(makeRecords([[0, 100]]))).toThrow("a fine label below 100 in record 0, got 100");
  });
});

describe("class names", () => {
  it("are as many as there are classes, and different", () => {
    expect(new Set(cifar10Classes).size).toBe(10);
    expect(new Set(cifar100Classes).size).toBe(100);
    expect(new Set(cifar100Superclasses).size).toBe(20);
  });

  it("are in the alphabetical order of the official lists", () => {
    for (const names of [cifar100Classes, cifar100Superclasses]) expect(names).toEqual([...names].sort());
  });
});
