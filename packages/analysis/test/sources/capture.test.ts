import type { NamedArray } from "@sgdscope/array-files";
import { describe, expect, it } from "vitest";
import { analyse, minimumOfCapture } from "../../src/index.js";
import { bytesOf, capture, huberCapture, metadata } from "./capture-fixture.js";

describe("minimumOfCapture", () => {
  it("gives the known answers of cross-entropy, for the training that the capture knows", async () => {
    const { minimum, conditions } = minimumOfCapture("c.npz", capture());
    expect(conditions).toEqual({
      batchSizes: [2],
      sampling: "without-replacement",
      learningRate: 0.2,
      optimizer: { kind: "heavy-ball", momentum: 0.9 },
    });
    const known = await analyse(minimum, { ...conditions, batchSizes: [1, 2, 3] });
    expect(known.noise.traceG).toBeCloseTo(1.059843224128, 11);
    expect(known.outputLoss!.loss).toBeCloseTo(0.700200119739, 11);
    expect(known.outputLoss!.naturalScale).toBeCloseTo(1.230897309781, 11);
    for (const [k, edge] of [0.311188363, 1.122884191, 4.8344183183].entries())
      expect(known.conditions[k]!.threshold.criticalLearningRate).toBeCloseTo(edge, 9);
    const plain = await analyse(minimum, { batchSizes: [1, 2, 3] });
    for (const [k, edge] of [1.5717974338, 2.3901457548, 2.5444306938].entries())
      expect(plain.conditions[k]!.threshold.criticalLearningRate).toBeCloseTo(edge, 9);
  });

  it("keeps the rates of PyTorch beside its own", () => {
    const { conditions, metadata: said } = minimumOfCapture("c.npz", huberCapture());
    expect(conditions.learningRate).toBe(0.1);
    expect(conditions.optimizer).toEqual({ kind: "sgd", weightDecay: 0.02 });
    expect(said.optimizer!.pytorch).toEqual({ name: "SGD", learningRate: 0.2, weightDecay: 0.01 });
    expect(said.sampling).toBe("epoch-shuffle");
  });

  it("judges Float32 numbers as such, in whatever they are kept", () => {
    expect(minimumOfCapture("c.npz", capture({ precision: "float32" })).minimum.precision).toBe("float32");
    expect(minimumOfCapture("c.npz", capture()).minimum.precision).toBe("float64");
  });

  it("knows a preconditioned Gram matrix by its preconditioner", () => {
    const preconditioned = { optimizer: { ...metadata.optimizer, preconditioned: true } };
    const p = { shape: [3], data: Float64Array.of(1, 2, 3) };
    expect(minimumOfCapture("c.npz", capture(preconditioned, { preconditioner: p })).minimum.preconditioned).toBe(true);
    expect(() => minimumOfCapture("c.npz", capture(preconditioned))).toThrow("got none");
    expect(() => minimumOfCapture("c.npz", capture({}, { preconditioner: p }))).toThrow("got one");
    expect(() =>
      minimumOfCapture("c.npz", capture(preconditioned, { preconditioner: { ...p, data: Float64Array.of(1, 0, 3) } })),
    ).toThrow("expected a positive preconditioner");
  });

  const wrong: [string, Record<string, unknown>, Record<string, NamedArray | undefined>, string][] = [
    [
      "another schema",
      { schema: "sgdscope/capture@2" },
      {},
      "expected the schema sgdscope/capture@1, got sgdscope/capture@2",
    ],
    ["no metadata", {}, { metadata: undefined }, "got none called metadata"],
    ["metadata of floats", {}, { metadata: { shape: [1], data: Float64Array.of(1) } }, "expected metadata as bytes"],
    ["no JSON", {}, { metadata: bytesOf("{") }, "this is not JSON in UTF-8"],
    ["a list", {}, { metadata: bytesOf([]) }, "expected metadata to be an object, got []"],
    ["a key twice", {}, { metadata: bytesOf('{"a":1,"a":2}') }, 'got "a" twice'],
    ["brackets without end", {}, { metadata: bytesOf("[".repeat(1e5)) }, "of depth 32 or less"],
    ["bytes that are no text", {}, { metadata: { shape: [2], data: Uint8Array.of(0xff, 0xfe) } }, "not UTF-8"],
    ["an unknown loss", { loss: { id: "hinge", pytorch: "" } }, {}, "expected metadata.loss.id to be one of square,"],
    ["an option of another loss", { loss: { id: "cross-entropy", pytorch: "", delta: 1 } }, {}, "takes no delta"],
    [
      "a rate beyond Float64",
      { units: { loss: 1, learningRate: Infinity, weightDecay: 1 } },
      {},
      "units.learningRate to be a positive number, got null",
    ],
    [
      "units that contradict each other",
      { units: { loss: 2, learningRate: 2, weightDecay: 2 } },
      {},
      "expected units.weightDecay to be 1/units.loss, 0.5, got 2",
    ],
    [
      "a rate that contradicts PyTorch's",
      { units: { loss: 0.5, learningRate: 0.5, weightDecay: 2 } },
      {},
      "PyTorch's lr 0.2 times units.learningRate 0.5, got 0.2",
    ],
    [
      "momentum of plain SGD",
      { optimizer: { ...metadata.optimizer, kind: "sgd" } },
      {},
      "expected a momentum of sgd to be null, got 0.9",
    ],
    [
      "parameters of another size",
      { model: { ...metadata.model, size: 4 } },
      {},
      "expected model.size to be that of its parameters, 3, got 4",
    ],
    ["half a batch", { batchSize: 1.5 }, {}, "metadata.batchSize to be a whole number from 1 up, got 1.5"],
    ["other examples", { examples: 4 }, {}, "expected gram of shape [8, 8]"],
    [
      "a Gram matrix of others",
      {},
      { gram: { shape: [4, 4], data: new Float64Array(16) } },
      "expected gram of shape [6, 6]",
    ],
    [
      "transposed logits",
      {},
      { logits: { shape: [2, 3], data: new Float64Array(6) } },
      "expected logits of shape [3, 2]",
    ],
    ["labels without classes", {}, { labels: { shape: [3], data: BigInt64Array.of(0n, 2n, 1n) } }, "labels 0 … 1"],
    [
      "numbers that are none",
      {},
      { logits: { shape: [3, 2], data: new Float64Array(6).fill(NaN) } },
      "expected finite numbers",
    ],
    ["an array of nobody", {}, { payload: { shape: [1], data: Float64Array.of(1) } }, "got payload"],
    ["both labels and targets", {}, { targets: { shape: [3, 2], data: new Float64Array(6) } }, "got both"],
    ["a sentence without end", { assumptions: ["a".repeat(2000)] }, {}, "texts of at most 1000 letters"],
    [
      "a prototype",
      {},
      { metadata: bytesOf('{"__proto__":{"schema":"sgdscope/capture@1"}}') },
      "metadata.schema to be a text",
    ],
  ];
  it.each(wrong)("refuses %s", (_, other, arrays, words) => {
    expect(() => minimumOfCapture("c.npz", capture(other, arrays))).toThrow(words);
  });
});
