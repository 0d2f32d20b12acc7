import type { Dataset } from "@sgdscope/array-files";
import { beforeAll, describe, expect, test } from "vitest";

export type { Dataset };

/**
 * Registers the tests that every `Dataset` must pass: lengths that fit size, shape and outputs, finite Float32 numbers, examples that
 * are not all equal, and the same content each time it is made.
 *
 * Makes the dataset twice; one pass over each.
 */
export function testDataset(name: string, makeDataset: () => Dataset | Promise<Dataset>): void {
  describe(`${name} is a dataset`, () => {
    let dataset: Dataset;
    beforeAll(async () => {
      dataset = await makeDataset();
    });
    const width = (): number => dataset.inputShape.reduce((a, b) => a * b, 1);

    test("has a name, a size, a shape of its inputs and a number of outputs", () => {
      expect(dataset.name, "name").toMatch(/\S/);
      const counts = { size: dataset.size, outputs: dataset.outputs };
      for (const [key, value] of [
        ...Object.entries(counts),
        ...dataset.inputShape.map((n, i) => [`inputShape[${i}]`, n] as const),
      ])
        expect(Number.isInteger(value) && value > 0, `${key} is a positive integer, got ${value}`).toBe(true);
      expect(dataset.inputShape.length, "inputShape has an axis").toBeGreaterThan(0);
    });

    test("holds exactly size inputs and targets, as finite Float32 numbers", () => {
      expect(dataset.inputs, "inputs").toBeInstanceOf(Float32Array);
      expect(dataset.targets, "targets").toBeInstanceOf(Float32Array);
      expect(dataset.inputs.length, "length of inputs").toBe(dataset.size * width());
      expect(dataset.targets.length, "length of targets").toBe(dataset.size * dataset.outputs);
      expect(
        dataset.inputs.findIndex((value) => !Number.isFinite(value)),
        "first input that is not finite",
      ).toBe(-1);
      expect(
        dataset.targets.findIndex((value) => !Number.isFinite(value)),
        "first target that is not finite",
      ).toBe(-1);
    });

    test("has one label per example, if it has labels", () => {
      if (dataset.labels === undefined) return;
      expect(dataset.labels, "labels").toBeInstanceOf(Uint8Array);
      expect(dataset.labels.length, "length of labels").toBe(dataset.size);
    });

    test("has examples that differ, if it has more than one", () => {
      if (dataset.size === 1) return;
      const first = dataset.inputs.subarray(0, width());
      const differs = dataset.inputs.some((value, i) => value !== first[i % width()]);
      expect(differs, "some example differs from the first").toBe(true);
    });

    test("is the same each time it is made", async () => {
      const again = await makeDataset();
      const { name, size, inputShape, outputs } = dataset;
      expect(again).toMatchObject({ name, size, inputShape, outputs });
      for (const key of ["inputs", "targets", "labels"] as const) {
        const [a, b] = [dataset[key], again[key]];
        expect(b?.length, `length of ${key}`).toBe(a?.length);
        expect(a?.findIndex((value, i) => value !== b![i]) ?? -1, `first of ${key} that differs`).toBe(-1);
      }
    });
  });
}
