import { describe, expect, it } from "vitest";
import { AnalysisError, decideConditions, type ConditionsRequest, type Reached } from "../src/index.js";

const trained: Reached = {
  steps: 100,
  converged: true,
  optimizer: { kind: "heavy-ball", momentum: 0.9 },
  learningRate: 0.2,
  batchSize: 4,
  sampling: "with-replacement",
};
const minimum = (examples: number, reached?: Partial<Reached>) => ({
  system: { examples },
  ...(reached === undefined ? {} : { reached: { ...trained, ...reached } }),
});
const refusal = (examples: number, request: ConditionsRequest): AnalysisError => {
  try {
    decideConditions(minimum(examples), request);
  } catch (error) {
    if (error instanceof AnalysisError) return error;
    throw error;
  }
  throw new Error("expected a refusal, got conditions");
};

describe("conditions left out are those of the training", () => {
  it.each([
    [
      "nothing known",
      minimum(10),
      { batchSize: 1, sampling: "without-replacement", optimizer: { kind: "sgd" }, learningRate: undefined },
    ],
    [
      "a training",
      minimum(10, {}),
      { batchSize: 4, sampling: "with-replacement", optimizer: trained.optimizer, learningRate: 0.2 },
    ],
    ["a training with batches larger than what is measured", minimum(3, {}), { batchSize: 3 }],
  ])("%s", (_, of, expected) => {
    const [first, ...others] = decideConditions(of);
    expect(first).toMatchObject({ ...expected, marks: [] });
    expect(others).toEqual([]);
  });

  it("give way to what is asked", () => {
    const optimizer = { kind: "nesterov", momentum: 0.5 } as const;
    const asked = { batchSizes: [2, 5], sampling: "bernoulli", learningRate: 0.7, optimizer } as const;
    expect(decideConditions(minimum(10, {}), asked)).toMatchObject([
      { batchSize: 2, sampling: "bernoulli", learningRate: 0.7, optimizer },
      { batchSize: 5, sampling: "bernoulli", learningRate: 0.7, optimizer },
    ]);
  });
});

describe("what stands outside the theorem's hypotheses is marked", () => {
  it.each([
    ["epoch-shuffle", { sampling: "epoch-shuffle" }],
    ["weight-decay", { optimizer: { kind: "sgd", weightDecay: 0.1 } }],
    ["clipping", { clipped: true }],
    ["not-converged", { converged: false }],
  ] as const)("%s, and nothing else", (id, reached) => {
    const [{ marks, sampling }] = decideConditions(minimum(10, reached)) as [ReturnType<typeof decideConditions>[0]];
    expect(marks.map((mark) => mark.id)).toEqual([id]);
    expect(marks[0]!.text).toMatch(/^[A-Z].{40,}\.$/);
    expect(sampling).not.toBe("epoch-shuffle");
  });

  it("and all of it at once", () => {
    const reached: Partial<Reached> = {
      converged: false,
      sampling: "epoch-shuffle",
      optimizer: { kind: "ema", momentum: 0.5, weightDecay: 1e-4 },
      clipped: true,
    };
    const ids = decideConditions(minimum(10, reached))[0]!.marks.map(({ id }) => id);
    expect(ids.sort()).toEqual(["clipping", "epoch-shuffle", "not-converged", "weight-decay"]);
  });
});

describe("what cannot be judged is refused", () => {
  it.each<[string, ConditionsRequest, string, string]>([
    ["epoch-shuffle", { sampling: "epoch-shuffle" }, "EPOCH_SHUFFLE_HAS_NO_THEORY", "sampling"],
    ["a batch larger than the data", { batchSizes: [2, 11] }, "BATCH_TOO_LARGE", "batchSizes"],
    [
      "Bernoulli batches larger than the data",
      { batchSizes: [11], sampling: "bernoulli" },
      "BATCH_TOO_LARGE",
      "batchSizes",
    ],
    ["no batch", { batchSizes: [] }, "INVALID_ARGUMENT", "batchSizes"],
    ["half a batch", { batchSizes: [1.5] }, "INVALID_ARGUMENT", "batchSizes"],
    ["an empty batch", { batchSizes: [0] }, "INVALID_ARGUMENT", "batchSizes"],
    ["an empty Bernoulli batch", { batchSizes: [0], sampling: "bernoulli" }, "INVALID_ARGUMENT", "batchSizes"],
    ["NaN examples", { batchSizes: [NaN], sampling: "bernoulli" }, "INVALID_ARGUMENT", "batchSizes"],
    ["no learning rate", { learningRate: 0 }, "INVALID_ARGUMENT", "learningRate"],
    ["an infinite one", { learningRate: Infinity }, "INVALID_ARGUMENT", "learningRate"],
    ["NaN", { learningRate: NaN }, "INVALID_ARGUMENT", "learningRate"],
  ])("%s", (_, request, code, argument) => {
    expect(refusal(10, request)).toMatchObject({ code, argument });
  });

  it("but a batch in the mean need not be whole for Bernoulli", () =>
    expect(decideConditions(minimum(10), { batchSizes: [1.5], sampling: "bernoulli" })[0]!.batchSize).toBe(1.5));
});
