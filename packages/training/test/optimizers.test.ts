import { runId } from "@sgdscope/runs";
import { describe, expect, it } from "vitest";
import { runMinimumTask, type ClosedFormTask, type MinimumTask } from "@sgdscope/training";
import { taskOfSettings } from "@sgdscope/training/node";
import { formatCheckpoint, parseCheckpoint } from "../src/checkpoint-file.js";
import { judgedOptimizer, optimizerOfTask } from "../src/optimizer.js";

const base = {
  data: { kind: "synthetic", count: 20 },
  model: { kind: "fully-connected", widths: [8] },
  learningRate: 0.01,
  batchSize: 4,
};
const taskOf = (more: object): MinimumTask => taskOfSettings({ ...base, ...more });

describe("settings of an optimizer", () => {
  it("that mean the same give one task, and none gives the task of earlier versions", () => {
    const same: [object, object][] = [
      [{}, { optimizer: "sgd", weightDecay: 0 }],
      [{ momentum: 0.9 }, { momentum: 0.9, optimizer: "heavy-ball", dampening: 0 }],
      [
        { momentum: 0.9, nesterov: true },
        { momentum: 0.9, optimizer: "nesterov" },
      ],
      [
        { momentum: 0.9, optimizer: "ema" },
        { momentum: 0.9, dampening: 0.9 },
      ],
      [{ optimizer: "adam" }, { optimizer: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }],
      [{ optimizer: "ire" }, { optimizer: "ire", prog: 2, rank: 0.2 }],
      [{ optimizer: "sam" }, { optimizer: "sam", rho: 0.05 }],
      [{ optimizer: "rmsprop" }, { optimizer: "rmsprop", alpha: 0.99, centered: false, momentum: 0 }],
    ];
    for (const [one, other] of same) expect(runId(taskOf(one))).toBe(runId(taskOf(other)));
    expect(new Set(same.map(([one]) => runId(taskOf(one)))).size).toBe(same.length);
    expect(Object.keys(taskOf({}))).not.toContain("optimizer");
    expect(Object.keys(taskOf({ momentum: 0.9 }))).toEqual(Object.keys(taskOf({})));
  });

  it.each<[object, string, string]>([
    [{ optimizer: "adagrad" }, "optimizer", "expected one of sgd, heavy-ball, nesterov, ema, adam, rmsprop, sam, ire"],
    [{ optimizer: "sgd", momentum: 0.5 }, "momentum", "expected 0 with optimizer sgd, got 0.5"],
    [{ optimizer: "adam", momentum: 0.5 }, "momentum", "expected 0 with optimizer adam, whose own is beta1, got 0.5"],
    [{ optimizer: "ema" }, "optimizer", "expected momentum above 0 beside ema, got 0"],
    [{ nesterov: true }, "nesterov", "expected momentum above 0 beside it, got 0"],
    [{ nesterov: true, optimizer: "adam" }, "nesterov", "expected optimizer nesterov or none beside it, got adam"],
    [{ dampening: 0.5 }, "dampening", "expected optimizer heavy-ball beside it, got sgd"],
    [
      { dampening: 0.5, nesterov: true, momentum: 0.5 },
      "dampening",
      "expected optimizer heavy-ball beside it, got nesterov",
    ],
    [{ beta2: 0.5 }, "beta2", "expected optimizer adam beside it, got sgd"],
    [{ optimizer: "adam", alpha: 0.5 }, "alpha", "expected optimizer rmsprop beside it, got adam"],
    [{ epsilon: 1, momentum: 0.5 }, "epsilon", "expected optimizer adam or rmsprop beside it, got heavy-ball"],
    [{ optimizer: "rmsprop", rho: 0.1 }, "rho", "expected optimizer sam beside it, got rmsprop"],
    [{ prog: 1 }, "prog", "expected optimizer ire beside it, got sgd"],
    [{ optimizer: "ire", rank: 1 }, "rank", "expected a number below 1"],
    [{ optimizer: "sam", rho: -0.1 }, "rho", "expected a number from 0 up"],
    [{ optimizer: "rmsprop", alpha: 1 }, "alpha", "expected a number below 1"],
    [{ weightDecay: -1 }, "weightDecay", "expected a number from 0 up"],
  ])("refuse %j", (more, path, problem) => {
    expect(() => taskOf(more)).toThrow(
      expect.objectContaining({
        code: "INVALID_SETTINGS",
        faults: [
          expect.objectContaining({ path, problem: expect.stringContaining(problem.split(" below")[0]!) as string }),
        ],
      }),
    );
  });
});

describe("a training with another optimizer", () => {
  const task = (more: Partial<ClosedFormTask>): ClosedFormTask => ({
    data: { kind: "gaussian", inputs: 4, count: 6, teacher: { kind: "linear", outputs: 1 }, seed: 1 },
    model: { kind: "linear" },
    learningRate: 0.01,
    batchSize: 2,
    sampling: "without-replacement",
    seed: 1,
    momentum: 0,
    clipNorm: 100,
    warmUp: 0,
    maxSteps: 40,
    lossBelow: 1e-12,
    every: 10,
    alignmentAt: [],
    hessianProducts: 0,
    ...more,
  });

  it.each<[Partial<ClosedFormTask>, string | undefined]>([
    [{ optimizer: "adam", beta1: 0.9, beta2: 0.99, epsilon: 1e-8 }, "optimizer"],
    [{ optimizer: "rmsprop", alpha: 0.9, epsilon: 1e-8, centered: true }, "optimizer"],
    [{ optimizer: "ire", prog: 2, rank: 0.2 }, "ire"],
    [{ optimizer: "ire", prog: 1, rank: 0.5, momentum: 0.5 }, "ire"],
    [{ optimizer: "sam", rho: 0.05 }, "sam"],
    [{ optimizer: "sam", rho: 0.1, momentum: 0.5 }, "sam"],
    [{ momentum: 0.9, dampening: 0.5 }, undefined],
    [{ momentum: 0.9, optimizer: "ema" }, undefined],
    [{ momentum: 0.9, nesterov: true }, undefined],
    [{ weightDecay: 0.1 }, "weight-decay"],
  ])("is marked unless the theory judges it, and resumes bit for bit: %j", async (more, mark) => {
    const asked = task(more);
    const { record, arrays } = await runMinimumTask(asked);
    expect(record.minimum!.marks.filter((id) => id !== "not-converged")).toEqual(mark === undefined ? [] : [mark]);
    const plain = await runMinimumTask(task({}));
    expect(arrays["parameters"]).not.toEqual(plain.arrays["parameters"]);

    const saved: Uint8Array[] = [];
    const stop = new AbortController();
    await runMinimumTask(asked, {
      signal: stop.signal,
      checkpoint: { every: 1000, save: (checkpoint) => Promise.resolve(void saved.push(formatCheckpoint(checkpoint))) },
      progress: ({ step }) => {
        if (step === 20) stop.abort();
      },
    });
    const resumed = await runMinimumTask(asked, { resume: parseCheckpoint(saved.at(-1)!, "here") });
    expect(resumed.arrays).toEqual(arrays);
    expect({ ...resumed.record, seconds: 0 }).toEqual({ ...record, seconds: 0 });
    const other = runMinimumTask(task({}), { resume: parseCheckpoint(saved.at(-1)!, "here") });
    await expect(other).rejects.toMatchObject({ code: "INVALID_CHECKPOINT" });
  });

  it("is taken as the theory calls it where it has one", () => {
    expect(judgedOptimizer({ momentum: 0.9, optimizer: "ema", weightDecay: 0.1 })).toEqual({
      optimizer: { kind: "ema", momentum: 0.9, weightDecay: 0.1 },
    });
    expect(judgedOptimizer({ momentum: 0, optimizer: "adam", weightDecay: 0.1 })).toEqual({
      optimizer: { kind: "sgd", weightDecay: 0.1 },
      unjudged: "Adam",
    });
    expect(judgedOptimizer({ momentum: 0.5, optimizer: "sam", rho: 0.1 })).toEqual({
      optimizer: { kind: "sgd" },
      unjudged: "SAM",
    });
    expect(optimizerOfTask({ momentum: 0.9, dampening: 0.5 })).toEqual({
      kind: "heavy-ball",
      momentum: 0.9,
      dampening: 0.5,
    });
  });
});
