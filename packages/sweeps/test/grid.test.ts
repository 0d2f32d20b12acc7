import { runId } from "@sgdscope/runs";
import { describe, expect, it } from "vitest";
import { checkGrid, gridPoints, parseGrid, planRuns } from "../src/index.js";

const message = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ name: "SweepError", code: "INVALID_GRID" });
    return (error as Error).message;
  }
  return "nothing was thrown";
};

describe("gridPoints", () => {
  it("is the product of the axes, the first slowest, seeds fastest, inside nested settings too", () => {
    const points = gridPoints({
      base: { model: { kind: "dense", bias: false } },
      axes: { eta: [0.1, 0.2], "model.widths": [[8], [16, 16]] },
      seeds: 2,
    });
    expect(points).toHaveLength(8);
    expect(points.slice(0, 3)).toEqual([
      { model: { kind: "dense", bias: false, widths: [8] }, eta: 0.1, seed: 1 },
      { model: { kind: "dense", bias: false, widths: [8] }, eta: 0.1, seed: 2 },
      { model: { kind: "dense", bias: false, widths: [16, 16] }, eta: 0.1, seed: 1 },
    ]);
  });

  it.each([
    [{ from: 1, to: 16, factor: 2 }, [1, 2, 4, 8, 16]],
    [{ from: 0.1, to: 0.5, step: 0.1 }, [0.1, 0.2, 0.3, 0.4, 0.5]],
    [{ from: 0, to: 1, step: 0.4 }, [0, 0.4, 0.8]],
    [{ from: 0, to: 1, count: 5 }, [0, 0.25, 0.5, 0.75, 1]],
    [{ from: 1e-4, to: 1, count: 5, spacing: "log" as const }, [1e-4, 1e-3, 1e-2, 0.1, 1]],
    [{ from: 3, to: 3, factor: 10 }, [3]],
  ])("spells out the range %j", (range, values) => {
    expect(gridPoints({ axes: { x: range } }).map(({ x }) => x)).toEqual(values);
  });

  it("leaves out what fulfils every condition of a rule", () => {
    const grid = {
      base: { kind: "a" },
      axes: { eta: [0.1, 0.2], batch: [1, 2, "all"] },
      exclude: [
        { eta: { atLeast: 0.2 }, batch: [1, "all"] },
        { eta: 0.1, batch: { above: 1, below: 3 } },
        { kind: "b" },
      ],
    };
    expect(gridPoints(grid).map(({ eta, batch }) => [eta, batch])).toEqual([
      [0.1, 1],
      [0.1, "all"],
      [0.2, 2],
    ]);
  });

  it.each([
    ["axis: { eta: [1] }", 'grid: unknown key "axis"; did you mean axes?'],
    ["axes: { eta: { from: 1, to: 2, fctor: 2 } }", 'axes.eta: unknown key "fctor"; did you mean factor?'],
    ["axes: { eta: { from: 1, to: 2 } }", "axes.eta: expected a range with exactly one of step, factor, count"],
    ["axes: { eta: { from: 2, to: 1, step: 1 } }", "axes.eta: expected from ≤ to, got 2 and 1"],
    ["axes: { eta: { from: 0, to: 1, factor: 2 } }", "axes.eta: expected from > 0 for equal ratios, got 0"],
    ["axes: { eta: [] }", "axes.eta: expected at least one value"],
    ["axes: { eta: 3 }", "axes.eta: expected a list of values or a range, got 3"],
    ["seeds: 0", "seeds"],
    ["{ axes: { seed: [1] }, seeds: 2 }", "grid: expected seeds or an axis called seed, got both"],
    ["{ axes: { eta: [1] }, exclude: [{ ets: 1 }] }", 'exclude.0: unknown setting "ets"; did you mean eta?'],
    [
      "{ axes: { eta: [1] }, exclude: [{ eta: { abov: 1 } }] }",
      'exclude.0.eta: unknown key "abov"; did you mean above?',
    ],
    ["[1", "parseGrid: the grid is not YAML"],
    ["[1]", "expected settings by name"],
  ])("refuses %s", (text, expected) => {
    expect(message(() => parseGrid(text))).toContain(expected);
  });

  it("says so where nothing is left", () => {
    expect(message(() => planRuns({ axes: { a: [1] }, exclude: [{ a: 1 }] }, (s) => s))).toContain(
      "all runs are excluded",
    );
    expect(checkGrid({})).toEqual({ base: {}, axes: {}, exclude: [] });
  });
});

describe("planRuns", () => {
  it("names a run by the hash of what it resolves to, and keeps equal ones once", () => {
    const plan = planRuns({ axes: { batch: [20, "all"] }, seeds: 2 }, ({ batch, seed }) => ({
      seed,
      batch: batch === "all" ? 20 : batch,
    }));
    expect(plan.map(({ index, task }) => [index, task])).toEqual([
      [0, { seed: 1, batch: 20 }],
      [1, { seed: 2, batch: 20 }],
    ]);
    expect(plan[0]!.id).toMatch(/^[0-9a-f]{12}$/);
    expect(plan[0]!.id).toBe(runId({ batch: 20, seed: 1, left: undefined }));
  });
});
