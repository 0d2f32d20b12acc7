import { formatJson } from "@sgdscope/array-files";
import { claimNamed, claims, needsBackend, runClaim, type Acceptance, type Finished } from "@sgdscope/experiments";
import { describe, expect, it } from "vitest";
import { bandText, judged, seen } from "../../src/claims/judged.js";
import { planOf } from "../../src/claims/plan.js";
import { loadReport } from "../../src/claims/report.js";

const generalization = claimNamed("generalization")!;
const edge = claimNamed("edge")!;

/** The first job of a claim that runs in a page, done. */
async function firstOf(name: string): Promise<Finished> {
  const claim = claimNamed(name)!;
  const { jobs } = planOf(claim, "quick");
  for await (const done of runClaim({ ...claim, jobs: () => jobs.slice(0, 1) }, scope)) return done;
  throw new Error("no job");
}

const scope = { preset: "test", images: { kind: "synthetic" }, seed: 1 } as const;

describe("the plan of a claim", () => {
  it.each(["quick", "fast"] as const)("has jobs in closed form for every claim, %s", (effort) => {
    for (const claim of claims) {
      const { jobs, leftOut } = planOf(claim, effort);
      expect(jobs.length, claim.name).toBeGreaterThan(0);
      expect(jobs.some(({ task }) => needsBackend(task))).toBe(false);
      expect(new Set(leftOut).size).toBe(leftOut.length);
    }
  });

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
      ({ range, band }) as Partial<Acceptance> as Acceptance;
    expect(seen(one([0.91234, 1.04], [0, 1]))).toBe("0.912 … 1.04");
    expect(seen(one([0.99996, 1.00004], [0, 1]))).toBe("1.00");
    expect(seen(one([2, 2], [0, 1]))).toBe("2.00");
    expect(seen(one(undefined, [0, 1]))).toBe("nothing to judge");
    expect(bandText(one(undefined, [2, Infinity]))).toBe("≥ 2");
    expect(bandText(one(undefined, [-Infinity, 1.05]))).toBe("≤ 1.05");
    expect(bandText(one(undefined, [0.85, 1.1]))).toBe("0.85 … 1.1");
    expect(bandText(one(undefined, [-1e-6, 1]))).toBe("−1.0 × 10⁻⁶ … 1");
  });
});

describe("a report.json", () => {
  const textOf = (parts: object[], schema: unknown = "sgdscope/reproduce@2"): string =>
    formatJson({
      schema,
      command: "sgdscope reproduce edge",
      preset: "fast",
      data: "synthetic",
      seed: 1,
      claims: parts,
    });

  it("gives the records back as they were, thresholds that are infinite and numbers that are none included", async () => {
    const { role, task, records } = await firstOf("diagram");
    const part = { name: "diagram", jobs: [{ role, study: "diagram", task, records: [...records, { value: NaN }] }] };
    const { parts, seed } = loadReport(textOf([part]));
    expect(seed).toBe(1);
    expect(parts[0]!.finished).toEqual([{ role, task, records: [...records, { value: NaN }] }]);
  });

  it("of an earlier version is read under today's names, with what was not finite as NaN", () => {
    const records = [
      { part: "minimum", trace: 2, frobeniusNorm: 1, largestEigenvalue: 1 },
      { part: "curve", name: "rank one", kind: "necessary", batchSizes: [1], criticalLearningRates: [null] },
      { part: "cell", learningRate: 0.1, batchSize: 1, growthRate: null },
    ];
    const part = { name: "diagram", jobs: [{ role: "two-layer ReLU", study: "diagram", task: {}, records }] };
    const { parts } = loadReport(textOf([part], "sgdscope/reproduce@1"));
    expect(parts[0]!.finished[0]!.records).toEqual([
      { part: "minimum", traceG: 2, frobeniusG: 1, largestEigenvalue: 1 },
      {
        part: "curve",
        id: "rank-one",
        label: "rank one",
        kind: "necessary",
        batchSizes: [1],
        criticalLearningRates: [null],
      },
      { part: "cell", learningRate: 0.1, batchSize: 1, growthRate: NaN },
    ]);
  });

  it("is refused by name where it is something else", () => {
    expect(() => loadReport("{")).toThrow("not JSON");
    expect(() => loadReport("[]")).toThrow("expected a report of the schema sgdscope/reproduce@2");
    expect(() => loadReport(textOf([], "sgdscope/bound@1"))).toThrow("got sgdscope/bound@1");
    expect(() => loadReport(textOf([{ name: "phlogiston", jobs: [] }]))).toThrow("does not know the claim phlogiston");
    expect(() => loadReport(textOf([{ name: "edge", jobs: [{ role: "a" }] }]))).toThrow(
      "the jobs of the claim edge lack",
    );
  });
});
