import {
  convexLoss,
  crossEntropyLoss,
  generalisedGramSystem,
  huberLoss,
  lossNamed,
  type LossId,
} from "@sgdscope/noise-structure/losses";
import { describe, expect, it } from "vitest";
import {
  analyse,
  analyseSync,
  analysisDocument,
  AnalysisError,
  compareThresholds,
  lossOfMinimum,
  minimumOfArrays,
  minimumSummary,
  type LossArrays,
  type Minimum,
  type MinimumArrays,
} from "../src/index.js";

const array = (shape: number[], ...data: number[]) => ({ shape, data: Float64Array.from(data) });
const J = array([3, 2, 3], 1, 0, 1, 0, 1, 0, 0, 2, 0, 1, 0, 1, 1, 1, 0, 0, 0, 2);
const logits = array([3, 2], 0.5, -0.5, 1, 0, -0.2, 0.3);
const labels = array([3], 0, 1, 1);
const crossEntropy: LossArrays = { loss: "cross-entropy", logits, labels };
const { minimum } = minimumOfArrays("three examples", { jacobian: J, loss: crossEntropy });

describe("three examples of two classes under softmax cross-entropy", () => {
  const analysis = analyseSync(minimum, { batchSizes: [1, 2, 3], learningRate: 2 });

  it("have the known answers, μ with m and with 2L, both named", () => {
    const { outputLoss, noise, conditions } = analysis;
    expect(noise.traceG).toBeCloseTo(1.059843224128, 11);
    expect(noise.directionAlignment).toBeCloseTo(0.724938541323, 11);
    expect(outputLoss).toMatchObject({ label: "softmax cross-entropy", modelOutputs: 2 });
    for (const [key, answer] of [
      ["loss", 0.700200119739],
      ["naturalScale", 1.230897309781],
      ["alignmentFactor", 0.324580514927],
      ["alignmentFactorOfLoss", 0.28529364061],
    ] as const)
      expect(outputLoss![key], key).toBeCloseTo(answer, 11);
    expect(noise.alignmentFactor).toBe(outputLoss!.alignmentFactor);
    [1.5717974338, 2.3901457548, 2.5444306938].forEach((answer, k) =>
      expect(conditions[k]!.threshold.criticalLearningRate).toBeCloseTo(answer, 9),
    );
    expect(conditions.map(({ verdict }) => verdict!.verdict)).toEqual(["unstable", "stable", "stable"]);
    const { naturalScale, alignmentFactor, alignmentFactorOfLoss } = minimumSummary(analysis);
    expect({ naturalScale, alignmentFactor, alignmentFactorOfLoss }).toEqual({
      naturalScale: outputLoss!.naturalScale,
      alignmentFactor: outputLoss!.alignmentFactor,
      alignmentFactorOfLoss: outputLoss!.alignmentFactorOfLoss,
    });
  });

  it("are marked: the verdict is of the linearisation, of this point", () => {
    const [mark, ...others] = analysis.conditions[0]!.marks;
    expect(mark!.id).toBe("gauss-newton");
    expect(mark!.text).toMatch(/leaves this point/);
    expect(mark!.text).not.toMatch(/diverge/);
    expect(others).toEqual([]);
    expect(compareThresholds(minimum, {}).marks.map(({ id }) => id)).toEqual(["gauss-newton"]);
  });

  it("are written with the loss beside the noise, whose own loss is m/2; the square loss has none", () => {
    const document = JSON.parse(JSON.stringify(analysisDocument(analysis))) as {
      lossConvention: string;
      minimum: { loss: string };
      noise: { loss: number };
      outputLoss: Record<string, number> | null;
    };
    expect(document.minimum.loss).toBe("cross-entropy");
    expect(document.lossConvention).toContain("noise.loss is m/2");
    expect(document.noise.loss).toBeCloseTo(document.outputLoss!["naturalScale"]! / 2, 14);
    const square = minimumOfArrays("r", { jacobian: J, residuals: logits }).minimum;
    expect(analysisDocument(analyseSync(square))).toMatchObject({
      outputLoss: null,
      lossConvention: "L = (1/2n) sum |f - y|^2",
    });
  });

  it("are the same from their Gram matrix, from soft targets, and with weights of one", () => {
    const rows = [0, 1, 2, 3, 4, 5].map((a) => J.data.subarray(3 * a, 3 * a + 3));
    const gram = array([6, 6], ...rows.flatMap((a) => rows.map((b) => a.reduce((sum, x, k) => sum + x * b[k]!, 0))));
    const targets = array([3, 2], 1, 0, 0, 1, 0, 1);
    const weights = array([3], 1, 1, 1);
    for (const other of [
      { gram, loss: crossEntropy },
      { jacobian: J, loss: { loss: crossEntropyLoss(), logits, targets, weights } },
    ]) {
      const found = analyseSync(minimumOfArrays("same", other).minimum);
      expect(found.noise.traceNoiseG).toBeCloseTo(analysis.noise.traceNoiseG, 13);
      expect(found.outputLoss!.loss).toBeCloseTo(analysis.outputLoss!.loss, 13);
    }
  });
});

describe("a point that its examples nearly fit", () => {
  const saturated = (gap: number, loss: LossArrays["loss"] = "cross-entropy"): Minimum =>
    minimumOfArrays("fitted", {
      jacobian: J,
      loss: { loss, logits: array([3, 2], gap, 0, 0, gap, 0, gap), labels },
    }).minimum;
  const marksOf = (point: Minimum): string[] => analyseSync(point).conditions[0]!.marks.map(({ id }) => id);

  it("is told that every learning rate becomes stable as the curvature vanishes; η* grows as 1/S", () => {
    expect(marksOf(saturated(3))).toEqual(["gauss-newton"]);
    expect(marksOf(saturated(7))).toEqual(["gauss-newton", "vanishing-curvature"]);
    const edge = (gap: number): number => analyseSync(saturated(gap)).conditions[0]!.threshold.criticalLearningRate;
    expect(edge(14) / edge(7)).toBeCloseTo(Math.exp(7), -2);
    expect(saturated(7).lossAtPoint!.curvatureLeft).toBeCloseTo((4 * Math.exp(-7)) / (1 + Math.exp(-7)) ** 2, 12);
  });

  it("is refused, in words, where no curvature is left within Float64", () =>
    expect(() => saturated(800)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        argument: "logits",
        problem: expect.stringMatching(/got none at any example: .* every learning rate is stable/) as string,
        advice: expect.stringContaining("along the training") as string,
      }),
    ));

  it("of weighted examples has the curvature that their weights leave it", () => {
    const of = (weights: number[]) =>
      minimumOfArrays("weighted", { jacobian: J, loss: { ...crossEntropy, weights: array([3], ...weights) } }).minimum
        .lossAtPoint!;
    const S = [0, 1, 2].map((i) => {
      const q = 1 / (1 + Math.exp(logits.data[2 * i + 1]! - logits.data[2 * i]!));
      return 2 * q * (1 - q);
    });
    const curvature = (weights: number[]): number => S.reduce((sum, each, i) => sum + weights[i]! * each, 0) / 3;
    // At most Tr S is ½ for two classes.
    for (const weights of [
      [1, 1, 1],
      [2, 0, 1],
      [5, 1, 3],
    ]) {
      const found = of(weights);
      expect(found.meanCurvature).toBeCloseTo(curvature(weights), 13);
      expect(found.curvatureLeft).toBeCloseTo(curvature(weights) / (weights.reduce((a, b) => a + b) / 6), 13);
    }
    expect(minimum.lossAtPoint!.curvatureLeft).toBeCloseTo(2 * curvature([1, 1, 1]), 13);
    // Without any weight it has none to compare with, nor has a loss whose curvature does not vanish.
    const none = generalisedGramSystem(
      { jacobian: J.data },
      { outputs: logits.data, targets: [1, 0, 0, 1, 0, 1], loss: crossEntropyLoss(), weights: [0, 0, 0] },
      { examples: 3, outputs: 2 },
    );
    expect(lossOfMinimum(crossEntropyLoss(), none, new Float64Array(3)).lossAtPoint).not.toHaveProperty(
      "curvatureLeft",
    );
    const huber = minimumOfArrays("x", {
      jacobian: J,
      loss: { loss: huberLoss({ delta: 9 }), logits, targets: array([3, 2], 0, 0, 0, 0, 0, 0) },
    }).minimum;
    expect(huber.lossAtPoint).not.toHaveProperty("curvatureLeft");
  });

  it("is not where label smoothing keeps the curvature of its loss from vanishing", () =>
    expect(marksOf(saturated(7, lossNamed("cross-entropy", { labelSmoothing: 0.1 })))).toEqual(["gauss-newton"]));
});

describe("other losses", () => {
  const one = array([3, 1], 0.2, -1, 0.7);
  const jacobian = array([3, 2], 1, 0, 1, 2, -1, 1);

  it.each<[LossId, number[]]>([
    ["logistic", [1, 0, 1]],
    ["poisson", [0, 2, 1]],
    ["huber", [0, -1, 1]],
    ["pseudo-huber", [3, -1, 1]],
  ])("%s is analysed, marked, and named", (loss, y) => {
    const found = analyseSync(
      minimumOfArrays("x", { jacobian, loss: { loss, logits: one, targets: array([3], ...y) } }).minimum,
    );
    expect(found.minimum.loss).toBe(loss);
    expect(found.conditions[0]!.marks[0]!.id).toBe("gauss-newton");
    expect(found.outputLoss!.alignmentFactor).toBeGreaterThan(0);
  });

  it("have no μ with 2L where L is not positive, as that of Poisson may be", () => {
    const targets = array([3], 4, 3, 6);
    const found = analyseSync(
      minimumOfArrays("counts", { jacobian, loss: { loss: "poisson", logits: array([3], 1.2, 1, 1.9), targets } })
        .minimum,
    );
    expect(found.outputLoss!.loss).toBeLessThan(0);
    expect(found.outputLoss!.alignmentFactorOfLoss).toBeUndefined();
    expect(found.outputLoss!.alignmentFactor).toBeGreaterThan(0);
  });

  it("have μ with 2L as m/2L times that with m", () => {
    const targets = array([3], 0, 2, 1);
    for (const loss of ["poisson", "pseudo-huber", "logistic"] as const) {
      const y = loss === "poisson" ? targets : array([3], 0, 0.5, 1);
      const { outputLoss, noise } = analyseSync(
        minimumOfArrays("x", { jacobian, loss: { loss, logits: one, targets: y } }).minimum,
      );
      expect(outputLoss!.alignmentFactorOfLoss).toBeCloseTo(
        noise.traceNoiseG / (2 * outputLoss!.loss * noise.frobeniusG ** 2),
        12,
      );
    }
  });

  it("have no μ where their examples are fitted exactly", () => {
    const fitted = minimumOfArrays("x", { jacobian, loss: { loss: "huber", logits: one, targets: one } }).minimum;
    const { outputLoss } = analyseSync(fitted);
    expect(outputLoss).toMatchObject({ loss: 0, naturalScale: 0 });
    expect(outputLoss!.alignmentFactor).toBeUndefined();
    expect(outputLoss!.alignmentFactorOfLoss).toBeUndefined();
  });

  it("have no μ where the gradient vanishes and L does not: soft targets that are met", () => {
    const targets = array([2, 2], 0.5, 0.5, 0.5, 0.5);
    const met = minimumOfArrays("x", {
      jacobian: array([2, 2, 1], 1, 0, 0, 1),
      loss: { loss: "cross-entropy", logits: array([2, 2], 3, 3, -1, -1), targets },
    }).minimum;
    const { outputLoss } = analyseSync(met);
    expect(outputLoss!.loss).toBeCloseTo(Math.log(2), 12);
    expect(outputLoss!.alignmentFactor).toBeUndefined();
    expect(outputLoss!.alignmentFactorOfLoss).toBeUndefined();
  });

  it("have targets of every shape that says the same: [n, C], and [n] or [nC] where the logits are", () => {
    const systemOf = (loss: LossArrays, outputs?: number) =>
      minimumOfArrays("x", { jacobian: J, loss, ...(outputs === undefined ? {} : { outputs }) }).minimum.system;
    const y = [0, 1, 1, 0, 1, 1];
    const expected = systemOf({ loss: "logistic", logits, targets: array([3, 2], ...y) });
    const flat = array([6], ...logits.data);
    expect(systemOf({ loss: "logistic", logits: flat, targets: array([6], ...y) })).toEqual(expected);
    expect(systemOf({ loss: "logistic", logits: flat, targets: array([3, 2], ...y) })).toEqual(expected);
    const single = (targets: ReturnType<typeof array>) =>
      minimumOfArrays("x", { jacobian, loss: { loss: "logistic", logits: one, targets } }).minimum.system;
    expect(single(array([3], 0, 1, 1))).toEqual(single(array([3, 1], 0, 1, 1)));
  });

  it("have labels and weights of shape [n] or [n, 1]", () => {
    const systemOf = (change: Partial<LossArrays>) =>
      minimumOfArrays("x", { jacobian: J, loss: { ...crossEntropy, ...change } }).minimum.system;
    const weights = array([3], 1, 2, 0.5);
    const expected = systemOf({ weights });
    expect(systemOf({ weights: { ...weights, shape: [3, 1] } })).toEqual(expected);
    expect(systemOf({ weights, labels: { ...labels, shape: [3, 1] } })).toEqual(expected);
    expect(systemOf({})).not.toEqual(expected);
  });

  it("the square loss by its outputs is that by its residuals, also with weights", () => {
    const targets = array([3], 1, 0, 2);
    const a = minimumOfArrays("f", { jacobian, loss: { loss: "square", logits: one, targets } }).minimum;
    const b = minimumOfArrays("f", { jacobian, residuals: array([3], -0.8, -1, -1.3) }).minimum;
    expect([...a.system.residuals].map((r) => r.toFixed(14))).toEqual(
      [...b.system.residuals].map((r) => r.toFixed(14)),
    );
    expect([a.loss, a.lossAtPoint, a.precision]).toEqual(["square", undefined, "float64"]);
    const weighted = minimumOfArrays("f", {
      jacobian,
      loss: { loss: "square", logits: one, targets, weights: array([3], 2, 0, 1) },
    }).minimum;
    expect(analyseSync(weighted).noise.loss).toBeCloseTo((2 * 0.64 + 1.69) / 6, 13);
  });

  it("of one's own are custom", async () => {
    const quartic = convexLoss({
      id: "quartic",
      value: (f, y) => (f[0]! - y[0]!) ** 4 / 12,
      gradient: (f, y) => [(f[0]! - y[0]!) ** 3 / 3],
      curvature: (f, y) => [(f[0]! - y[0]!) ** 2],
    });
    const targets = array([3], 1, 0, 2);
    const { minimum: own } = minimumOfArrays("f", { jacobian, loss: { loss: quartic, logits: one, targets } });
    expect((await analyse(own)).minimum.loss).toBe("custom");
    expect((await analyse(own)).outputLoss!.label).toBe("quartic");
  });

  it("precision is the coarser of the matrix and the logits", () => {
    const rounded = { shape: [3, 2], data: Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6) };
    expect(minimumOfArrays("x", { jacobian: J, loss: { ...crossEntropy, logits: rounded } }).minimum.precision).toBe(
      "float32",
    );
  });
});

describe("arrays of a loss that do not fit", () => {
  const refusal = (arrays: MinimumArrays): string => {
    try {
      minimumOfArrays("x", arrays);
    } catch (error) {
      const { code, argument, message } = error as AnalysisError;
      return `${code} ${argument}: ${message}`;
    }
    return "none";
  };
  const withLoss = (change: Partial<LossArrays>, rest: MinimumArrays = { jacobian: J }): string =>
    refusal({ ...rest, loss: { ...crossEntropy, ...change } });
  const without = (key: keyof LossArrays): LossArrays =>
    Object.fromEntries(Object.entries(crossEntropy).filter(([name]) => name !== key)) as unknown as LossArrays;

  it.each<[string, () => string, string]>([
    [
      "residuals and a loss",
      () => refusal({ jacobian: J, residuals: logits, loss: crossEntropy }),
      "INVALID_ARGUMENT residuals: .*got both",
    ],
    [
      "neither labels nor targets",
      () => refusal({ jacobian: J, loss: without("labels") }),
      "MISSING targets: .*got neither",
    ],
    ["labels and targets", () => withLoss({ targets: logits }), "INVALID_ARGUMENT targets: .*got both"],
    [
      "transposed logits",
      () => withLoss({ logits: array([2, 3], 1, 2, 3, 4, 5, 6) }),
      "SHAPE_MISMATCH jacobian: .*logits of shape \\[2, 3\\].*pass f\\.T",
    ],
    [
      "logits of other examples",
      () => withLoss({ logits: array([4, 2], 1, 2, 3, 4, 5, 6, 7, 8) }),
      "SHAPE_MISMATCH jacobian: .*logits of shape \\[4, 2\\]",
    ],
    [
      "labels of other examples",
      () => withLoss({ labels: array([2], 0, 1) }),
      "SHAPE_MISMATCH labels: .*expected shape \\[3\\], one per example, got \\[2\\]",
    ],
    [
      "a label beyond the classes",
      () => withLoss({ labels: array([3], 0, 1, 2) }),
      "INVALID_ARGUMENT labels: .*0 … 1 for 2 outputs, got 2 at position 2",
    ],
    [
      "a label that is none",
      () => withLoss({ labels: array([3], 0, 0.5, 1) }),
      "INVALID_ARGUMENT labels: .*got 0\\.5 at position 1",
    ],
    [
      "weights per class",
      () => withLoss({ weights: array([2], 1, 1) }),
      "SHAPE_MISMATCH weights: .*one per example, got \\[2\\]",
    ],
    [
      "a negative weight",
      () => withLoss({ weights: array([3], 1, -1, 1) }),
      "INVALID_ARGUMENT weights: .*got -1 at position 1",
    ],
    [
      "NaN in the logits",
      () => withLoss({ logits: array([3, 2], 1, 2, NaN, 4, 5, 6) }),
      "NOT_FINITE logits: .*position 2",
    ],
    [
      "labels of the Poisson loss",
      () => withLoss({ loss: "poisson" }),
      "INVALID_ARGUMENT labels: .*expected targets for the poisson loss",
    ],
    [
      "labels of two logistic outputs",
      () => withLoss({ loss: "logistic" }),
      "INVALID_ARGUMENT labels: .*targets of shape \\[3, 2\\] for 2 logistic outputs",
    ],
    [
      "transposed targets",
      () => refusal({ jacobian: J, loss: { ...without("labels"), targets: array([2, 3], 1, 0, 0, 0, 1, 1) } }),
      "SHAPE_MISMATCH targets: .*expected shape \\[3, 2\\].*got \\[2, 3\\]: it is transposed.*y\\.T",
    ],
    [
      "labels as targets",
      () => refusal({ jacobian: J, loss: { ...without("labels"), targets: labels } }),
      "SHAPE_MISMATCH targets: .*class labels are passed as labels",
    ],
    ...([[3, 3], [6], [2, 2], [2], [2, 4], [4, 3], [3, 2, 1], [2, 3, 1]] as const).map(
      (shape): [string, () => string, string] => [
        `targets of shape [${shape.join(", ")}]`,
        () =>
          refusal({
            jacobian: J,
            loss: {
              ...without("labels"),
              loss: "logistic",
              targets: array([...shape], ...new Float64Array(shape.reduce<number>((a, b) => a * b, 1))),
            },
          }),
        `SHAPE_MISMATCH targets: targets: expected shape \\[3, 2\\], as the logits of shape \\[3, 2\\], got \\[${shape.join(", ")}\\]$`,
      ],
    ),
    [
      "targets of another number of examples of one output",
      () =>
        refusal({
          jacobian: array([3, 1], 1, 2, 3),
          loss: { loss: "logistic", logits: array([3], 1, 2, 3), targets: array([2], 0, 1) },
        }),
      "SHAPE_MISMATCH targets: targets: expected shape \\[3\\] or \\[3, 1\\], as the logits of shape \\[3\\], got \\[2\\]$",
    ],
    [
      "two targets per example of one output",
      () =>
        refusal({
          jacobian: array([3, 1], 1, 2, 3),
          loss: { loss: "logistic", logits: array([3], 1, 2, 3), targets: array([3, 2], 0, 1, 1, 0, 0, 1) },
        }),
      "SHAPE_MISMATCH targets: targets: expected shape \\[3\\] or \\[3, 1\\], .*, got \\[3, 2\\]$",
    ],
    [
      "two targets per number beside flat logits",
      () =>
        refusal({
          jacobian: array([6, 3], ...J.data),
          outputs: 2,
          loss: {
            loss: "logistic",
            logits: array([6], ...logits.data),
            targets: array([6, 2], ...new Float64Array(12)),
          },
        }),
      "SHAPE_MISMATCH targets: targets: expected shape \\[3, 2\\], as the logits of shape \\[6\\], got \\[6, 2\\]$",
    ],
    [
      "flat targets beside logits in rows",
      () =>
        refusal({
          jacobian: array([3, 1], 1, 2, 3),
          loss: { loss: "logistic", logits: array([3, 1], 1, 2, 3), targets: array([1, 3], 0, 1, 1) },
        }),
      "SHAPE_MISMATCH targets: targets: expected shape \\[3\\] or \\[3, 1\\].*got \\[1, 3\\]: it is transposed.*y\\.T",
    ],
    [
      "labels in two columns",
      () => withLoss({ labels: array([3, 2], 0, 1, 1, 0, 0, 0) }),
      "SHAPE_MISMATCH labels: .*expected shape \\[3\\], one per example, got \\[3, 2\\]$",
    ],
    [
      "labels in three axes",
      () => withLoss({ labels: array([3, 1, 1], 0, 1, 1) }),
      "SHAPE_MISMATCH labels: .*got \\[3, 1, 1\\]$",
    ],
    [
      "labels of one row",
      () => withLoss({ labels: array([1, 3], 0, 1, 1) }),
      "SHAPE_MISMATCH labels: .*got \\[1, 3\\]$",
    ],
    [
      "a label below the classes",
      () => withLoss({ labels: array([3], -1, 1, 1) }),
      "INVALID_ARGUMENT labels: labels: expected labels 0 … 1 for 2 outputs, got -1 at position 0$",
    ],
    ["NaN in the labels", () => withLoss({ labels: array([3], 0, NaN, 1) }), "NOT_FINITE labels: .*position 1"],
    [
      "NaN in the targets",
      () => refusal({ jacobian: J, loss: { ...without("labels"), targets: array([3, 2], 1, 0, 0, 1, NaN, 1) } }),
      "NOT_FINITE targets: .*position 4",
    ],
    ["NaN in the weights", () => withLoss({ weights: array([3], NaN, 1, 1) }), "NOT_FINITE weights: .*position 0"],
    [
      "a negative weight at the start",
      () => withLoss({ weights: array([3], -2, 1, 1) }),
      "INVALID_ARGUMENT weights: .*got -2 at position 0",
    ],
    [
      "a residual beyond δ",
      () =>
        withLoss({
          ...without("labels"),
          loss: huberLoss({ delta: 0.1 }),
          targets: array([3, 2], 0, 0, 0, 0, 0, 0),
          labels: undefined as never,
        }),
      "GRADIENT_OUT_OF_RANGE .*output 0 of example 0",
    ],
  ])("are refused: %s", (_, act, said) => expect(act()).toMatch(new RegExp(`^${said}`)));

  it("that are probabilities are refused as logits, and noted where they may be those of a sigmoid", () => {
    expect(withLoss({ logits: array([3, 2], 0.5, 0.5, 0.25, 0.75, 1, 0) })).toMatch(
      /^INVALID_ARGUMENT logits: .*before the softmax, got probabilities/,
    );
    const eight = [0.1, 0.2, 0.3, 0.9, 0.5, 0.6, 1, 0];
    const notes = (values: number[]) =>
      minimumOfArrays("x", {
        jacobian: array([8, 1], 1, 2, 3, 4, 5, 6, 7, 8),
        loss: { loss: "logistic", logits: array([8], ...values), labels: array([8], 0, 1, 0, 1, 0, 1, 0, 1) },
      }).notes;
    expect(notes(eight)).toMatchObject([
      { argument: "logits", text: expect.stringContaining("after a sigmoid") as string },
    ]);
    expect(notes(eight.with(3, 1.1))).toEqual([]);
    expect(notes(eight.with(3, -0.1))).toEqual([]);
  });

  it("are taken for probabilities only where the outputs of every example, of more than one, are such", () => {
    const accepted = (
      values: number[],
      shape: [number, number] = [3, 2],
      loss: "cross-entropy" | "logistic" = "cross-entropy",
    ) =>
      minimumOfArrays("x", {
        jacobian: array([shape[0], shape[1], 1], ...values.map((_, k) => k + 1)),
        loss: {
          loss,
          logits: array(shape, ...values),
          targets: array(shape, ...values.map((_, k) => Number(k % shape[1] === 0))),
        },
      }).notes;
    const probabilities = [0.5, 0.5, 0.25, 0.75, 1, 0];
    expect(() => accepted(probabilities)).toThrow(expect.objectContaining({ argument: "logits" }));
    // Rounded to Float16 they sum to 1 within its rounding.
    expect(() => accepted(probabilities.with(0, 0.5015))).toThrow(expect.objectContaining({ argument: "logits" }));
    expect(accepted(probabilities.with(0, 0.503))).toEqual([]);
    expect(accepted(probabilities.with(0, 0.497))).toEqual([]);
    expect(accepted([0.5, 0.5, 0.25, 0.75, 1.5, -0.5])).toEqual([]);
    // One example may have such outputs by chance.
    expect(accepted([0.25, 0.75], [1, 2])).toEqual([]);
    // Logistic outputs of an example need not sum to 1, and may.
    expect(accepted(probabilities, [3, 2], "logistic")).toEqual([]);
    expect(accepted([...probabilities, 0.5, 0.5], [4, 2], "logistic")).toMatchObject([{ argument: "logits" }]);
    const pairs = [0.5, 0.6, 0.25, 0.7, 1, 0.1, 0.2, 0.2];
    expect(accepted(pairs, [4, 2])).toEqual([]);
  });

  it("of one logistic output with labels −1 and 1 are refused with what cures it", () => {
    const one = {
      jacobian: array([3, 1], 1, 2, 3),
      loss: { loss: "logistic" as const, logits: array([3], 1, 2, 3), labels: array([3], 1, -1, 1) },
    };
    expect(refusal(one)).toMatch(/^INVALID_ARGUMENT labels: .*labels 0 and 1, got -1 at position 1.*\(y \+ 1\)\/2/);
    const two = { ...one, loss: { ...one.loss, labels: array([3], 1, 2, 0) } };
    expect(refusal(two)).toMatch(/^INVALID_ARGUMENT labels: .*labels 0 and 1, got 2 at position 1$/);
  });

  it("a flat Jacobian of few examples and many classes is told apart by the labels", () => {
    const wide = {
      jacobian: array([6, 1], 1, 2, 3, 4, 5, 6),
      loss: { loss: "cross-entropy" as const, logits: array([2, 3], 1, 2, 3, 4, 5, 6), labels: array([2], 0, 2) },
    };
    expect(minimumOfArrays("wide", wide).minimum.system).toMatchObject({ examples: 2, outputs: 2 });
    expect(refusal({ ...wide, loss: { ...wide.loss, labels: array([3], 0, 1, 2) } })).toMatch(
      /^SHAPE_MISMATCH logits: .*if they are transposed, pass f\.T/,
    );
  });

  it("a minimum that names a loss without its value, or a value without a loss, is refused", () => {
    const { lossAtPoint: _, ...bare } = minimum;
    for (const [of, problem] of [
      [bare, "expected lossAtPoint with L and m of the cross-entropy loss beside its system, got none"],
      [{ ...minimum, loss: "square" }, "expected the name of a loss that is not square beside lossAtPoint, got square"],
    ] as const)
      expect(() => analyseSync(of)).toThrow(
        expect.objectContaining({ name: "AnalysisError", code: "INVALID_ARGUMENT", argument: "loss", problem }),
      );
  });
});
