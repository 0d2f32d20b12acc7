import { describe, expect, it } from "vitest";
import { createDataset, parseCifar10, type Records } from "../src/index.js";
import { makeRecords, pixel } from "./helpers.js";

const records = parseCifar10(makeRecords([0, 1, 1, 0, 5].map((label) => [label])));

describe("createDataset", () => {
  it("is inputs [n, 32, 32, 3] and targets [n, C]", () => {
    const data = createDataset(records, { classes: [0, 1] });
    expect(data).toMatchObject({ size: 4, inputShape: [32, 32, 3], outputs: 2, classes: ["airplane", "automobile"] });
    expect(data.inputs.length).toBe(4 * 3072);
    expect(data.targets).toStrictEqual(Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0));
    expect(data.inputs[(2 * 32 + 7) * 96 + 3 * 9 + 2]).toBe(Math.fround(pixel(2, 7, 9, 2) / 255));
  });

  it("encodes two classes as −1 and +1", () => {
    const data = createDataset(records, { classes: [0, 1], targets: "plus-minus-one" });
    expect(data.outputs).toBe(1);
    expect(data.targets).toStrictEqual(Float32Array.of(-1, 1, 1, -1));
  });

  it("encodes a class as its index", () =>
    expect(createDataset(records, { classes: [5, 1], targets: "scalar" }).targets).toStrictEqual(
      Float32Array.of(1, 1, 0),
    ));

  it("standardizes to mean image zero and overall deviation one", () => {
    const { inputs, size, statistics } = createDataset(records, { classes: [0, 1], scaling: "standardized" });
    let squares = 0;
    for (let j = 0; j < 3072; j++) {
      let sum = 0;
      for (let i = 0; i < size; i++) {
        sum += inputs[i * 3072 + j]!;
        squares += inputs[i * 3072 + j]! ** 2;
      }
      expect(Math.abs(sum)).toBeLessThan(1e-5);
    }
    expect(squares / inputs.length).toBeCloseTo(1, 6);
    const mean = [0, 1, 2, 3].reduce((sum, i) => sum + pixel(i, 3, 4, 1) / 255 / 4, 0);
    expect(statistics!.mean[3 * (32 * 3 + 4) + 1]).toBeCloseTo(mean, 6);
  });

  it("standardizes a test set with the statistics of the training set", () => {
    const train = createDataset(records, { scaling: "standardized" });
    const test = createDataset(records, { count: 1, scaling: train.statistics! });
    expect(test.inputs).toStrictEqual(train.inputs.slice(0, 3072));
    expect(test.statistics).toBe(train.statistics);
  });

  it("refuses to standardize images that are all alike, and statistics that do not fit", () => {
    const alike: Records = { count: 2, pixels: new Uint8Array(2 * 3072).fill(7), labels: Uint8Array.of(0, 1) };
    expect(() => createDataset(alike, { scaling: "standardized" })).toThrow("expected images that differ");
    expect(() => createDataset(records, { scaling: { mean: new Float32Array(3), deviation: 1 } })).toThrow(
      "a mean of 3072 values and a positive deviation, got 3 and 1",
    );
  });

  it("gives the same numbers every time", () => {
    const make = () => createDataset(records, { classes: [1, 0], scaling: "standardized", targets: "plus-minus-one" });
    expect(make()).toStrictEqual(make());
  });
});
