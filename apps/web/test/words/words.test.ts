import { describe, expect, it } from "vitest";
import { defaults } from "../../src/state/settings.js";
import { decodeSettings } from "../../src/state/url.js";
import type { Measurement } from "../../src/study/measure.js";
import { claimsOf } from "../../src/words/claims.js";
import { compact, rate } from "../../src/words/format.js";
import { verdictOf } from "../../src/words/verdict.js";

describe("numbers", () => {
  it("have three digits", () => {
    expect([0.02346, 1.0456, 23.45, 234.5, 2345, 0].map(compact)).toEqual([
      "0.0235",
      "1.05",
      "23.4",
      "235",
      "2345",
      "0",
    ]);
  });

  it("are powers of ten where they are far from one", () => {
    expect([3.14e-9, 1e12, -2e-7].map(compact)).toEqual(["3.1 × 10⁻⁹", "1.0 × 10¹²", "−2.0 × 10⁻⁷"]);
  });

  it("are a dash where there are none", () => {
    expect([undefined, NaN, Infinity].map(compact)).toEqual(["–", "–", "∞"]);
  });

  it("are learning rates without empty digits", () => {
    expect([0.02, 0.0450000001, 3].map(rate)).toEqual(["0.02", "0.045", "3"]);
  });
});

describe("the verdict", () => {
  const point = (ratio: number, loss: number): Measurement =>
    ({ step: 100, edgeRatio: ratio, loss, spectralRadius: ratio, samplingFactor: 1 }) as Measurement;
  const tone = (ratio: number, loss: number) => verdictOf(defaults(), point(ratio, loss), undefined, true).tone;

  it("says whether SGD can stay", () => {
    expect(tone(3, 1)).toBe("leave");
    expect(tone(3, 1e-9)).toBe("leave");
    expect(tone(0.97, 1)).toBe("settle");
    expect(tone(0.97, 1e-9)).toBe("edge");
    expect(tone(1.05, 1e-9)).toBe("edge");
    expect(tone(0.5, 1e-9)).toBe("stay");
  });

  it("speaks of rest at the edge only where the run was driven there", () => {
    const said = (driven: boolean) => verdictOf(defaults(), point(0.95, 1e-9), "interpolated", driven);
    expect(said(true)).toMatchObject({ tone: "edge", headline: "At rest, at the edge" });
    expect(said(false)).toMatchObject({ tone: "stay", headline: "At rest" });
    expect(said(false).detail).toContain("nothing drove it there");
  });

  it("is open before there are data, and says when it diverged", () => {
    expect(verdictOf(defaults(), undefined, undefined, false).tone).toBe("none");
    expect(verdictOf(defaults(), undefined, "diverged", true).tone).toBe("diverged");
  });
});

it("claims of gradient descent and of random features are not those of SGD", () => {
  const titles = ["", "#batch=40", "#model=random-features"].map((hash) => claimsOf(decodeSettings(hash)).curvature);
  expect(new Set(titles).size).toBe(3);
});

describe("the titles of the figures", () => {
  it("speak of SGD that leaves only where η was above η*", () => {
    const [driven, not] = [true, false].map((one) => claimsOf(defaults(), { driven: one, factors: [] }));
    expect(driven!.ratio).toContain("leaves what is too sharp");
    expect(not!.ratio).toContain("nothing drives SGD away");
    expect(not!.curvature).not.toBe(driven!.curvature);
  });

  it("speak of alignment only as long as μ is of order 1", () => {
    const title = (factors: (number | undefined)[]): string =>
      claimsOf(defaults(), { driven: true, factors }).alignment;
    expect(title([0.9, 2.2, undefined])).toContain("μ is of order 1");
    for (const factors of [[0.9, 0.05], [4], [NaN]]) expect(title(factors)).toContain("not of order 1");
  });
});
