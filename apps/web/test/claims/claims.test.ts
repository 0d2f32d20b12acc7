import { claimNamed, claims, needsBackend, type Acceptance } from "@sgdscope/experiments";
import { describe, expect, it } from "vitest";
import { bandText, basis, comparisons, judged, seen } from "../../src/claims/judged.js";
import { planOf } from "../../src/claims/plan.js";

const generalization = claimNamed("generalization")!;
const edge = claimNamed("edge")!;

describe("the plan of a claim", () => {
  it.each(["quick", "fast"] as const)(
    "has jobs in closed form for every claim, but for one of networks alone, %s",
    (effort) => {
      for (const claim of claims) {
        const { jobs, leftOut } = planOf(claim, effort);
        if (claim.name === "cross-entropy") expect([jobs, leftOut]).toEqual([[], ["plain", "smoothed"]]);
        else expect(jobs.length, claim.name).toBeGreaterThan(0);
        expect(jobs.some(({ task }) => needsBackend(task))).toBe(false);
        expect(new Set(leftOut).size).toBe(leftOut.length);
      }
    },
  );

  it("names what it leaves out, and leaves nothing out where there is no network", () => {
    expect(planOf(claimNamed("escape")!, "fast").leftOut).toEqual(["convolutional", "fully connected"]);
    expect(planOf(generalization, "fast").leftOut).toEqual([]);
  });
});

describe("judgements", () => {
  it("hide statements without a value where jobs were left out, and only there", () => {
    const open = edge.judge([]);
    expect(open.length).toBeGreaterThan(0);
    const held = { ...open[0]!, runs: 1, range: [1, 1], holds: true } satisfies Acceptance;
    const claim = { ...edge, judge: () => [held, ...open] };
    expect(judged(claim, [], [])).toEqual({ shown: [held, ...open], hidden: 0 });
    expect(judged(claim, [], ["images"])).toEqual({ shown: [held], hidden: open.length });
  });

  it("are written as numbers and bands", () => {
    const one = (range: Acceptance["range"], band: Acceptance["band"]): Acceptance =>
      ({ range, band, runs: 1, missing: 0 }) as Partial<Acceptance> as Acceptance;
    expect(seen(one([0.91234, 1.04], [0, 1]))).toBe("0.912 … 1.04");
    expect(seen(one([0.99996, 1.00004], [0, 1]))).toBe("1.00");
    expect(seen(one([2, 2], [0, 1]))).toBe("2.00");
    expect(seen(one(undefined, [0, 1]))).toBe("nothing to judge");
    expect(seen({ ...one(undefined, [0, 1]), missing: 2 })).toBe("not measured");
    expect(seen({ ...one([2, 2], [0, 1]), missing: 2 })).toBe("2.00; 2 not measured of 3");
    expect(bandText(one(undefined, [2, Infinity]))).toBe("≥ 2");
    expect(bandText(one(undefined, [-Infinity, 1.05]))).toBe("≤ 1.05");
    expect(bandText(one(undefined, [0.85, 1.1]))).toBe("0.85 … 1.1");
    expect(bandText(one(undefined, [-1e-6, 1]))).toBe("−1.0 × 10⁻⁶ … 1");
  });

  it("say on how much they rest, and whether each control misses the band", () => {
    const one = {
      ...edge.judge([])[0]!,
      runs: 15,
      seeds: 5,
      excluded: 2,
      interval: { low: 0.97, high: 1.01, level: 0.9375 },
      controls: [{ what: "before training", runs: 3, median: 7.25, range: [7, 8] as [number, number], fails: true }],
      beside: [{ what: "gradient descent", runs: 0, median: undefined, range: undefined }],
    } satisfies Acceptance;
    expect(basis(one)).toEqual([
      "15 runs, 5 seeds",
      "median over seeds in 0.970 … 1.01, with probability 93.8 %",
      "2 outside the hypotheses",
    ]);
    expect(basis({ ...one, runs: 1, seeds: undefined, interval: undefined, excluded: 0 })).toEqual(["1 value"]);
    expect(comparisons(one)).toEqual([
      { text: "before training: 7.25", fails: true },
      { text: "gradient descent: not measured", fails: undefined },
    ]);
  });
});
