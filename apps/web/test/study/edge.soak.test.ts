import { describe, expect, it } from "vitest";
import { decodeSettings } from "../../src/state/url.js";
import type { Measurement } from "../../src/study/measure.js";
import { createStudy, type Progress } from "../../src/study/study.js";

const last = ({ measurements }: Progress): Measurement => measurements.at(-1)!;

describe("the default run", () => {
  it("comes to rest at the exact edge of stability from another seed as well", async () => {
    const end = last(await (await createStudy(decodeSettings("#seed=3"))).advance(5000));
    expect(end.edgeRatio).toBeGreaterThan(0.85);
    expect(end.edgeRatio).toBeLessThan(1.1);
  });
});

describe("a change of the batch size", () => {
  it("drives SGD out of the sharp minimum of gradient descent, at the same learning rate", async () => {
    const study = await createStudy(decodeSettings("#batch=40"));
    const sharp = await study.advance(20_000);
    expect(sharp.ended).toBe("interpolated");
    expect(last(sharp).samplingFactor).toBe(0);
    expect(sharp.measurements[0]!.frobeniusLimit).toBe(Infinity);
    const changed = await study.change({ learningRate: 0.02, batchSize: 1, sampling: "without-replacement" });
    expect(changed.ended).toBeUndefined();
    expect(changed.step).toBe(sharp.step);
    expect(last(changed).edgeRatio).toBeGreaterThan(3);
    expect(last(changed).spectralRadius).toBeGreaterThan(1);
    const escaped = await study.advance(20_000);
    expect(Math.max(...escaped.measurements.map(({ loss }) => loss))).toBeGreaterThan(0.1);
    expect(escaped.ended).toBe("interpolated");
    expect(last(escaped).frobeniusG).toBeLessThan(last(sharp).frobeniusG / 2);
    expect(last(escaped).edgeRatio).toBeLessThan(1.1);
  });
});
