import { NoiseStructureError, type GramSystem } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import * as bounds from "../src/bounds.js";
import * as escape from "../src/escape.js";
import * as root from "../src/index.js";
import * as invariance from "../src/invariance.js";
import * as optimizers from "../src/optimizers.js";
import * as simulation from "../src/simulation.js";
import * as stationary from "../src/stationary.js";
import { gramProblem, problem } from "./support/problems.js";

const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);
const minimum = root.prepareMinimum(system);
const weights = root.samplingWeights(3, { batchSize: 2 });
const bernoulli = root.samplingWeights(3, { batchSize: 2, sampling: "bernoulli" });
const of = (...values: number[]): Float64Array => Float64Array.from(values);

/** A public function with named arguments, in the order of its parameters. */
interface Entry {
  arguments: Record<string, unknown>;
  call: (...values: never[]) => unknown;
}
const entry = (call: Entry["call"], named: Record<string, unknown>): Entry => ({ arguments: named, call });
const solver = { rankTolerance: 1e-10, tolerance: 1e-12, maxProducts: 400 };
const random = seededRandom(1);
const wells = { a: { loss: 0.1, curvatures: [2] }, b: { loss: 0.2, curvatures: [1] }, noise: 1 };
const point = { hessian: of(2, 1, 1, 3), noise: of(1, 0.5, 0.5, 1) };
const dynamics = { learningRate: 0.1, batchSize: 2, curvature: 1 };
const bound = (call: (one: root.PreparedMinimum, other: root.SamplingWeights) => unknown, own = weights): Entry =>
  entry(call, { minimum, weights: own });

/** Functions that draw batches from a Gram system: they refuse systems and batches that are none. */
const batched: Record<string, Entry> = {
  criticalLearningRates: entry(root.criticalLearningRates, { system, options: { batchSize: 2, ...solver } }),
  stabilityBounds: entry(root.stabilityBounds, { system, options: { batchSize: 2, rankTolerance: 1e-10 } }),
  exactThreshold: entry(root.exactThreshold, { system, options: { batchSize: 2, ...solver } }),
  optimizerThreshold: entry(optimizers.optimizerThreshold, {
    system,
    options: { batchSize: 2, optimizer: { kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 }, ...solver },
  }),
  optimizerGrowth: entry(optimizers.optimizerGrowth, {
    system,
    learningRate: 0.3,
    options: { batchSize: 2, optimizer: { kind: "nesterov", momentum: 0.9, weightDecay: 0.1 }, ...solver },
  }),
  spectralRadius: entry(root.spectralRadius, { system, learningRate: 0.3, options: { batchSize: 2, ...solver } }),
  expectedLoss: entry(root.expectedLoss, {
    system,
    options: { batchSize: 2, learningRate: 0.3, steps: 3, rankTolerance: 1e-10 },
  }),
  oneStepLoss: entry(root.oneStepLoss, { system, learningRate: 0.3, batches: { batchSize: 2 } }),
  secondMomentStep: entry(root.secondMomentStep, {
    system,
    moment: of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    learningRate: 0.3,
    batches: { batchSize: 2 },
  }),
  stationaryCovariance: entry(stationary.stationaryCovariance, {
    system,
    options: { batchSize: 2, learningRate: 0.3, ...solver },
  }),
  escapeDirections: entry(escape.escapeDirections, {
    system,
    options: { batchSize: 2, learningRate: 2, directions: 1, steps: 2, ...solver },
  }),
  thresholdComparison: entry(root.thresholdComparison, { system, options: { batchSizes: [2], ...solver } }),
  lyapunovExponent: entry(simulation.lyapunovExponent, {
    system,
    options: { batchSize: 2, learningRate: 0.3, random, steps: 20, burnIn: 2, paths: 2, rankTolerance: 1e-10 },
  }),
  simulateResiduals: entry(simulation.simulateResiduals, {
    system,
    options: { batchSize: 2, learningRate: 0.3, random, steps: 3 },
  }),
};

const rest: Record<string, Entry> = {
  prepareMinimum: entry(root.prepareMinimum, { system, options: { rankTolerance: 1e-10 } }),
  batchSharpness: entry(root.batchSharpness, { system }),
  samplingFactor: entry(root.samplingFactor, { examples: 3, batchSize: 2, sampling: "bernoulli" }),
  samplingWeights: entry(root.samplingWeights, { examples: 3, batches: { batchSize: 2 } }),
  batchSource: entry(simulation.batchSource, { examples: 3, batches: { batchSize: 2 }, random }),
  escapeRateLowerBound: entry(root.escapeRateLowerBound, { minimum, learningRate: 1, batches: { batchSize: 2 } }),
  criticalSharpness: entry(root.criticalSharpness, {
    lossAt: (x: number) => (x - 1) ** 2,
    options: { learningRate: 0.1, tolerance: 0.1, doublings: 20 },
  }),
  kernelNorm: entry(root.kernelNorm, { minimum, learningRate: 0.1, batchSize: 2 }),
  testMatrixBound: entry(bounds.testMatrixBound, { minimum, weights, moment: of(1, 0, 0, 0, 1, 0, 0, 0, 1) }),
  sharpnessRegion: entry(bounds.sharpnessRegion, { learningRate: 0.1, examples: 3, batches: { batchSize: 2 } }),
  inputGradientBound: entry(bounds.inputGradientBound, {
    options: { firstLayerNorm: 1, firstLayerGradientNorm: 2, inputNorm: 3 },
  }),
  meanSquaredErrorFactor: entry(root.meanSquaredErrorFactor, { outputs: 2 }),
  regularMinimum: entry(stationary.regularMinimum, {
    options: { hessians: of(2, 1, 1), gradients: of(1, 0, -1), parameters: 1, learningRate: 0.1, batchSize: 2 },
  }),
  coherence: entry(bounds.coherence, { minimum }),
  nonUniformity: entry(bounds.nonUniformity, { minimum }),
  gradientDescentBound: entry(bounds.gradientDescentBound, { minimum }),
  worstCaseAlignmentBound: bound(bounds.worstCaseAlignmentBound),
  measuredAlignmentBound: bound(bounds.measuredAlignmentBound),
  uncentredAlignmentBound: bound(bounds.uncentredAlignmentBound),
  traceBound: bound(bounds.traceBound),
  traceJensenBound: bound(bounds.traceJensenBound),
  simpleTraceBound: bound(bounds.simpleTraceBound),
  chiBound: bound(bounds.chiBound),
  chiJensenBound: bound(bounds.chiJensenBound),
  frobeniusBound: bound(bounds.frobeniusBound),
  topEigenvectorBound: bound(bounds.topEigenvectorBound),
  rankOneBound: bound(bounds.rankOneBound),
  wuMaEBound: bound(bounds.wuMaEBound),
  coherenceBound: bound(bounds.coherenceBound, bernoulli),
  bestCaseCoherenceBound: bound(bounds.bestCaseCoherenceBound, bernoulli),
  noiseStructureAt: entry(root.noiseStructureAt, { minimum }),
  alignmentFactorFor: bound(root.alignmentFactorFor),
  worstCaseAlignmentFactorFor: bound(root.worstCaseAlignmentFactorFor),
  decoupledBound: bound(bounds.decoupledBound),
  decoupledWithGradientBound: bound(bounds.decoupledWithGradientBound),
  gaussianInputsBound: bound(bounds.gaussianInputsBound),
  structuredNoiseThreshold: entry(root.structuredNoiseThreshold, {
    eigenvalues: of(2, 1),
    noise: 0.5,
    c: 0,
    outputs: 2,
  }),
  isotropicNoiseThreshold: entry(root.isotropicNoiseThreshold, { eigenvalues: of(2, 1), noise: 0.5, variance: 2 }),
  gaussianThreshold: entry(root.gaussianThreshold, { spectrum: of(2, 1), batchSize: 2 }),
  decoupledThreshold: entry(root.decoupledThreshold, { spectrum: of(2, 1), batchSize: 2 }),
  decoupledStabilitySum: entry(root.decoupledStabilitySum, { spectrum: of(2, 1), learningRate: 0.1, batchSize: 2 }),
  isotropicGaussianThreshold: entry(root.isotropicGaussianThreshold, {
    options: { dimension: 2, curvature: 1, batchSize: 2 },
  }),
  noiseModelStability: entry(escape.noiseModelStability, {
    model: "loss-scaled aligned",
    options: { eigenvalues: of(2, 1), learningRate: 0.1, noise: 0.5, strength: 1 },
  }),
  noiseAblation: entry(escape.noiseAblation, {
    options: { eigenvalues: of(2, 1), parameters: 4, learningRate: 0.1, noise: 0.5, loss: 1 },
  }),
  momentThreshold: entry(root.momentThreshold, { curvatures: [1, 5], order: 2 }),
  pathExponent: entry(root.pathExponent, { curvatures: [1, 5], learningRate: 0.1 }),
  almostSureStability: entry(root.almostSureStability, { curvatures: [1, 5] }),
  decoupledGrowth: entry(escape.decoupledGrowth, { eigenvalues: of(2, 1), learningRate: 1, noise: 0.5 }),
  outsideRatio: entry(escape.outsideRatio, { eigenvalues: of(2, 1), secondMoments: of(1, 1), directions: 1 }),
  reparametrized: entry(invariance.reparametrized, { point, jacobian: of(1, 0, 1, 1) }),
  invarianceReport: entry(invariance.invarianceReport, {
    before: point,
    after: point,
    options: { tolerance: 1e-8, rankTolerance: 1e-12 },
  }),
  stationaryCovarianceWithMomentum: entry(stationary.stationaryCovarianceWithMomentum, {
    dynamics: { ...point, learningRate: 0.1, momentum: 0.5 },
  }),
  heavyBallLearningRate: entry(stationary.heavyBallLearningRate, { averagedLearningRate: 0.1, momentum: 0.5 }),
  momentumEdge: entry(stationary.momentumEdge, { curvature: 1, momentum: 0.5 }),
  learningRateForVariance: entry(stationary.learningRateForVariance, {
    options: { curvature: 1, noise: 1, variance: 1, momentum: 0.5 },
  }),
  logLossTemperature: entry(escape.logLossTemperature, { dynamics }),
  quasiStationaryExponent: entry(escape.quasiStationaryExponent, { dynamics }),
  criticalDimension: entry(escape.criticalDimension, { dynamics }),
  logBarrier: entry(escape.logBarrier, { lossAtMinimum: 1, lossAtSaddle: 2 }),
  escapeRate: entry(escape.escapeRate, {
    route: {
      lossAtMinimum: 1,
      lossAtSaddle: 2,
      minimumCurvatures: [1, 2],
      saddleCurvatures: [-1, 2],
      learningRate: 0.1,
      batchSize: 2,
    },
  }),
  meanFirstPassageTime: entry(escape.meanFirstPassageTime, {
    problem: { loss: () => 1, temperature: 1, from: 0, to: 1, wall: -1, dimension: 1, tolerance: 1e-6 },
  }),
  finiteLearningRateEscape: entry(escape.finiteLearningRateEscape, {
    options: { barrier: 1, curvature: 1, noise: 1, learningRate: 0.1, momentum: 0.5 },
  }),
  boltzmannNoise: entry(escape.boltzmannNoise, { options: { learningRate: 0.1, batchSize: 2, variance: 1 } }),
  laplaceOdds: entry(escape.laplaceOdds, wells),
  crossoverNoise: entry(escape.crossoverNoise, { a: wells.a, b: wells.b }),
  lossFloor: entry(stationary.lossFloor, { minimum }),
  isPlainSgd: entry(optimizers.isPlainSgd, { optimizer: { kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 } }),
  decoupledOptimizerThreshold: entry(optimizers.decoupledOptimizerThreshold, {
    minimum,
    options: { optimizer: { kind: "nesterov", momentum: 0.9, weightDecay: 0.1 }, batchSize: 2 },
  }),
  meanEdge: entry(optimizers.meanEdge, {
    optimizer: { kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 },
    largestEigenvalue: 2,
  }),
  gaussianKernelNorm: entry(root.gaussianKernelNorm, { spectrum: of(2, 1), learningRate: 0.1, batchSize: 2 }),
  epsilonSharpness: entry(invariance.epsilonSharpness, {
    options: {
      loss: ([t]: Float64Array) => t! ** 2,
      gradient: ([t]: Float64Array) => of(2 * t!),
      point: of(0),
      radius: 1,
      steps: 3,
    },
  }),
  logBasinWeight: entry(escape.logBasinWeight, { options: { loss: () => 1, noise: 1, breakpoints: [0, 1] } }),
};

const entries: Record<string, Entry> = { ...batched, ...rest };
const run = ({ call }: Entry, named: Record<string, unknown>): unknown => call(...(Object.values(named) as never[]));

/** Prepared minima and sampling weights come from functions that have checked already. */
const opaque = (value: unknown): boolean => value === minimum || value === weights || value === bernoulli;

/** Copies of a value with one number made NaN, one for every number of a record and one for every array. */
function* withNaN(value: unknown, path: string[]): Generator<{ path: string[]; value: unknown }> {
  if (typeof value === "number") yield { path, value: NaN };
  else if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const copy = (value as Float64Array).slice();
    copy[copy.length - 1] = NaN;
    yield { path, value: copy };
  } else if (typeof value === "object" && value !== null && !opaque(value))
    for (const [key, inner] of Object.entries(value))
      for (const change of withNaN(inner, [...path, key]))
        yield { path: change.path, value: { ...value, [key]: change.value } };
}

/** What a call does: the error as text, or that there was none. */
function outcome(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof root.StabilityError || error instanceof NoiseStructureError)
      return `${error.code} ${error.message}`;
    throw error;
  }
  return "no error";
}

it("knows every public function", () => {
  // Definitions and their lookup take no numbers.
  const others = ["StabilityError", "boundDefinition", "boundDefinitions"];
  const functions = Object.keys({
    ...root,
    ...bounds,
    ...escape,
    ...invariance,
    ...optimizers,
    ...simulation,
    ...stationary,
  }).filter((name) => !others.includes(name));
  expect(Object.keys(entries).sort()).toEqual(functions.sort());
});

describe.each(Object.entries(entries))("%s", (_, one) => {
  it("works as called here", () => expect(outcome(() => run(one, one.arguments))).toBe("no error"));

  it("refuses NaN wherever there is a number, and names it", () => {
    let tried = 0;
    for (const { path, value } of withNaN(one.arguments, [])) {
      const name = path.at(-1)!.replace(/s$/, "");
      expect(
        outcome(() => run(one, value as Record<string, unknown>)),
        path.join("."),
      ).toMatch(new RegExp(`^[A-Z_]+ \\w+: expected .*${name}`));
      tried++;
    }
    expect(tried).toBeGreaterThan(Object.values(one.arguments).every(opaque) ? -1 : 0);
  });
});

describe.each(Object.entries(batched))("%s", (name, one) => {
  const withSystem = (change: Partial<GramSystem>): string =>
    outcome(() => run(one, { ...one.arguments, system: { ...system, ...change } }));
  const withBatches = (change: { batchSize?: number; sampling?: string; steps?: number }): string => {
    const key = Object.keys(one.arguments).at(-1)!;
    const options = one.arguments[key] as object;
    const { batchSize, ...others } = change;
    const several = "batchSizes" in options && batchSize !== undefined ? { batchSizes: [batchSize] } : {};
    const single = !("batchSizes" in options) && batchSize !== undefined ? { batchSize } : {};
    return outcome(() => run(one, { ...one.arguments, [key]: { ...options, ...several, ...single, ...others } }));
  };
  const simulates = name === "simulateResiduals" || name === "lyapunovExponent";
  const batchCaller = simulates ? "batchSource" : name;

  it("refuses epoch shuffling, or simulates it", () => {
    const found = withBatches({ sampling: "epoch-shuffle" });
    if (simulates) expect(found).toBe("no error");
    else
      expect(found).toMatch(
        new RegExp(`^EPOCH_SHUFFLE_HAS_NO_THEORY ${name}: expected sampling .*, got "epoch-shuffle"`),
      );
  });

  it.each(["with-replacement", "without-replacement"])("refuses batches of more than n and of half, %s", (sampling) => {
    expect(withBatches({ batchSize: 4, sampling })).toBe(
      `BATCH_TOO_LARGE ${batchCaller}: expected batchSize of at most the 3 examples, got 4.`,
    );
    for (const batchSize of [0, -1, 1.5, Infinity])
      expect(withBatches({ batchSize, sampling })).toMatch(
        new RegExp(`^INVALID_ARGUMENT ${batchCaller}: expected batchSize to be a positive integer, got ${batchSize}`),
      );
  });

  it("refuses Bernoulli batches of more than n or of nothing, and ways of sampling that are none", () => {
    if (name !== "thresholdComparison") {
      expect(withBatches({ batchSize: 3.5, sampling: "bernoulli" })).toMatch(/^BATCH_TOO_LARGE .* batchSize/);
      expect(withBatches({ batchSize: 0, sampling: "bernoulli" })).toMatch(/^INVALID_ARGUMENT .* batchSize/);
    }
    expect(withBatches({ sampling: "reservoir" })).toMatch(
      new RegExp(`^INVALID_ARGUMENT ${batchCaller}: expected sampling .*, got "reservoir"`),
    );
  });

  it("refuses a matrix that is no Gram matrix, by a pair of examples or by three", () => {
    const cases = [
      [1, 2, 0, 2, 1, 0, 0, 0, 1],
      [-1, 0, 0, 0, 1, 0, 0, 0, 1],
    ];
    for (const gram of cases)
      expect(withSystem({ gram: Float64Array.from(gram) })).toMatch(
        /^NOT_POSITIVE_SEMIDEFINITE \w+: expected gram = JJᵀ/,
      );
    // Every pair of examples is possible, the three are not: for that the matrix must be decomposed.
    const three = withSystem({ gram: of(1, -0.9, -0.9, -0.9, 1, -0.9, -0.9, -0.9, 1) });
    if (["oneStepLoss", "secondMomentStep", "simulateResiduals"].includes(name)) expect(three).toBe("no error");
    else expect(three).toMatch(/^NOT_POSITIVE_SEMIDEFINITE \w+: expected gram = JJᵀ/);
    expect(withSystem({ gram: of(1, 2, 0, 0, 1, 0, 0, 0, 1) })).toMatch(/^NOT_SYMMETRIC \w+: expected gram/);
    expect(withSystem({ gram: of(1, 0, 0, 1) })).toMatch(/^SHAPE_MISMATCH \w+: expected gram/);
    expect(withSystem({ residuals: of(1, 0) })).toMatch(/^SHAPE_MISMATCH \w+: expected residuals/);
  });

  it("refuses a learning rate and a number of steps that are none", () => {
    const argument = JSON.stringify(one.arguments);
    if (argument.includes("learningRate")) {
      const key = Object.keys(one.arguments).at(-1)!;
      for (const learningRate of [0, -1, Infinity])
        expect(
          outcome(() =>
            run(
              one,
              "learningRate" in one.arguments
                ? { ...one.arguments, learningRate }
                : { ...one.arguments, [key]: { ...(one.arguments[key] as object), learningRate } },
            ),
          ),
        ).toMatch(new RegExp(`^INVALID_ARGUMENT ${name}: expected (options\\.)?learningRate`));
    }
    if (argument.includes("steps"))
      for (const steps of [-1, 1.5])
        expect(withBatches({ steps })).toMatch(new RegExp(`^INVALID_ARGUMENT ${name}: expected options\\.steps`));
  });
});

it("a Gram matrix of zeros has no curvature", () => {
  const zero = gramProblem([
    [0, 0],
    [0, 0],
  ]);
  for (const act of [() => root.prepareMinimum(zero), () => root.criticalLearningRates(zero, { batchSize: 1 })])
    expect(outcome(act)).toMatch(/^NO_CURVATURE prepareMinimum: expected gram/);
});
