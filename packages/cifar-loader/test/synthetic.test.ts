import { describe, expect, it } from "vitest";
import { syntheticLookalike, type ImageDataset } from "../src/index.js";

/** Share of the test set that is nearest to its own class's mean image. */
function nearestMeanAccuracy(train: ImageDataset, test: ImageDataset): number {
  const means = train.classes.map(() => new Float64Array(3072));
  const counts = train.classes.map(() => 0);
  train.labels.forEach((label, i) => {
    counts[label]!++;
    for (let j = 0; j < 3072; j++) means[label]![j]! += train.inputs[i * 3072 + j]!;
  });
  means.forEach((mean, c) => mean.forEach((value, j) => (mean[j] = value / counts[c]!)));
  let right = 0;
  test.labels.forEach((label, i) => {
    const distances = means.map((mean) => mean.reduce((sum, m, j) => sum + (m - test.inputs[i * 3072 + j]!) ** 2, 0));
    if (distances.indexOf(Math.min(...distances)) === label) right++;
  });
  return right / test.size;
}

/** Held-out accuracy of ridge regression on targets ±1, solved by conjugate gradients in the examples' space. */
function linearAccuracy(train: ImageDataset, test: ImageDataset): number {
  const dot = (a: Float32Array, i: number, b: Float32Array, j: number): number => {
    let sum = 0;
    for (let k = 0; k < 3072; k++) sum += a[i * 3072 + k]! * b[j * 3072 + k]!;
    return sum;
  };
  const n = train.size;
  const gram = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) => dot(train.inputs, i, train.inputs, j)),
  );
  const ridge = (0.05 * gram.reduce((sum, row, i) => sum + row[i]!, 0)) / n;
  const solution = new Float64Array(n);
  const rest = Float64Array.from(train.targets);
  let direction = rest.slice();
  let norm = rest.reduce((sum, value) => sum + value * value, 0);
  for (let step = 0; step < 200 && norm > 1e-10; step++) {
    const image = gram.map((row, i) =>
      row.reduce((sum, value, j) => sum + value * direction[j]!, ridge * direction[i]!),
    );
    const length = norm / direction.reduce((sum, value, i) => sum + value * image[i]!, 0);
    for (let i = 0; i < n; i++) {
      solution[i]! += length * direction[i]!;
      rest[i]! -= length * image[i]!;
    }
    const next = rest.reduce((sum, value) => sum + value * value, 0);
    direction = direction.map((value, i) => rest[i]! + (next / norm) * value);
    norm = next;
  }
  let right = 0;
  for (let i = 0; i < test.size; i++) {
    let score = 0;
    for (let j = 0; j < n; j++) score += solution[j]! * dot(test.inputs, i, train.inputs, j);
    if (score > 0 === test.targets[i]! > 0) right++;
  }
  return right / test.size;
}

/** Mean power of the green channel along rows and columns at a number of cycles an image. */
function power({ inputs, size }: ImageDataset, cycles: number): number {
  let total = 0;
  for (let i = 0; i < size; i++)
    for (const along of [0, 1]) {
      let [re, im] = [0, 0];
      for (let y = 0; y < 32; y++)
        for (let x = 0; x < 32; x++) {
          const angle = (2 * Math.PI * cycles * (along === 0 ? x : y)) / 32;
          const value = inputs[i * 3072 + 3 * (32 * y + x) + 1]!;
          re += value * Math.cos(angle);
          im += value * Math.sin(angle);
        }
      total += (re * re + im * im) / 2 / size;
    }
  return total;
}

describe("syntheticLookalike", () => {
  it("is a balanced dataset of bytes over 255", () => {
    const data = syntheticLookalike({ count: 30, classes: 10, random: 3 });
    expect(data).toMatchObject({ name: "synthetic-lookalike", size: 30, inputShape: [32, 32, 3], outputs: 10 });
    expect(data.classes.length).toBe(10);
    for (let c = 0; c < 10; c++) expect(data.labels.filter((label) => label === c).length).toBe(3);
    for (const value of data.inputs) {
      expect(value).toBe(Math.fround(Math.round(value * 255) / 255));
      if (value < 0 || value > 1) throw new Error(`${value} is no pixel`);
    }
  });

  it("is a function of the seed, and longer draws continue shorter ones", () => {
    const [short, long] = [4, 8].map((count) => syntheticLookalike({ count, random: 9 }));
    expect(long!.inputs.subarray(0, 4 * 3072)).toStrictEqual(short!.inputs);
    expect(syntheticLookalike({ count: 4, random: 9 })).toStrictEqual(short);
    expect(syntheticLookalike({ count: 4, random: 10 }).inputs).not.toStrictEqual(short!.inputs);
  });

  it("takes a generator instead of a seed", () => {
    let state = 1;
    const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
    const data = syntheticLookalike({ count: 2, random });
    expect(data.provenance.what).not.toContain("seed");
    expect(state).not.toBe(1);
  });

  it("encodes and scales like CIFAR", () => {
    const data = syntheticLookalike({ count: 6, targets: "plus-minus-one", scaling: "standardized" });
    expect(data.targets).toStrictEqual(Float32Array.of(-1, 1, -1, 1, -1, 1));
    expect(data.inputs.reduce((sum, value) => sum + value * value, 0) / data.inputs.length).toBeCloseTo(1, 5);
  });

  it("has a strong mean and a spectrum that falls with frequency, as natural images have", () => {
    const data = syntheticLookalike({ count: 60, classes: 2, random: 1 });
    const mean = data.inputs.reduce((a, b) => a + b, 0) / data.inputs.length;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
    const [p1, p2, p4, p8, p16] = [1, 2, 4, 8, 16].map((cycles) => power(data, cycles)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    for (const [low, high] of [[p1, p2], [p2, p4], [p4, p8]] as const) expect(low / high).toBeGreaterThan(2); // prettier-ignore
    expect(p8).toBeGreaterThan(p16);
  });

  it.each([
    [2, 0.65, 0.85],
    [5, 0.24, 0.5],
    [10, 0.12, 0.35],
  ])("has %s classes that nearest means tell apart somewhat, not well", (classes, low, high) => {
    const [train, test] = [1, 2].map((random) => syntheticLookalike({ count: 500, classes, random }));
    const accuracy = nearestMeanAccuracy(train!, test!);
    expect(accuracy).toBeGreaterThan(low);
    expect(accuracy).toBeLessThan(high);
  });

  it("has two classes that a linear model tells apart mostly", () => {
    const [train, test] = [1, 2].map((random) =>
      syntheticLookalike({ count: 300, random, targets: "plus-minus-one", scaling: "standardized" }),
    );
    const accuracy = linearAccuracy(train!, test!);
    expect(accuracy).toBeGreaterThan(0.75);
    expect(accuracy).toBeLessThan(0.97);
  });

  it("refuses impossible requests", () => {
    expect(() => syntheticLookalike({ count: 0 })).toThrow("expected count to be a positive integer, got 0");
    for (const classes of [1, 11])
      expect(() => syntheticLookalike({ classes })).toThrow("expected classes from 2 to 10");
  });
});
