import { describe, expect, it } from "vitest";
import { defaults, type Settings } from "../../src/state/settings.js";
import { decodeSettings } from "../../src/state/url.js";
import type { Measurement } from "../../src/study/measure.js";
import { createStudy, type Progress } from "../../src/study/study.js";

const run = async (settings: Settings, steps: number): Promise<Progress> =>
  (await createStudy(settings)).advance(steps);
const last = ({ measurements }: Progress): Measurement => measurements.at(-1)!;

describe("the default run", () => {
  it("comes to rest at the exact edge of stability, below the bound, with aligned noise all along", async () => {
    const progress = await run(defaults(), 20_000);
    const [start] = progress.measurements;
    const soon = progress.measurements.findLast(({ step }) => step <= 15 * defaults().speed)!;
    const end = last(progress);
    expect(progress.ended).toBe("interpolated");
    expect(start!.edgeRatio).toBeGreaterThan(3);
    expect(end.edgeRatio).toBeGreaterThan(0.85);
    expect(end.edgeRatio).toBeLessThan(1.1);
    expect(soon.edgeRatio, "within the first twenty seconds on a page").toBeCloseTo(end.edgeRatio, 1);
    expect(start!.frobeniusG).toBeGreaterThan(1 / start!.learningRate);
    expect(end.frobeniusG).toBeLessThan(1 / end.learningRate);
    const factors = progress.measurements.map(({ alignmentFactor }) => alignmentFactor!).sort((a, b) => a - b);
    expect(factors[Math.floor(factors.length / 2)]).toBeGreaterThan(0.7);
    expect(factors[Math.floor(factors.length / 2)]).toBeLessThan(1.4);
  });
});

describe("a change of the batch size", () => {
  it("made by hand gives the run that a link with that change gives", async () => {
    const study = await createStudy(decodeSettings("#n=12&d=6&m=20"));
    await study.advance(333);
    await study.change({ learningRate: 0.04, batchSize: 3, sampling: "with-replacement" });
    const byHand = await study.advance(467);
    const byLink = await run(decodeSettings("#n=12&d=6&m=20&then=333:0.04:3:with-replacement"), 800);
    expect(last(byLink)).toEqual(last(byHand));
  });

  it("drops changes that were still to come", async () => {
    const study = await createStudy(decodeSettings("#n=12&d=6&m=20&then=100:0.04,200:0.05"));
    await study.advance(150);
    await study.change({ learningRate: 0.01, batchSize: 1, sampling: "without-replacement" });
    expect(last(await study.advance(150)).learningRate).toBe(0.01);
  });
});

describe("a run", () => {
  it("does not depend on how it is cut into stretches", async () => {
    const settings = decodeSettings("#n=12&d=6&m=20");
    const whole = await run(settings, 500);
    const study = await createStudy(settings);
    const parts: Measurement[] = [];
    for (const steps of [1, 7, 0, 192, 300]) parts.push(...(await study.advance(steps)).measurements);
    expect(parts).toEqual(whole.measurements);
  });

  it("stops within its budget of time, after at least one stretch", async () => {
    const study = await createStudy(decodeSettings("#n=12&d=6&m=20"));
    const { step } = await study.advance(100_000, 0);
    expect(step).toBe(10);
  });

  it("of shuffled epochs is judged as without replacement", async () => {
    const [shuffled] = (await run(decodeSettings("#sampling=epoch-shuffle&batch=4"), 0)).measurements;
    const [independent] = (await run(decodeSettings("#batch=4"), 0)).measurements;
    expect(shuffled).toEqual(independent);
  });
});

it("just above the edge has time to leave before it counts as come to rest", async () => {
  const study = await createStudy(decodeSettings("#n=20&d=10&m=40"));
  const first = await study.advance(20_000);
  expect(first.ended).toBe("interpolated");
  const { criticalLearningRate } = last(first);
  const learningRate = 1.05 * criticalLearningRate;
  const { step } = await study.change({ learningRate, batchSize: 1, sampling: "without-replacement" });
  const second = await study.advance(1200);
  expect(second.ended).toBeUndefined();
  expect(second.step).toBe(step + 1200);
});

describe("random features", () => {
  it("keep their curvature, and converge below η*", async () => {
    const { measurements, ended } = await run(defaults("random-features"), 20_000);
    expect(ended).toBe("interpolated");
    for (const { edgeRatio } of measurements) expect(edgeRatio).toBeCloseTo(measurements[0]!.edgeRatio, 9);
    expect(measurements[0]!.edgeRatio).toBeLessThan(1);
  });

  it("diverge well above η*, which is a result and no error", async () => {
    const progress = await run(decodeSettings("#model=random-features&eta=12"), 20_000);
    expect(progress.ended).toBe("diverged");
    expect(last(progress).edgeRatio).toBeGreaterThan(1.5);
    expect(progress.measurements.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
});
