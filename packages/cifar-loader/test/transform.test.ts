import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batches, createDataset, gather, shuffle, syntheticLookalike, take, type ImageDataset } from "../src/index.js";

const data = syntheticLookalike({ count: 11, classes: 3, random: 5 });
const example = ({ inputs, targets, labels, outputs }: ImageDataset, i: number) => ({
  input: inputs.slice(i * 3072, (i + 1) * 3072),
  target: targets.slice(i * outputs, (i + 1) * outputs),
  label: labels[i],
});

describe("gather", () => {
  it("copies examples, targets and labels together", () => {
    const some = gather(data, [4, 0, 4]);
    expect(some.size).toBe(3);
    [4, 0, 4].forEach((from, to) => expect(example(some, to)).toStrictEqual(example(data, from)));
    expect(() => gather(data, [11])).toThrow("expected positions from 0 to 10, got 11");
  });
});

describe("shuffle", () => {
  it("is a permutation that keeps every example together", () => {
    const shuffled = shuffle(data, 3);
    const found = Array.from({ length: 11 }, (_, to) =>
      Array.from({ length: 11 }, (_, i) => i).find((i) => data.inputs[i * 3072] === shuffled.inputs[to * 3072])!,
    );
    expect([...found].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(found).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    found.forEach((from, to) => expect(example(shuffled, to)).toStrictEqual(example(data, from)));
    expect(shuffled.provenance.steps).toEqual(["shuffled"]);
  });

  it("is a function of the generator, and leaves the dataset alone", () => {
    const before = data.inputs.slice();
    expect(shuffle(data, 3)).toStrictEqual(shuffle(data, 3));
    expect(shuffle(data, 3).labels).not.toStrictEqual(shuffle(data, 4).labels);
    // A generator of zeros: Fisher and Yates then moves everything one place on.
    expect(shuffle(data, () => 0).inputs.subarray(0, 3072)).toStrictEqual(data.inputs.subarray(3072, 2 * 3072));
    expect(data.inputs).toStrictEqual(before);
    expect(data.provenance.steps).toEqual([]);
  });
});

describe("take", () => {
  it("is the first examples, as views", () => {
    const first = take(data, 2);
    expect(first.size).toBe(2);
    expect(first.inputs.buffer).toBe(data.inputs.buffer);
    expect(first.targets).toStrictEqual(data.targets.slice(0, 6));
    for (const count of [0, 12, 1.5]) expect(() => take(data, count)).toThrow("expected count from 1 to 11");
  });
});

describe("batches", () => {
  it("put together are the dataset", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 13 }), (size) => {
        const all = [...batches(data, size)];
        expect(all.length).toBe(Math.ceil(11 / size));
        for (const batch of all.slice(0, -1)) expect(batch.size).toBe(size);
        expect(all.flatMap(({ labels }) => [...labels])).toEqual([...data.labels]);
        expect(all.flatMap(({ targets }) => [...targets])).toEqual([...data.targets]);
        expect(all.reduce((sum, { inputs }) => sum + inputs.length, 0)).toBe(data.inputs.length);
      }),
      { numRuns: 20 },
    );
  });

  it("refuses sizes that are no counts", () => expect(() => [...batches(data, 0)]).toThrow("positive integer, got 0"));
});

describe("createDataset of a generated dataset's bytes", () => {
  it("knows other class names", () => {
    const records = { count: 2, pixels: new Uint8Array(6144), labels: Uint8Array.of(1, 0) };
    expect(createDataset(records, {}, { classNames: ["no", "yes"], name: "mine" })).toMatchObject({
      name: "mine",
      classes: ["no", "yes"],
      outputs: 2,
    });
  });
});
