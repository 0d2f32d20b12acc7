import { runId } from "@sgdscope/runs";
import { describe, expect, it } from "vitest";
import { probeIds, probeOverhead } from "../../src/defaults.js";
import { taskOfSettings } from "../../src/node.js";

const settings = {
  data: { kind: "synthetic", count: 12 },
  model: { kind: "fully-connected", widths: [4] },
  learningRate: 0.02,
  batchSize: 2,
};
const taskWith = (more: object) => taskOfSettings({ ...settings, ...more });

describe("probes among the settings of a training", () => {
  it("leave the task, and so the name of its run, as it was where nothing is measured", () => {
    const plain = taskWith({});
    expect(taskWith({ probe: "none" })).toEqual(plain);
    expect("probe" in plain).toBe(false);
    expect(runId(plain)).toBe("5cd068f0b659");
  });

  it("are of one task for one meaning: in any order, by all or by name, with the overhead that is usual", () => {
    const all = taskWith({ probe: "all" });
    expect(all.probe).toEqual({ ids: [...probeIds], overhead: probeOverhead });
    expect(taskWith({ probe: probeIds.toReversed(), probeOverhead })).toEqual(all);
    expect(taskWith({ probe: ["trace", "margin"], probeEvery: 50 }).probe).toEqual({
      ids: ["margin", "trace"],
      every: 50,
    });
    const { probe: _, ...without } = all;
    expect(without).toEqual(taskWith({}));
  });

  it("leave out of all what says nothing of the task", () => {
    const adam = taskWith({ probe: "all", optimizer: "adam", weightDecay: 0.1 });
    expect(adam.probe!.ids).toEqual(probeIds.filter((id) => id !== "margin"));
  });

  it.each([
    [{ probe: ["sharpness"] }, "probe", "expected all, none or some of margin, "],
    [{ probe: [] }, "probe", "expected all, none or some of margin, "],
    [{ probe: "margin" }, "probe", "expected all, none or some of margin, "],
    [{ probe: "all", probeEvery: 0 }, "probeEvery", "expected a whole number from 1 up, got 0"],
    [{ probe: "all", probeOverhead: -1 }, "probeOverhead", "expected a positive number, got -1"],
    [{ probe: "all", probeOverhead: 1, probeEvery: 2 }, "probeEvery", "expected no probeOverhead beside it"],
    [{ probeEvery: 5 }, "probeEvery", "expected a probe beside it, which says what is measured"],
    [{ probeOverhead: 0.1 }, "probeOverhead", "expected a probe beside it, which says what is measured"],
    [{ probe: ["margin"], optimizer: "sam" }, "probe", "cannot give margin: the theory does not judge SAM"],
  ])("are refused: %j", (more, path, problem) => {
    const faults = (() => {
      try {
        taskWith(more);
      } catch (error) {
        return (error as { faults: { path: string; problem: string }[] }).faults;
      }
      return [];
    })();
    expect(faults).toHaveLength(1);
    expect(faults[0]!.path.split(".")[0]).toBe(path);
    expect(faults[0]!.problem).toContain(problem);
  });
});
