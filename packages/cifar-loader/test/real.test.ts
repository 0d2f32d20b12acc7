import { describe, expect, it } from "vitest";
import { findCifar10, loadCifar10 } from "../src/index.js";

const directory = process.env["SGDSCOPE_CIFAR10_DIR"];
if (!directory) console.warn("SGDSCOPE_CIFAR10_DIR is not set: skipping the tests on real CIFAR-10 records");

describe.skipIf(!directory)("real CIFAR-10 records", () => {
  it("begin with the known labels", async () => {
    const train = await loadCifar10({ count: 5, allowPrefix: true });
    expect(train.labels.join(" ")).toBe("6 9 9 4 1");
    const test = await loadCifar10({ split: "test", count: 5, allowPrefix: true });
    expect(test.labels.join(" ")).toBe("3 8 8 0 6");
  });

  it("begin with the pixels of the frog", async () => {
    const { inputs, classes, labels } = await loadCifar10({ count: 1, allowPrefix: true });
    expect(classes[labels[0]!]).toBe("frog");
    const bytes = Array.from(inputs.subarray(0, 9), (value) => Math.round(value * 255));
    expect(bytes).toEqual([59, 62, 63, 43, 46, 45, 50, 48, 43]);
  });

  it("give airplanes and automobiles with targets −1 and +1, standardized", async () => {
    const data = await loadCifar10({
      classes: ["airplane", "automobile"],
      count: 200,
      targets: "plus-minus-one",
      scaling: "standardized",
      allowPrefix: true,
    });
    expect(data).toMatchObject({ size: 200, outputs: 1, inputShape: [32, 32, 3] });
    expect([...new Set(data.targets)].sort()).toEqual([-1, 1]);
    expect(data.inputs.reduce((sum, value) => sum + value * value, 0) / data.inputs.length).toBeCloseTo(1, 5);
    // The first automobile is record 4 of the file, and no airplane comes before it.
    expect(data.targets[0]).toBe(1);
  });

  it("are found", async () => {
    const found = await findCifar10();
    expect(found).toMatchObject({ directory, from: "environment" });
  });
});
