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
    ["optimizer", { optimizer: { kind: "sgd" }, unjudged: "Adam" }],
    ["sam", { optimizer: { kind: "sgd" }, unjudged: "SAM" }],
    ["ire", { optimizer: { kind: "sgd" }, unjudged: "IRE" }],
  ] as const)("%s, and nothing else", (id, reached) => {
    const [{ marks, sampling }] = decideConditions(minimum(10, reached)) as [ReturnType<typeof decideConditions>[0]];
    expect(marks.map((mark) => mark.id)).toEqual([id]);
    expect(marks[0]!.text).toMatch(/^[A-Z].{40,}\.$/);
    expect(sampling).not.toBe("epoch-shuffle");
  });

  it("a penalty beside the loss", () => {
    const ids = (of: Parameters<typeof decideConditions>[0]): string[] =>
      decideConditions(of)[0]!.marks.map(({ id }) => id);
    expect(ids({ ...minimum(10), regularized: true })).toEqual(["regularizers"]);
    expect(ids({ ...minimum(10), regularized: false })).toEqual([]);
  });

  it("but not an optimizer without a theory where another is asked for", () => {
    const of = minimum(10, { optimizer: { kind: "sgd" }, unjudged: "Adam" });
    expect(decideConditions(of, { optimizer: { kind: "sgd" } })[0]!.marks).toEqual([]);
  });

  it("nor a weight decay of 0", () => {
    const optimizer = { kind: "sgd", weightDecay: 0 } as const;
    expect(decideConditions(minimum(10, { optimizer }))[0]!.marks).toEqual([]);
    expect(decideConditions({ ...minimum(10, { optimizer }), preconditioned: true })[0]!.optimizer).toEqual(optimizer);
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

  it("weight decay beside a preconditioner", () => {
    const decayed = { optimizer: { kind: "sgd", weightDecay: 0.1 } } as const;
    const expected = expect.objectContaining({
      code: "INVALID_ARGUMENT",
      argument: "weightDecay",
      advice: "leave one of them out",
    }) as Error;
    expect(() => decideConditions({ ...minimum(10, decayed), preconditioned: true })).toThrow(expected);
    expect(() => decideConditions({ ...minimum(10), preconditioned: true }, decayed)).toThrow(expected);
    expect(decideConditions({ ...minimum(10), preconditioned: true })[0]!.optimizer).toEqual({ kind: "sgd" });
  });

  it("with what would be right", () => {
    expect(refusal(10, { sampling: "epoch-shuffle" }).advice).toContain("without-replacement");
    expect(refusal(10, { batchSizes: [0.5] }).problem).toBe("expected whole numbers from 1 up, got 0.5");
    expect(refusal(10, { batchSizes: [-1], sampling: "bernoulli" }).problem).toBe("expected positive numbers, got -1");
    expect(refusal(10, { batchSizes: [11] }).problem).toBe("expected at most 10, the number of examples, got 11");
    expect(decideConditions(minimum(10), { batchSizes: [10] })[0]!.batchSize).toBe(10);
  });

  it("but a batch in the mean need not be whole for Bernoulli", () =>
    expect(decideConditions(minimum(10), { batchSizes: [1.5], sampling: "bernoulli" })[0]!.batchSize).toBe(1.5));
});
