import { describe, expect, it } from "vitest";
import { corruptLabels, corruptPixels, syntheticLookalike } from "../src/index.js";

const data = syntheticLookalike({ count: 200, classes: 4, random: 1 });

describe("corruptLabels", () => {
  it("changes exactly the share asked for, each to another class, and the targets with them", () => {
    const { labels, targets, corrupted } = corruptLabels(data, { fraction: 0.3, random: 7 });
    expect(corrupted.length).toBe(60);
    const changed = Array.from(labels.keys()).filter((i) => labels[i] !== data.labels[i]);
    expect(changed).toEqual([...corrupted]);
    for (let i = 0; i < 200; i++) {
      expect([...targets.subarray(4 * i, 4 * i + 4)].indexOf(1)).toBe(labels[i]);
      expect(targets.subarray(4 * i, 4 * i + 4).reduce((a, b) => a + b)).toBe(1);
    }
  });

  it("draws the other classes evenly", () => {
    const { labels } = corruptLabels(data, { fraction: 1, random: 3 });
    const shifts = [0, 0, 0, 0];
    labels.forEach((label, i) => shifts[(label - data.labels[i]! + 4) % 4]!++);
    expect(shifts[0]).toBe(0);
    // Binomial(200, 1/3): deviation 6.7, so five of them.
    for (const count of shifts.slice(1)) expect(Math.abs(count - 200 / 3)).toBeLessThan(34);
  });

  it("keeps the encoding, the inputs and the original", () => {
    const signs = syntheticLookalike({ count: 10, targets: "plus-minus-one", random: 1 });
    const all = corruptLabels(signs, { fraction: 1, random: 0 });
    expect(all.targets).toStrictEqual(signs.targets.map((target) => -target));
    expect(all.inputs).toBe(signs.inputs);
    expect([...signs.targets]).toEqual([-1, 1, -1, 1, -1, 1, -1, 1, -1, 1]);
    expect(all.provenance.steps).toEqual(["10 of 10 labels replaced by other classes"]);
  });

  it("is a function of the generator", () => {
    const make = (random: number) => corruptLabels(data, { fraction: 0.5, random }).labels;
    expect(make(1)).toStrictEqual(make(1));
    expect(make(1)).not.toStrictEqual(make(2));
    expect(corruptLabels(data, { fraction: 0, random: 1 }).labels).toStrictEqual(data.labels);
  });

  it("refuses impossible shares", () => {
    for (const fraction of [-0.1, 1.1, NaN])
      expect(() => corruptLabels(data, { fraction, random: 1 })).toThrow("expected fraction from 0 to 1");
  });
});

describe("corruptPixels", () => {
  const columns = (inputs: Float32Array, i: number): string[] =>
    Array.from({ length: 1024 }, (_, p) => inputs.subarray(i * 3072 + 3 * p, i * 3072 + 3 * p + 3).join(" "));

  it.each(["shuffled", "independently-shuffled"] as const)("%s keeps each image's colours", (kind) => {
    const { inputs } = corruptPixels(data, { kind, random: 2 });
    for (const i of [0, 7]) {
      expect(columns(inputs, i)).not.toEqual(columns(data.inputs, i));
      expect(columns(inputs, i).sort()).toEqual(columns(data.inputs, i).sort());
    }
  });

  it("shuffled moves pixels alike in all images, independently-shuffled does not", () => {
    // Two images whose first channel is the position itself.
    const places = Float32Array.from({ length: 2 * 3072 }, (_, j) => (j % 3072) / 3072);
    const two = { ...data, size: 2, inputs: places };
    const [same, own] = (["shuffled", "independently-shuffled"] as const).map(
      (kind) => corruptPixels(two, { kind, random: 2 }).inputs,
    );
    expect(same!.subarray(0, 3072)).toStrictEqual(same!.subarray(3072));
    expect(own!.subarray(0, 3072)).not.toStrictEqual(own!.subarray(3072));
  });

  it("gaussian keeps mean and deviation only", () => {
    const { inputs } = corruptPixels(data, { kind: "gaussian", random: 4 });
    const moments = (values: Float32Array) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)] as const;
    };
    const [mean, deviation] = moments(data.inputs);
    const [newMean, newDeviation] = moments(inputs);
    // Standard errors over 614,400 values, times five.
    expect(Math.abs(newMean - mean)).toBeLessThan((5 * deviation) / Math.sqrt(inputs.length));
    expect(Math.abs(newDeviation - deviation)).toBeLessThan((5 * deviation) / Math.sqrt(2 * inputs.length));
  });

  it("noise adds a normal number of the given deviation", () => {
    const { inputs, provenance } = corruptPixels(data, { kind: "noise", deviation: 0.1, random: 4 });
    const squares = inputs.reduce((sum, value, i) => sum + (value - data.inputs[i]!) ** 2, 0) / inputs.length;
    expect(Math.abs(Math.sqrt(squares) - 0.1)).toBeLessThan(0.5 / Math.sqrt(2 * inputs.length));
    expect(provenance.steps).toEqual(["normal noise of deviation 0.1 added to the pixels"]);
    expect(() => corruptPixels(data, { kind: "noise", deviation: -1, random: 1 })).toThrow("a deviation of 0 or more");
    expect(() => corruptPixels(data, { kind: "blur" as never, random: 1 })).toThrow("got blur");
  });
});
