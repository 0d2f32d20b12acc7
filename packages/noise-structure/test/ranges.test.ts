import { describe, expect, it } from "vitest";
import { entries, outcome, run, structure } from "./entries.js";

/** What a number may not be, and the ends of its range, which it may. */
interface Range {
  refused: readonly number[];
  taken: readonly number[];
  /** What errors call it; default its own name. */
  named?: string;
}
const positive: Range = { refused: [0, -1, Infinity], taken: [1e-3] };
const notNegative: Range = { refused: [-1e-12, -1, Infinity], taken: [0] };
const finite: Range = { refused: [Infinity, -Infinity], taken: [0, -1] };
const share: Range = { refused: [-1e-12, 1, Infinity], taken: [0, 0.999] };
const integerFrom = (least: number): Range => ({ refused: [least - 1, least + 0.5, Infinity], taken: [least] });
/** Counts that other arguments fix. */
const count = (given: number): Range => ({ refused: [0, 1.5, Infinity], taken: [given] });

/** Of single numbers and of the last number of an array, by the name of the argument; by function and name where that differs. */
const ranges: Record<string, Range> = {
  learningRate: positive,
  "afterGradientStep.learningRate": finite,
  rankTolerance: share,
  negativeTolerance: { refused: [-1e-12], taken: [1] },
  symmetryTolerance: { refused: [-1e-12], taken: [1e-12] },
  examples: count(3),
  "rescalingBalance.examples": count(2),
  "twoBatchNoiseScale.examples": { refused: [0, 31, 1.5, Infinity], taken: [32] },
  "workerNoiseScale.examples": { refused: [0, 31, 1.5, Infinity], taken: [32] },
  outputs: { refused: [0, 1.5, Infinity], taken: [1] },
  "lossDerivatives.inputs.outputs": finite,
  "generalisedGramSystem.inputs.outputs": finite,
  targets: { refused: [-1e-12, 1.001, Infinity], taken: [0, 1] },
  weights: notNegative,
  batchSize: integerFrom(1),
  "optimalStep.batchSize": positive,
  smallBatch: { refused: [0, 32, 33, 1.5, Infinity], taken: [1, 31], named: "(smallBatch|batchSize)" },
  largeBatch: { refused: [4, 3, 4.5, 101, Infinity], taken: [5, 100], named: "(largeBatch|batchSize)" },
  workers: { refused: [1, 2.5, 26, Infinity], taken: [2, 25], named: "(workers|batchSize)" },
  "workerNoiseScale.batchSize": { refused: [0, 1.5, 13, Infinity], taken: [1, 12] },
  eigenvalues: { refused: [0, 1.5, -1, Infinity], taken: [1, 3, 100] },
  count: { refused: [-1, 1.5, Infinity], taken: [0, 1, 100] },
  "hillEstimate.count": { refused: [1, 4, 2.5, Infinity], taken: [2, 3] },
  centred: finite,
  gradient: finite,
  gradients: finite,
  jacobian: finite,
  residuals: finite,
  derivatives: finite,
  gradientNorms: finite,
  gradientNorm: notNegative,
  losses: { refused: notNegative.refused, taken: [] },
  "logLossPower.losses": { refused: [0.499, -1, Infinity], taken: [0.5] },
  strengths: { refused: notNegative.refused, taken: [1e-300] },
  first: finite,
  second: finite,
  firstResiduals: finite,
  secondResiduals: finite,
  spectrum: notNegative,
  minimumLoss: { refused: [0, -1, 1.001, Infinity], taken: [1] },
  dimensions: integerFrom(1),
  loss: { refused: notNegative.refused, taken: [1e-20] },
  smallSquaredNorms: notNegative,
  largeSquaredNorms: notNegative,
  meanSquaredNorms: notNegative,
  averagedSquaredNorms: notNegative,
  iterates: finite,
  "cloudWidth.shape.iterates": { refused: [3, 4.5, 5, Infinity], taken: [4] },
  directions: finite,
  parameters: count(2),
  predictedVariances: notNegative,
  centre: finite,
  blocks: { refused: [1, 2.5, 3, Infinity], taken: [2] },
  covariance: { refused: [-1, Infinity], taken: [0] },
  offset: finite,
  labelVariance: notNegative,
  "oneDimensionalDensity.labelVariance": positive,
  v: finite,
  inputCovariance: finite,
  parameterCovariance: finite,
  momentum: share,
  weightDecay: { refused: [-0.5, -1, Infinity], taken: [0, -0.49] },
  teacher: finite,
  hessian: finite,
  weightDecayGradient: finite,
  fluctuation: finite,
  curvature: positive,
  labelSmoothing: share,
  delta: positive,
  labels: { refused: [-1, 0.5, 2, Infinity], taken: [0, 1] },
  classes: { refused: [0, 1.5, Infinity], taken: [2] },
  curvatures: finite,
  slopes: { refused: [-1e-12, Infinity], taken: [0] },
  "sampledUpdateSharpness.slopes": finite,
  multipliers: finite,
  product: positive,
  samples: finite,
};

/** Every number in the arguments of a function, the last one of an array, with a copy in which it is replaced. */
function* numbers(
  value: unknown,
  path: string[] = [],
): Generator<{ path: string[]; replaced: (by: number) => unknown }> {
  if (typeof value === "number") yield { path, replaced: (by) => by };
  else if (ArrayBuffer.isView(value) || Array.isArray(value))
    yield { path, replaced: (by) => (value as number[]).map((old, k, all) => (k === all.length - 1 ? by : old)) };
  else if (typeof value === "object" && value !== null && value !== structure)
    for (const [key, inner] of Object.entries(value))
      if (key !== "system")
        for (const one of numbers(inner, [...path, key]))
          yield { path: one.path, replaced: (by) => ({ ...value, [key]: one.replaced(by) }) };
}

describe.each(Object.entries(entries))("%s", (name, one) => {
  it("refuses numbers beyond their ranges by name, and takes the ends", () => {
    for (const { path, replaced } of numbers(one.arguments)) {
      const argument = path.at(-1)!;
      const range = ranges[`${name}.${path.join(".")}`] ?? ranges[`${name}.${argument}`] ?? ranges[argument];
      expect(range, `the range of ${argument}`).toBeDefined();
      const found = (by: number): string => outcome(() => run(one, replaced(by) as Record<string, unknown>));
      for (const by of range!.refused)
        expect(found(by), `${path.join(".")} = ${by}`).toMatch(
          new RegExp(`^[A-Z_]+ [\\w ]+: .*${range!.named ?? argument.replace(/s$/, "")}`),
        );
      for (const by of range!.taken) expect(found(by), `${path.join(".")} = ${by}`).toBe("no error");
    }
  });
});

it("names the laws of one dimension to whoever asks for another", () => {
  const given = entries["oneDimensionalDensity"]!;
  expect(outcome(() => run(given, { ...given.arguments, law: "boltzmann" }))).toBe(
    'INVALID_ARGUMENT oneDimensionalDensity: expected law "decoupled", "true-noise" or "moment-matched", got "boltzmann".',
  );
});

/** Copies of the arguments in which one array lacks its last number. */
function* shortened(value: unknown, path: string[] = []): Generator<{ path: string[]; value: unknown }> {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) yield { path, value: (value as number[]).slice(0, -1) };
  else if (typeof value === "object" && value !== null && value !== structure)
    for (const [key, inner] of Object.entries(value))
      if (key !== "system")
        for (const one of shortened(inner, [...path, key]))
          yield { path: one.path, value: { ...value, [key]: one.value } };
}

/** Lists of any length. */
const lists = [
  "noiseStrengthFromNorms.gradientNorms",
  "effectiveDimension.spectrum",
  "logLossPower.losses",
  "gaussianStationary.spectrum",
  "labelRows.labels",
  "empiricalTailIndex.multipliers",
  "hillEstimate.samples",
];
/** Lists that are as many as there are examples, repetitions or rows, of which one is too few: the number of those is refused. */
const counted = [
  "sampledAlignment.first",
  "twoBatchNoiseScale.smallSquaredNorms",
  "workerNoiseScale.meanSquaredNorms",
  "cloudWidth.directions",
  "gaussianNoise.jacobian",
  "gaussianAlignmentAlong.jacobian",
  "sampledBatchSharpness.slopes",
  "sampledUpdateSharpness.slopes",
];

it("arrays that lack a number are refused by their shape", () => {
  for (const [name, one] of Object.entries(entries))
    for (const { path, value } of shortened(one.arguments)) {
      const argument = `${name}.${path.at(-1)!}`;
      const expected = lists.includes(argument)
        ? /^no error$/
        : new RegExp(`^${counted.includes(argument) ? "INVALID_ARGUMENT" : "SHAPE_MISMATCH"} \\w+: expected `);
      expect(
        outcome(() => run(one, value as Record<string, unknown>)),
        argument,
      ).toMatch(expected);
    }
});
