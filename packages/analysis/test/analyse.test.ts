import { formatJson, parseJson } from "@sgdscope/array-files";
import { noiseStructure } from "@sgdscope/noise-structure";
import { boundDefinitions, criticalLearningRates, exactThreshold } from "@sgdscope/stability-criterion";
import { describe, expect, it } from "vitest";
import {
  analyse,
  analyseSync,
  analysisDocument,
  minimumSummary,
  phaseDiagram,
  type Minimum,
  type PhaseDiagramOptions,
} from "../src/index.js";

/** Three examples whose thresholds are known in twelve digits: η* is 0.572340172017 for one example a step. */
const minimum: Minimum = {
  name: "three examples",
  loss: "square",
  precision: "float64",
  system: {
    examples: 3,
    outputs: 1,
    gram: Float64Array.of(2, 0, 1, 0, 4, 2, 1, 2, 2),
    residuals: Float64Array.of(1, -1, 2),
  },
};
const withTheory = ["with-replacement", "without-replacement", "bernoulli"] as const;

describe("an analysis", () => {
  it.each(withTheory)("puts together what the theory's functions say, %s", (sampling) => {
    const { noise, conditions } = analyseSync(minimum, { batchSizes: [1, 2, 3], sampling, learningRate: 0.3 });
    for (const [key, value] of Object.entries(noiseStructure(minimum.system)))
      if (typeof value === "number") expect(noise[key as keyof typeof noise], key).toBeCloseTo(value, 12);
    for (const { batchSize, threshold, bounds, verdict } of conditions) {
      const { criticalLearningRate } = exactThreshold(minimum.system, { batchSize, sampling });
      expect(threshold.criticalLearningRate).toBeCloseTo(criticalLearningRate, 12);
      const table = criticalLearningRates(minimum.system, { batchSize, sampling });
      expect(bounds.map(({ id }) => id)).toEqual(table.map(({ id }) => id));
      for (const [k, bound] of bounds.entries())
        if (bound.criticalLearningRate !== Infinity)
          expect(bound.criticalLearningRate / table[k]!.criticalLearningRate, bound.id).toBeCloseTo(1, 10);
        else expect(table[k]!.criticalLearningRate, bound.id).toBe(Infinity);
      expect(verdict!.edgeRatio).toBeCloseTo(0.3 / criticalLearningRate, 12);
      expect(verdict!.growth.spectralRadius < 1).toBe(verdict!.verdict === "stable");
      for (const [k, { ratio, satisfied }] of verdict!.bounds.entries()) {
        expect(ratio).toBe(0.3 / bounds[k]!.criticalLearningRate);
        expect(satisfied).toBe(ratio <= 1);
      }
    }
  });

  it("is the same in one go and with turns between its stages", async () => {
    const options = { batchSizes: [1, 2], learningRate: 0.4 };
    expect(await analyse(minimum, options)).toEqual(analyseSync(minimum, options));
  });

  it("names its stages in order, and ends when it is told to", async () => {
    const seen: [number, string][] = [];
    await analyse(minimum, { batchSizes: [2], learningRate: 0.4, onProgress: (...each) => seen.push(each) });
    expect(seen.map(([, stage]) => stage)).toEqual([
      "eigenvalues",
      "noise structure",
      "exact threshold, B = 2",
      "bounds, B = 2",
      "growth rate, B = 2",
    ]);
    // The first half is the eigenvalues', the other that of the one condition.
    const fractions = seen.map(([fraction]) => Number(fraction.toFixed(12)));
    expect(fractions).toEqual([0, 0.25, 0.5, 0.75, 0.85]);
    const controller = new AbortController();
    const stopped = analyse(minimum, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("told")),
    });
    await expect(stopped).rejects.toThrow("told");
  });

  it("of extent verdict says the same of stability and leaves out the rest", () => {
    const whole = analyseSync(minimum, { batchSizes: [1], learningRate: 0.3 });
    const short = analyseSync(minimum, { batchSizes: [1], learningRate: 0.3, extent: "verdict" });
    expect(short.conditions[0]!.threshold).toEqual(whole.conditions[0]!.threshold);
    expect(short.conditions[0]!.verdict!.growth).toEqual(whole.conditions[0]!.verdict!.growth);
    expect(short.conditions[0]!.bounds).toEqual([]);
    expect(short.alignmentRange).toBeUndefined();
    expect(() => minimumSummary(short)).toThrow(RangeError);
  });
});

describe("its summary", () => {
  it("has the numbers of its condition", () => {
    const analysis = analyseSync(minimum, { batchSizes: [1, 2], learningRate: 0.3 });
    const second = minimumSummary(analysis, 1);
    const { threshold, verdict, samplingFactor } = analysis.conditions[1]!;
    expect(second.criticalLearningRate).toBe(threshold.criticalLearningRate);
    expect(second.frobeniusRatio).toBeCloseTo(
      0.3 * analysis.noise.frobeniusG * Math.sqrt(samplingFactor * analysis.noise.alignmentFactor!),
      12,
    );
    expect(second.descentRatio).toBeCloseTo((0.3 * analysis.noise.largestEigenvalue) / 2, 12);
    expect(second.traceRatio).toBeCloseTo((samplingFactor * analysis.noise.traceG * 0.3) / 2, 12);
    expect(second.scaledNorm).toBeCloseTo((0.3 * analysis.noise.frobeniusG) / Math.sqrt(2), 12);
    expect(second.plainEdgeRatio).toBeCloseTo(0.3 / threshold.criticalLearningRate, 12);
    expect(second.alignmentRange).toEqual([analysis.alignmentRange!.infimum, analysis.alignmentRange!.supremum]);
    expect(minimumSummary(analysis)).toEqual(minimumSummary(analysis, 0));
    expect(() => minimumSummary(analysis, 2)).toThrow(RangeError);
    expect(() => minimumSummary(analyseSync(minimum, { batchSizes: [1] }))).toThrow(RangeError);
    expect(second.rankOneRatio).toBeLessThanOrEqual(verdict!.edgeRatio * (1 + 1e-9));
    expect(second.topEigenvectorRatio).toBeLessThanOrEqual(second.rankOneRatio * (1 + 1e-9));
    expect(second.marks).toEqual([]);
  });

  it("carries the marks", () => {
    const reached = {
      steps: 9,
      converged: false,
      optimizer: { kind: "heavy-ball", momentum: 0.5, weightDecay: 0.1 },
      learningRate: 0.3,
      batchSize: 2,
      sampling: "without-replacement",
    } as const;
    expect(minimumSummary(analyseSync({ ...minimum, reached })).marks).toEqual(["not-converged", "weight-decay"]);
  });

  it("has no limit without noise: full batches", () => {
    const full = minimumSummary(analyseSync(minimum, { batchSizes: [3], learningRate: 0.3 }));
    expect(full.samplingFactor).toBe(0);
    expect(full.frobeniusLimit).toBeUndefined();
    expect(full.frobeniusRatio).toBeUndefined();
  });
});

describe("its document", () => {
  it("survives JSON with infinities, in full precision", () => {
    // Full batches have no noise: what bounds by the noise sets no limit.
    const document = analysisDocument(analyseSync(minimum, { batchSizes: [1, 3], learningRate: 0.3 }));
    const back = parseJson(formatJson(document)) as {
      schema: string;
      conditions: { bounds: { id: string; criticalLearningRate: number }[]; verdict: object | null }[];
    };
    expect(back.schema).toBe("sgdscope/analyze@2");
    expect(formatJson(back)).toBe(formatJson(document));
    const unlimited = back.conditions.map(
      ({ bounds }) => bounds.filter(({ criticalLearningRate }) => criticalLearningRate === Infinity).length,
    );
    expect(unlimited[0]).toBe(0);
    expect(unlimited[1]).toBeGreaterThan(2);
  });

  it("has null where nothing was asked", () => {
    const document = analysisDocument(analyseSync(minimum, { batchSizes: [1] })) as { conditions: object[] };
    expect(document.conditions[0]).toMatchObject({ verdict: null });
  });

  it("names bounds by ids of the registry", () => {
    const ids = new Set<string>(boundDefinitions.map(({ id }) => id));
    const { conditions } = analyseSync(minimum, { batchSizes: [1] });
    expect(conditions[0]!.bounds.length).toBeGreaterThan(10);
    for (const { id } of conditions[0]!.bounds) expect(ids).toContain(id);
  });
});

describe("the phase diagram", () => {
  it("agrees in every cell with the analysis there", async () => {
    const diagram = await phaseDiagram(minimum, {
      learningRates: { minimum: 0.2, maximum: 0.8, count: 4 },
      batchSizes: [1, 2],
      sampling: "with-replacement",
    });
    expect(diagram.growth).toHaveLength(8);
    for (const cell of diagram.growth) {
      const { verdict } = analyseSync(minimum, {
        batchSizes: [cell.batchSize],
        sampling: "with-replacement",
        learningRate: cell.learningRate,
        extent: "verdict",
      }).conditions[0]!;
      expect(cell.growthRate).toBeCloseTo(verdict!.growth.growthRate, 10);
    }
    const exact = diagram.curves.find(({ id }) => id === "exact")!;
    expect(exact.criticalLearningRates[0]).toBeCloseTo(
      exactThreshold(minimum.system, { batchSize: 1, sampling: "with-replacement" }).criticalLearningRate,
      12,
    );
  });

  it("ends when it is told to", async () => {
    const controller = new AbortController();
    const stopped = phaseDiagram(minimum, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("told")),
    });
    await expect(stopped).rejects.toThrow("told");
  });

  it("over the momentum has a column per momentum, each with the threshold of its optimizer", async () => {
    const seen: number[] = [];
    const axes: object[] = [];
    const diagram = await phaseDiagram(minimum, {
      learningRates: { minimum: 0.1, maximum: 0.4, count: 2 },
      batchSizes: [2],
      momenta: [0.9, 0, 0.9, 0.5],
      onProgress: (fraction) => seen.push(fraction),
      onAxes: (head) => axes.push(head),
    });
    expect(diagram.momenta).toEqual([0, 0.5, 0.9]);
    expect(diagram.growth.map(({ momentum, learningRate }) => [momentum, Number(learningRate.toFixed(9))])).toEqual(
      [0, 0.5, 0.9].flatMap((momentum) => [0.1, 0.4].map((rate) => [momentum, rate])),
    );
    expect(seen.map((fraction) => Number(fraction.toFixed(9)))).toEqual(
      [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1].map((fraction) => Number(fraction.toFixed(9))),
    );
    expect(axes).toHaveLength(1);
    expect(axes[0]).toMatchObject({
      minimum: { name: "three examples", rank: 3 },
      batchSizes: [2],
      momenta: [0, 0.5, 0.9],
    });
    const of = (id: string): (number | undefined)[] =>
      diagram.curves.find((curve) => curve.id === id)!.criticalLearningRates;
    const plain = exactThreshold(minimum.system, { batchSize: 2 }).criticalLearningRate;
    for (const [k, momentum] of [0, 0.5, 0.9].entries()) {
      const { conditions } = analyseSync(minimum, {
        batchSizes: [2],
        optimizer: { kind: "heavy-ball", momentum },
        learningRate: 0.1,
        extent: "verdict",
      });
      expect(of("exact")[k]).toBeCloseTo(conditions[0]!.threshold.criticalLearningRate, 9);
      expect(of("mean-edge")[k]).toBeCloseTo(conditions[0]!.meanEdge, 12);
      expect(of("plain-sgd")[k]).toBeCloseTo(plain, 12);
      expect(of("effective-rate")[k]).toBeCloseTo((1 - momentum) * plain, 12);
    }
    expect(diagram.curves.map(({ id, kind, evidence }) => [id, kind, evidence])).toEqual([
      ["exact", "exact", "derived here"],
      ["mean-edge", "necessary", "recalled"],
      ["plain-sgd", "idealised", "sourced"],
      ["effective-rate", "idealised", "derived here"],
    ]);
  });

  it.each<[string, PhaseDiagramOptions, string]>([
    ["momenta of 1 and more", { batchSizes: [1], momenta: [0.5, 1] }, "momenta"],
    ["negative momenta", { batchSizes: [1], momenta: [-0.1] }, "momenta"],
    ["no momenta", { batchSizes: [1], momenta: [] }, "momenta"],
    ["several batch sizes over the momentum", { batchSizes: [1, 2], momenta: [0.5] }, "batchSizes"],
    ["no batch size over the momentum", { momenta: [0.5] }, "batchSizes"],
    ["rates too small for Float64", { learningRates: { minimum: 1e-70, maximum: 1, count: 2 } }, "learningRates"],
    ["rates too large for Float64", { learningRates: { minimum: 1, maximum: 1e70, count: 2 } }, "learningRates"],
  ])("refuses %s", async (_, options, argument) =>
    expect(phaseDiagram(minimum, options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", argument }),
  );

  it("refuses epoch-shuffle", async () =>
    expect(phaseDiagram(minimum, { sampling: "epoch-shuffle" })).rejects.toMatchObject({
      code: "EPOCH_SHUFFLE_HAS_NO_THEORY",
    }));
});
