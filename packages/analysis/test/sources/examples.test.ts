import type { NamedArray } from "@sgdscope/array-files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnalysisError, examplesOfArrays, type ExampleShapes, type ReadExamples } from "../../src/index.js";

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const counted = (shape: number[]): NamedArray => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, (_, k) => k + 1),
});
const strides = (shape: readonly number[]): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** As numpy's `transpose`, in a new array. */
function transpose({ shape, data }: NamedArray, order: readonly number[]): NamedArray {
  const next = order.map((axis) => shape[axis]!);
  const [from, to] = [strides(shape), strides(next)];
  const moved = Float32Array.from({ length: data.length }, (_, at) => {
    const index = next.map((size, axis) => Math.floor(at / to[axis]!) % size);
    return Number(data[index.reduce((sum, each, axis) => sum + each * from[order[axis]!]!, 0)]);
  });
  return { shape: next, data: moved };
}

function refusal(work: () => unknown): AnalysisError {
  try {
    work();
  } catch (error) {
    if (error instanceof AnalysisError) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

const images: ExampleShapes = { inputShape: [8, 8, 3], outputs: 2 };
const read = (shapes: ExampleShapes, inputs: NamedArray, targets?: NamedArray, oneHot = false): ReadExamples =>
  examplesOfArrays(shapes, { inputs, targets: targets ?? counted([inputs.shape[0]!, shapes.outputs]) }, { oneHot });
const model = fc.record({
  inputShape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  // No size of the inputs: a square shows nothing.
  n: fc.integer({ min: 5, max: 7 }),
});

describe("inputs of a model", () => {
  it("are accepted as they are", () => {
    const x = counted([6, 8, 8, 3]);
    const { size, inputs, notes } = read(images, x);
    expect({ size, inputs, notes }).toEqual({ size: 6, inputs: x.data, notes: [] });
  });

  it("may lack axes of size 1, or have more of them", () => {
    for (const shape of [
      [5, 4, 4],
      [5, 4, 4, 1, 1],
    ])
      expect(read({ inputShape: [4, 4, 1], outputs: 2 }, counted(shape)).inputs).toEqual(counted(shape).data);
    expect(read({ inputShape: [1], outputs: 2 }, counted([5])).size).toBe(5);
    expect(read({ inputShape: [3], outputs: 2 }, counted([5, 1, 3])).size).toBe(5);
  });

  it.each([
    [[6, 3, 8, 8], "its channels come first, the model's last", "pass x.transpose(0, 2, 3, 1)"],
    [[8, 8, 3, 6], "its axes are in another order", "pass x.transpose(3, 0, 1, 2)"],
    [[8, 8, 3], "one example without an axis of examples", "pass x[None]"],
    [[6, 192], "flat rows do not show the order of their axes", "x.reshape(-1, 3, 8, 8).transpose(0, 2, 3, 1)"],
    [[1152], "flat rows do not show the order of their axes", "pass x.reshape(-1, 8, 8, 3)"],
    [[6, 8, 8, 4], "expected shape [n, 8, 8, 3], got [6, 8, 8, 4]", undefined],
    [[0, 8, 8, 3], "expected shape [n, 8, 8, 3], got [0, 8, 8, 3]", undefined],
    [[], "expected shape [n, 8, 8, 3], got []", undefined],
    [[7], "expected shape [n, 8, 8, 3], got [7]", undefined],
    [[6, 24, 8], "expected shape [n, 8, 8, 3], got [6, 24, 8]", undefined],
    [[6, 8, 24], "expected shape [n, 8, 8, 3], got [6, 8, 24]", undefined],
  ])("of shape %j are refused", (shape, problem, advice) => {
    const error = refusal(() => read(images, counted(shape), counted([6, 2])));
    expect(error).toMatchObject({ code: "SHAPE_MISMATCH", argument: "inputs" });
    expect(error.problem).toContain(problem);
    if (advice === undefined) expect(error.advice).toBeUndefined();
    else expect(error.advice).toContain(advice);
  });

  it.each([
    [[4, 5, 4], [7, 4, 4, 5], ": its channels come first, the model's last", "pass x.transpose(0, 2, 3, 1)"],
    [[4, 5, 3], [4, 5, 4, 3], ": its axes are in another order", "pass x.transpose(0, 2, 1, 3)"],
    [[4, 4, 3], [3, 4, 7, 4], ": its axes are in another order", "pass x.transpose(2, 1, 3, 0)"],
    [[5, 3], [7, 3, 5], ": its channels come first, the model's last", "pass x.transpose(0, 2, 1)"],
    [[5], [5, 7], ": its axes are in another order", "pass x.T"],
    [[2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 7], ": its axes are in another order", "pass x.transpose(5, 0, 1, 2, 3, 4)"],
  ])(
    "of a model of %j and shape %j: the cure moves channels, or else leaves equal sizes in their order",
    (inputShape, shape, says, advice) => {
      const error = refusal(() => read({ inputShape, outputs: 2 }, counted(shape), counted([shape[0]!, 2])));
      expect(error.problem.endsWith(says)).toBe(true);
      expect(error.advice).toBe(advice);
    },
  );

  it("of more axes than six are refused without an order", () => {
    const inputShape = [1, 2, 1, 3, 2, 2];
    const error = refusal(() => read({ inputShape, outputs: 2 }, counted([5, 2, 1, 1, 3, 2, 2])));
    expect(error).toMatchObject({ code: "SHAPE_MISMATCH", advice: undefined });
  });

  it("that are flat are told both orders, of one channel only the one that there is", () => {
    const adviceOf = (inputShape: number[], shape: number[]) =>
      refusal(() => read({ inputShape, outputs: 2 }, counted(shape), counted([shape[0]!, 2]))).advice;
    expect(adviceOf([4, 5, 1], [3, 20])).toBe("pass x.reshape(-1, 4, 5, 1) if the last axis runs fastest");
    expect(adviceOf([4, 5], [3, 20])).toBe(
      "pass x.reshape(-1, 4, 5) if the last axis runs fastest; x.reshape(-1, 5, 4).transpose(0, 2, 1) if channels come first",
    );
    expect(adviceOf([4], [12])).toBeUndefined();
  });

  it("in any other order of their axes are refused, and the advice gives an order that fits; or their numbers are in place", () => {
    fc.assert(
      fc.property(model, fc.gen(), ({ inputShape, n }, gen) => {
        const right = counted([n, ...inputShape]);
        const order = gen(
          fc.shuffledSubarray,
          right.shape.map((_, axis) => axis),
          { minLength: right.shape.length },
        );
        const given = transpose(right, order);
        // Such shapes show nothing.
        fc.pre(given.shape.some((size, axis) => size !== right.shape[axis]));
        try {
          expect(read({ inputShape, outputs: 2 }, given).inputs).toEqual(right.data);
        } catch (error) {
          if (!(error instanceof AnalysisError)) throw error;
          const [, cure] = /^pass x\.(.*)$/.exec(error.advice!)!;
          const back = cure === "T" ? [1, 0] : /transpose\((.*)\)/.exec(cure!)![1]!.split(", ").map(Number);
          expect(transpose(given, back).shape.slice(1)).toEqual(inputShape);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it("flattened or with axes joined are refused, unless there was one axis only", () => {
    fc.assert(
      fc.property(model, fc.nat(3), ({ inputShape, n }, at) => {
        const shape = [n, ...inputShape];
        fc.pre(at + 1 < shape.length && shape[at] !== 1 && shape[at + 1] !== 1);
        const joined = [...shape.slice(0, at), shape[at]! * shape[at + 1]!, ...shape.slice(at + 2)];
        const error = refusal(() => read({ inputShape, outputs: 2 }, counted(joined), counted([n, 2])));
        expect(error.code).toBe("SHAPE_MISMATCH");
      }),
    );
  });

  it("in bytes are taken as they are, and that is said; bytes 0 and 1 are flags", () => {
    const bytes = { shape: [2, 3], data: Uint8Array.of(0, 255, 3, 4, 5, 6) };
    const { inputs, notes } = read({ inputShape: [3], outputs: 1 }, bytes);
    expect([...inputs]).toEqual([...bytes.data]);
    expect(notes).toEqual([
      { argument: "inputs", text: expect.stringContaining("bytes 0–255 are taken as they are") as string },
    ]);
    const flags = { shape: [2, 3], data: Uint8Array.of(0, 1, 1, 0, 0, 1) };
    expect(read({ inputShape: [3], outputs: 1 }, flags).notes).toEqual([]);
  });

  it("that are indices are integers of the table", () => {
    const shapes = { inputShape: [2], outputs: 1, indices: 4 };
    const of = (...data: number[]): NamedArray => ({ shape: [2, 2], data: Float64Array.from(data) });
    expect([...read(shapes, of(0, 3, 1, 2)).inputs]).toEqual([0, 3, 1, 2]);
    for (const wrong of [4, -1, 1.5])
      expect(refusal(() => read(shapes, of(0, 1, wrong, 2)))).toMatchObject({
        code: "INVALID_ARGUMENT",
        argument: "inputs",
        problem: `expected integers 0 … 3, rows of the model's embedding, got ${wrong} at position 2`,
      });
    expect(refusal(() => read(shapes, of(7, 1, 2, 2))).problem).toContain("got 7 at position 0");
  });

  it("say what equal sizes leave open, and refuse numbers that Float32 cannot hold", () => {
    expect(read({ inputShape: [3, 3, 3], outputs: 2 }, counted([4, 3, 3, 3])).notes).toEqual([
      { argument: "inputs", text: expect.stringContaining("whether channels come first") as string },
    ]);
    for (const inputShape of [
      [3, 3],
      [3, 3, 1],
      [1, 1, 1],
      [3, 1, 3],
    ])
      expect(read({ inputShape, outputs: 2 }, counted([4, ...inputShape])).notes).toEqual([]);
    const large = { shape: [1, 1], data: Float64Array.of(1e300) };
    expect(refusal(() => read({ inputShape: [1], outputs: 2 }, large))).toMatchObject({
      code: "NOT_FINITE",
      argument: "inputs",
      problem: "expected numbers that Float32 can hold, got 1e+300 at position 0",
    });
    const missing = { shape: [1, 2], data: Float64Array.of(0, NaN) };
    expect(refusal(() => read({ inputShape: [2], outputs: 2 }, missing))).toMatchObject({
      code: "NOT_FINITE",
      argument: "inputs",
      problem: "expected finite numbers, got NaN at position 1",
    });
    expect(refusal(() => read({ inputShape: [2], outputs: 2 }, counted([1, 2]), missing))).toMatchObject({
      code: "NOT_FINITE",
      argument: "targets",
    });
  });
});

describe("targets of a model", () => {
  const x = counted([6, 8, 8, 3]);
  const labels = { shape: [6], data: BigInt64Array.of(0n, 1n, 1n, 0n, 0n, 1n) };

  it.each([
    [[2, 6], "it is transposed", "pass y.T"],
    [[12], "the order of its numbers cannot be seen", "pass y.reshape(6, 2) if the outputs of an example lie together"],
    [[5, 2], "the inputs hold 6 examples", undefined],
    [[6], "one number per example for a model with 2 outputs", undefined],
    [[2, 5], "expected shape [6, 2], got [2, 5]; the inputs hold 6 examples", undefined],
    [[3, 6], "expected shape [6, 2], got [3, 6]; the inputs hold 6 examples", undefined],
    [[2, 6, 2], "expected shape [6, 2], got [2, 6, 2]; the inputs hold 6 examples", undefined],
    [
      [2, 6, 1],
      "the order of its numbers cannot be seen",
      "pass y.reshape(6, 2) if the outputs of an example lie together",
    ],
    [[6, 3], "expected shape [6, 2], got [6, 3]; the inputs hold 6 examples", undefined],
    [[3, 2], "expected shape [6, 2], got [3, 2]; the inputs hold 6 examples", undefined],
  ])("of shape %j are refused", (shape, problem, advice) => {
    const error = refusal(() => read(images, x, counted(shape)));
    expect(error).toMatchObject({ code: "SHAPE_MISMATCH", argument: "targets", advice });
    expect(error.problem).toContain(problem);
  });

  it("of one output are [n] or [n, 1], not [1, n]", () => {
    const one = { inputShape: [8, 8, 3], outputs: 1 };
    for (const shape of [[6], [6, 1]]) expect([...read(one, x, counted(shape)).targets]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(refusal(() => read(one, x, counted([1, 6])))).toMatchObject({
      problem: "expected shape [6] or [6, 1], got [1, 6]: it is transposed",
      advice: "pass y.T",
    });
    expect(refusal(() => read(one, x, counted([5])))).toMatchObject({
      problem: "expected shape [6] or [6, 1], got [5]; the inputs hold 6 examples",
      advice: undefined,
    });
    expect(refusal(() => read(one, x, counted([2, 3])))).toMatchObject({
      problem: "expected shape [6] or [6, 1], got [2, 3]; the inputs hold 6 examples",
      advice: undefined,
    });
  });

  it("of as many examples as outputs are taken as [n, C], and that is said where a transpose would show nothing", () => {
    const square = { inputShape: [3], outputs: 2 };
    expect(read(square, counted([2, 3])).notes).toEqual([
      { argument: "targets", text: "shape [2, 2] is taken as [n, C]" },
    ]);
    expect(read(square, counted([2, 3]), counted([2, 2, 1])).notes).toEqual([]);
    expect(read({ ...square, outputs: 1 }, counted([1, 3]), counted([1, 1])).notes).toEqual([]);
  });

  it("of one example in one axis are refused without a line that reshapes them", () => {
    expect(refusal(() => read({ inputShape: [3], outputs: 2 }, counted([1, 3]), counted([2])))).toMatchObject({
      problem: "expected shape [1, 2], got [2]; the inputs hold 1 example",
      advice: undefined,
    });
  });

  it("of images have the shape of the output", () => {
    const shapes = { inputShape: [8, 8, 3], outputs: 8, outputShape: [2, 2, 2] };
    expect(read(shapes, x, counted([6, 2, 2, 2])).targets).toHaveLength(48);
    expect(refusal(() => read(shapes, x, counted([6, 8]))).problem).toContain("expected shape [6, 2, 2, 2]");
  });

  it("that are labels become rows with a one on request only", () => {
    expect(refusal(() => read(images, x, labels))).toMatchObject({ code: "MISSING", argument: "oneHot" });
    expect(refusal(() => examplesOfArrays(images, { inputs: x, targets: labels }))).toMatchObject({ code: "MISSING" });
    const { targets, notes } = read(images, x, labels, true);
    expect([...targets]).toEqual([1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1]);
    expect(notes).toEqual([{ argument: "targets", text: "labels 0 … 1 become rows with a one" }]);
    for (const [data, value, position] of [
      [[0, 2, 1, 0, 0, 1], 2, 1],
      [[-1, 0, 1, 0, 0, 1], -1, 0],
      [[0, 0, 1, 0, 0, 0.5], 0.5, 5],
      [[0, 0, NaN, 0, 0, 1], NaN, 2],
    ] as const)
      expect(refusal(() => read(images, x, { shape: [6], data: Float64Array.from(data) }, true))).toMatchObject({
        code: "INVALID_ARGUMENT",
        argument: "targets",
        problem: `expected labels 0 … 1 for 2 outputs, got ${value} at position ${position}`,
      });
    for (const shape of [[6, 2], [5], [2, 3]])
      expect(refusal(() => read(images, x, counted(shape), true))).toMatchObject({
        code: "SHAPE_MISMATCH",
        argument: "targets",
        problem: `expected labels of shape [6], got [${shape.join(", ")}]`,
      });
    expect(refusal(() => read({ ...images, outputs: 1 }, x, labels, true))).toMatchObject({
      code: "INVALID_ARGUMENT",
      argument: "oneHot",
    });
  });

  it("with numbers that are no labels are not taken for such", () => {
    for (const data of [
      [0, 1, 2, 0, 0, 1],
      [0, 1, -1, 0, 0, 1],
      [0, 1, 0.5, 0, 0, 1],
    ])
      expect(refusal(() => read(images, x, { shape: [6], data: Float64Array.from(data) }))).toMatchObject({
        code: "SHAPE_MISMATCH",
        argument: "targets",
      });
  });
});
