import { formatJson, parseJson } from "@sgdscope/array-files";
import { noiseStructure } from "@sgdscope/noise-structure";
import {
  boundDefinitions,
  criticalLearningRates,
  escapeRateLowerBound,
  exactThreshold,
  prepareMinimum,
} from "@sgdscope/stability-criterion";
import {
  decoupledOptimizerThreshold,
  optimizerGrowth,
  optimizerThreshold,
} from "@sgdscope/stability-criterion/optimizers";
import { describe, expect, it } from "vitest";
import {
  analyse,
  analyseSync,
  analysisDocument,
  minimumSummary,
  phaseDiagram,
  prepareInUnits,
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

describe("the record of an analysis", () => {
  const reached = {
    steps: 9,
    converged: true,
    optimizer: { kind: "sgd" },
    learningRate: 0.3,
    batchSize: 2,
    sampling: "with-replacement",
  } as const;

  it("says of the minimum what is known, and nothing else", () => {
    const bare = analyseSync(minimum).minimum;
    expect(bare).toEqual({
      name: "three examples",
      examples: 3,
      outputs: 1,
      rank: 3,
      rankTolerance: 1e-10,
      loss: "square",
      precision: "float64",
    });
    // Keys without a value would be keys of its JSON.
    expect(Object.keys(bare)).toHaveLength(7);
    const known = {
      precision: "float32",
      backend: "wasm",
      preconditioned: true,
      hessianDistance: { value: 0.1, standardError: 0.01, matvecs: 20 },
      reached,
    } as const;
    expect(analyseSync({ ...minimum, ...known }).minimum).toEqual({ ...bare, rankTolerance: 1e-6, ...known });
    expect(analyseSync({ ...minimum, preconditioned: false }).minimum).toEqual(bare);
    expect(analyseSync({ ...minimum, rankTolerance: 0.3 }).minimum).toMatchObject({ rankTolerance: 0.3, rank: 2 });
  });

  it("has the ten largest eigenvalues of G", () => {
    const gram = Float64Array.from({ length: 144 }, (_, k) => (k % 13 === 0 ? 12 - k / 13 : 0));
    const system = { examples: 12, outputs: 1, gram, residuals: new Float64Array(12).fill(1) };
    const { noise } = analyseSync({ ...minimum, system });
    expect([...noise.eigenvalues].map((value) => Number((12 * value).toFixed(10)))).toEqual([
      12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
    ]);
  });

  it("takes a prepared minimum, also one in units of its own", () => {
    const options = { batchSizes: [1, 2], learningRate: 0.3 * 2 ** -400 };
    const large = { ...minimum.system, gram: minimum.system.gram.map((value) => value * 2 ** 400) };
    const { prepared, unit } = prepareInUnits({ ...minimum, system: large });
    expect(unit).toBe(402);
    expect(analyseSync({ ...minimum, system: prepared, unit }, options)).toEqual(
      analyseSync({ ...minimum, system: large }, options),
    );
    const own = { batchSizes: [1, 2], learningRate: 0.3 };
    expect(analyseSync({ ...minimum, system: prepareInUnits(minimum).prepared }, own)).toEqual(
      analyseSync(minimum, own),
    );
  });

  it("has every learning rate in the units of K", () => {
    const options = { batchSizes: [1, 2], learningRate: 0.3 };
    const expected = analyseSync(minimum, options).conditions;
    const gram = minimum.system.gram.map((value) => value * 2 ** 400);
    const scaled = { ...minimum, system: { ...minimum.system, gram } };
    const found = analyseSync(scaled, { ...options, learningRate: 0.3 * 2 ** -400 }).conditions;
    for (const [k, { threshold, meanEdge, decoupledCriticalLearningRate, verdict, bounds }] of found.entries()) {
      const own = expected[k]!;
      expect(threshold.criticalLearningRate * 2 ** 400).toBeCloseTo(own.threshold.criticalLearningRate, 10);
      expect(decoupledCriticalLearningRate! * 2 ** 400).toBeCloseTo(own.decoupledCriticalLearningRate!, 10);
      expect(meanEdge * 2 ** 400).toBeCloseTo(own.meanEdge, 10);
      expect(verdict!.learningRate).toBe(0.3 * 2 ** -400);
      for (const [b, judgement] of verdict!.bounds.entries()) {
        expect(judgement.ratio, judgement.id).toBeCloseTo(own.verdict!.bounds[b]!.ratio, 10);
        const limit = own.verdict!.bounds[b]!.limit;
        if (limit !== undefined && limit !== Infinity)
          expect(judgement.limit! * 2 ** -400, judgement.id).toBeCloseTo(limit, 9);
        expect("limit" in judgement).toBe(bounds[b]!.curvature !== undefined);
      }
    }
  });

  it("has the edges of the theory for its optimizer; the bounds are those of plain SGD", () => {
    const batches = { batchSize: 2, sampling: "with-replacement" } as const;
    const optimizer = { kind: "heavy-ball", momentum: 0.5 } as const;
    const at = (extent: "whole" | "verdict") =>
      analyseSync(minimum, { batchSizes: [2], sampling: "with-replacement", optimizer, learningRate: 0.3, extent })
        .conditions[0]!;
    const whole = at("whole");
    expect(whole.optimizer).toEqual(optimizer);
    expect(whole.threshold.criticalLearningRate).toBeCloseTo(
      optimizerThreshold(minimum.system, { ...batches, optimizer }).criticalLearningRate,
      12,
    );
    expect(whole.decoupledCriticalLearningRate).toBeCloseTo(
      decoupledOptimizerThreshold(prepareMinimum(minimum.system), { ...batches, optimizer }),
      12,
    );
    const largest = prepareMinimum(minimum.system).eigenvalues[0]!;
    expect(whole.meanEdge).toBeCloseTo(3 / largest, 12);
    expect(whole.bounds[0]!.criticalLearningRate).toBeCloseTo(
      exactThreshold(minimum.system, batches).criticalLearningRate,
      12,
    );
    // The alignment theorem is one of plain SGD.
    expect(whole.verdict!.escapeRateLowerBound).toBeUndefined();
    expect(whole.verdict!.frobeniusLimit).toBeUndefined();
    expect(whole.worstCaseAlignmentFactor).toBeGreaterThan(0);
    expect(at("verdict").worstCaseAlignmentFactor).toBeUndefined();
    expect(at("verdict").verdict!.edgeRatio).toBe(whole.verdict!.edgeRatio);
    // Its noise is not centred.
    expect(analyseSync(minimum, { sampling: "bernoulli" }).conditions[0]!.decoupledCriticalLearningRate).toBe(
      undefined,
    );
  });

  it("of plain SGD has the escape rate where all of it was asked for", () => {
    const options = { batchSizes: [1], learningRate: 0.8, sampling: "with-replacement" } as const;
    const whole = analyseSync(minimum, options).conditions[0]!;
    expect(whole.verdict!.escapeRateLowerBound).toBeCloseTo(
      escapeRateLowerBound(prepareMinimum(minimum.system), 0.8, { batchSize: 1, sampling: "with-replacement" }),
      12,
    );
    const short = analyseSync(minimum, { ...options, extent: "verdict" }).conditions[0]!;
    expect(short.verdict!.escapeRateLowerBound).toBeUndefined();
    expect(short.verdict!.frobeniusLimit).toBe(whole.verdict!.frobeniusLimit);
    expect(short.verdict!.bounds).toEqual([]);
  });

  it("names the critical learning rate that one beyond Float64 is too far from", () => {
    const edge = exactThreshold(minimum.system, { batchSize: 1 }).criticalLearningRate;
    for (const learningRate of [1e-61 * edge, 1e61 * edge])
      expect(() => analyseSync(minimum, { learningRate })).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          argument: "learningRate",
          problem: `expected within a factor of 1e+60 of the critical one, ${analyseSync(minimum).conditions[0]!.threshold.criticalLearningRate} at B = 1, got ${learningRate}`,
        }),
      );
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
    const short = analysisDocument(analyseSync(minimum, { extent: "verdict" })) as { conditions: object[] };
    expect(short).toMatchObject({ alignmentRange: null, outputLoss: null });
    expect(short.conditions[0]).toMatchObject({ worstCaseAlignmentFactor: null, verdict: null });
    const fitted = { ...minimum.system, residuals: new Float64Array(3) };
    const still = analysisDocument(analyseSync({ ...minimum, system: fitted }, { learningRate: 0.3 })) as {
      conditions: object[];
    };
    expect(still).toMatchObject({ noise: { alignmentFactor: null } });
    expect(still.conditions[0]).toMatchObject({ alignmentFactor: null, verdict: { frobeniusLimit: null } });
  });

  it("has the threshold of a condition also as a number", () => {
    const analysis = analyseSync(minimum, { batchSizes: [1, 2] });
    const { conditions } = analysisDocument(analysis) as { conditions: Record<string, unknown>[] };
    for (const [k, { criticalLearningRate, threshold }] of conditions.entries()) {
      expect(threshold).toBe(analysis.conditions[k]!.threshold);
      expect(criticalLearningRate).toBe(analysis.conditions[k]!.threshold.criticalLearningRate);
    }
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

  it("is for the sampling and the optimizer of the training, or those that are asked for", async () => {
    const reached = {
      steps: 9,
      converged: true,
      optimizer: { kind: "nesterov", momentum: 0.5 },
      learningRate: 0.3,
      batchSize: 2,
      sampling: "with-replacement",
    } as const;
    const axes = { learningRates: { minimum: 0.1, maximum: 0.4, count: 2 }, batchSizes: [1, 3] };
    const trained = { ...minimum, reached };
    const diagram = await phaseDiagram(trained, axes);
    expect(diagram).toMatchObject({ sampling: "with-replacement", optimizer: reached.optimizer });
    expect(diagram).not.toHaveProperty("momenta");
    for (const cell of diagram.growth) {
      expect(cell).not.toHaveProperty("momentum");
      const { growthRate } = optimizerGrowth(minimum.system, cell.learningRate, {
        batchSize: cell.batchSize,
        sampling: "with-replacement",
        optimizer: reached.optimizer,
      });
      expect(cell.growthRate).toBeCloseTo(growthRate, 10);
    }
    expect(diagram.curves.map(({ id }) => id)).toEqual(["exact", "mean-edge", "plain-sgd", "effective-rate"]);
    const asked = await phaseDiagram(trained, { ...axes, sampling: "bernoulli", optimizer: { kind: "sgd" } });
    expect(asked).toMatchObject({ sampling: "bernoulli", optimizer: { kind: "sgd" } });
    expect(asked.curves.map(({ id }) => id)).toContain("coherence");
    // Over the momentum its kind stays, with every other β.
    const over = await phaseDiagram(trained, { ...axes, batchSizes: [2], momenta: [0.3] });
    const { growthRate } = optimizerGrowth(minimum.system, 0.1, {
      batchSize: 2,
      sampling: "with-replacement",
      optimizer: { kind: "nesterov", momentum: 0.3 },
    });
    expect(over.growth[0]!.growthRate).toBeCloseTo(growthRate, 10);
  });

  it("with weight decay alone has no momentum: the rule of thumb is the threshold of plain SGD", async () => {
    const { curves } = await phaseDiagram(minimum, {
      learningRates: { minimum: 0.1, maximum: 0.4, count: 1 },
      batchSizes: [2],
      optimizer: { kind: "sgd", weightDecay: 0.1 },
    });
    const plain = exactThreshold(minimum.system, { batchSize: 2 }).criticalLearningRate;
    for (const id of ["plain-sgd", "effective-rate"])
      expect(curves.find((curve) => curve.id === id)!.criticalLearningRates[0], id).toBeCloseTo(plain, 12);
  });

  it("says of the minimum what is known, and what is computed", async () => {
    const axes = { learningRates: { minimum: 0.1, maximum: 0.4, count: 2 }, batchSizes: [1, 3] };
    const seen: string[] = [];
    const diagram = await phaseDiagram(minimum, { ...axes, onProgress: (_, stage) => seen.push(stage) });
    expect(seen).toEqual([
      "eigenvalues",
      ...[1, 3].flatMap((B) => ["0.1000", "0.4000"].map((eta) => `η = ${eta}, B = ${B}`)),
    ]);
    expect(diagram.minimum).toEqual({
      name: "three examples",
      examples: 3,
      outputs: 1,
      rank: 3,
      rankTolerance: 1e-10,
    });
    expect(Object.keys(diagram.minimum)).toHaveLength(5);
    const lossAtPoint = { label: "softmax", loss: 1, naturalScale: 1, meanCurvature: 1, modelOutputs: 1 };
    const other: Minimum = { ...minimum, loss: "cross-entropy", lossAtPoint, backend: "wasm" };
    const found = await phaseDiagram(other, axes);
    expect(found.minimum).toEqual({ ...diagram.minimum, lossLabel: "softmax", backend: "wasm" });
    expect(found.marks.map(({ id }) => id)).toEqual(["gauss-newton"]);
    const stages: string[] = [];
    await phaseDiagram(minimum, {
      ...axes,
      batchSizes: [2],
      momenta: [0.5],
      onProgress: (_, stage) => stages.push(stage),
    });
    expect(stages).toEqual(["eigenvalues", "η = 0.1000, β = 0.5", "η = 0.4000, β = 0.5"]);
  });

  it("ends between two cells when it is told to", async () => {
    const controller = new AbortController();
    let cells = 0;
    const stopped = phaseDiagram(minimum, {
      learningRates: { minimum: 0.1, maximum: 0.4, count: 10 },
      batchSizes: [1, 2],
      signal: controller.signal,
      onProgress: (_, stage) => {
        if (!stage.startsWith("η")) return;
        cells++;
        controller.abort(new Error("told"));
      },
    });
    await expect(stopped).rejects.toThrow("told");
    expect(cells).toBeLessThanOrEqual(8);
  });

  it.each([99, 400, -400])("of K times 2^%i has learning rates as many times smaller", async (exponent) => {
    const gram = minimum.system.gram.map((value) => value * 2 ** exponent);
    const scaled = { ...minimum, system: { ...minimum.system, gram } };
    const axes = { batchSizes: [1], learningRates: { minimum: 0.001, maximum: 0.4, count: 2 } };
    const scale = 2 ** -exponent;
    const expected = await phaseDiagram(minimum, axes);
    const found = await phaseDiagram(scaled, {
      ...axes,
      learningRates: { minimum: 0.001 * scale, maximum: 0.4 * scale, count: 2 },
    });
    for (const [k, { growthRate, learningRate }] of found.growth.entries()) {
      expect(growthRate).toBeCloseTo(expected.growth[k]!.growthRate, 10);
      expect(learningRate / scale).toBeCloseTo(expected.growth[k]!.learningRate, 12);
    }
    for (const [k, curve] of found.curves.entries())
      for (const [b, rate] of curve.criticalLearningRates.entries())
        expect(rate! / scale, curve.id).toBeCloseTo(expected.curves[k]!.criticalLearningRates[b]!, 10);
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
      ["mean-edge", "necessary", "derived here"],
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
    ["momenta that are none", { batchSizes: [1], momenta: [NaN] }, "momenta"],
  ])("refuses %s", async (_, options, argument) =>
    expect(phaseDiagram(minimum, options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", argument }),
  );

  it("refuses with what was expected and what came", async () => {
    const problem = async (options: PhaseDiagramOptions): Promise<string> => {
      try {
        await phaseDiagram(minimum, options);
      } catch (error) {
        return (error as { problem: string }).problem;
      }
      return "none";
    };
    expect(await problem({ batchSizes: [1], momenta: [0.5, 1] })).toBe("expected numbers in [0, 1), got 1");
    expect(await problem({ batchSizes: [1], momenta: [] })).toBe("expected numbers in [0, 1), got none");
    expect(await problem({ batchSizes: [1, 2], momenta: [0.5] })).toBe(
      "expected one batch size in a diagram over the momentum, got 2",
    );
    expect(await problem({ momenta: [0.5] })).toBe("expected one batch size in a diagram over the momentum, got none");
    const largest = prepareMinimum(minimum.system).eigenvalues[0]!;
    const [, edge, got] = /of 2\/λ_max, (.*), got (.*)$/.exec(
      await problem({ learningRates: { minimum: 1, maximum: 1e70, count: 2 } }),
    )!;
    expect(Number(edge)).toBeCloseTo(2 / largest, 12);
    expect(got).toBe("1e+70");
  });

  it("refuses epoch-shuffle", async () =>
    expect(phaseDiagram(minimum, { sampling: "epoch-shuffle" })).rejects.toMatchObject({
      code: "EPOCH_SHUFFLE_HAS_NO_THEORY",
    }));
});
