import { describe, expect, it } from "vitest";
import { entries, opaque, outcome, run } from "./support/entries.js";

/** What a number may not be, and the ends of its range, which it may. */
interface Range {
  refused: readonly number[];
  taken: readonly number[];
}
const positive: Range = { refused: [0, -1, Infinity], taken: [] };
const notNegative: Range = { refused: [-1e-12, -1, Infinity], taken: [0] };
const finite: Range = { refused: [Infinity, -Infinity], taken: [0, -1] };
const momentum: Range = { refused: [1, -1e-12, -1, Infinity], taken: [0, 0.999] };
const integerFrom = (least: number): Range => ({ refused: [least - 1, least + 0.5, Infinity], taken: [least] });

/** Of single numbers and of every number of an array, by the name of the argument; by function and name where that differs. */
const ranges: Record<string, Range> = {
  batchSize: { refused: [0, -1, 3.5, 4, Infinity], taken: [1] },
  batchSizes: { refused: [0, -1, 3.5, 4, Infinity], taken: [1, 3] },
  ...Object.fromEntries(
    ["logLossTemperature", "quasiStationaryExponent", "criticalDimension", "escapeRate", "boltzmannNoise"].map(
      (name) => [`${name}.batchSize`, positive],
    ),
  ),
  batchesPerEpoch: { refused: [1, 0, -1, 3.5, Infinity], taken: [2] },
  "gaussianKernelNorm.batchSize": positive,
  "kernelNorm.batchSize": { refused: [0, -1, 3.01, Infinity], taken: [0.5, 3] },
  "samplingFactor.batchSize": { refused: [0, -1, 3.01, Infinity], taken: [0.5, 3] },
  ...Object.fromEntries(
    ["gaussianThreshold", "decoupledThreshold", "decoupledStabilitySum", "isotropicGaussianThreshold"].map((name) => [
      `${name}.batchSize`,
      integerFrom(1),
    ]),
  ),
  rankTolerance: { refused: [-1e-12, 1, Infinity], taken: [0] },
  "invarianceReport.rankTolerance": positive,
  tolerance: positive,
  "criticalSharpness.tolerance": { refused: [0, 1, Infinity], taken: [0.999] },
  doublings: integerFrom(1),
  maxProducts: integerFrom(1),
  momentum,
  "optimizerThreshold.momentum": { refused: [1, -1, Infinity], taken: [0, -0.9] },
  "meanEdge.momentum": { refused: [1, -1, Infinity], taken: [0, -0.9] },
  "isPlainSgd.momentum": { refused: [1, -1, Infinity], taken: [0, -0.9] },
  weightDecay: notNegative,
  learningRate: positive,
  averagedLearningRate: positive,
  steps: integerFrom(0),
  "lyapunovExponent.steps": integerFrom(1),
  "epsilonSharpness.steps": positive,
  burnIn: integerFrom(0),
  paths: integerFrom(2),
  directions: { refused: [0, 1.5, 4, Infinity], taken: [1, 2] },
  examples: { refused: [0, 2.5, 1, Infinity], taken: [2] },
  moment: finite,
  firstLayerNorm: notNegative,
  firstLayerGradientNorm: notNegative,
  inputNorm: positive,
  outputs: positive,
  "meanSquaredErrorFactor.outputs": integerFrom(1),
  hessians: { refused: [-1e-3, Infinity], taken: [0] },
  gradients: { refused: [0, Infinity, -Infinity], taken: [] },
  parameters: { refused: [0, 1.5, Infinity], taken: [1] },
  "noiseAblation.parameters": { refused: [0, 1, Infinity], taken: [2] },
  eigenvalues: notNegative,
  spectrum: notNegative,
  "gaussianKernelNorm.spectrum": { refused: [-1e-12, -1], taken: [0] },
  secondMoments: notNegative,
  curvatures: notNegative,
  "laplaceOdds.curvatures": positive,
  "crossoverNoise.curvatures": positive,
  noise: positive,
  c: { refused: [1.001, Infinity], taken: [1, -1] },
  variance: positive,
  dimension: positive,
  curvature: positive,
  strength: positive,
  loss: finite,
  "noiseAblation.loss": positive,
  order: { refused: [0.999, -1, Infinity], taken: [1] },
  "reparametrized.noise": finite,
  "invarianceReport.noise": { refused: [-1, Infinity], taken: [] },
  "stationaryCovarianceWithMomentum.noise": finite,
  hessian: finite,
  "stationaryCovarianceWithMomentum.hessian": { refused: [0, -1, Infinity], taken: [] },
  jacobian: { refused: [0, Infinity, -Infinity], taken: [-1] },
  lossAtMinimum: positive,
  lossAtSaddle: positive,
  minimumCurvatures: positive,
  saddleCurvatures: { refused: [0, -1, Infinity], taken: [] },
  temperature: positive,
  from: { refused: [1, 2, -1.001, Infinity], taken: [-1] },
  to: { refused: [0, -1, Infinity], taken: [] },
  wall: { refused: [0.001, -Infinity], taken: [0] },
  barrier: positive,
  largestEigenvalue: positive,
  point: { refused: [], taken: [0, -1] },
  radius: positive,
  gradientNorm: positive,
  breakpoints: { refused: [0, -1], taken: [1e-3] },
};

/** Every number in the arguments of a function, the last one of an array, with a copy in which it is replaced. */
function* numbers(
  value: unknown,
  path: string[] = [],
): Generator<{ path: string[]; replaced: (by: number) => unknown }> {
  if (typeof value === "number") yield { path, replaced: (by) => by };
  else if (ArrayBuffer.isView(value) || Array.isArray(value))
    yield { path, replaced: (by) => (value as number[]).map((old, k, all) => (k === all.length - 1 ? by : old)) };
  else if (typeof value === "object" && value !== null && !opaque(value))
    for (const [key, inner] of Object.entries(value))
      if (key !== "system")
        for (const one of numbers(inner, [...path, key]))
          yield { path: one.path, replaced: (by) => ({ ...value, [key]: one.replaced(by) }) };
}

describe.each(Object.entries(entries))("%s", (name, one) => {
  it("refuses numbers beyond their ranges by name, and takes the ends", () => {
    for (const { path, replaced } of numbers(one.arguments)) {
      const argument = path.at(-1)!;
      const range = ranges[`${name}.${argument}`] ?? ranges[argument];
      expect(range, `the range of ${argument}`).toBeDefined();
      const found = (by: number): string => outcome(() => run(one, replaced(by) as Record<string, unknown>));
      for (const by of range!.refused)
        expect(found(by), `${path.join(".")} = ${by}`).toMatch(
          new RegExp(`^[A-Z_]+ \\w+: expected .*${argument.replace(/s$/, "")}`),
        );
      for (const by of range!.taken) expect(found(by), `${path.join(".")} = ${by}`).toBe("no error");
    }
  });
});

it.each([
  ["stationaryCovarianceWithMomentum", "dynamics", "convention"],
  ["stationaryCovarianceWithMomentum", "dynamics", "method"],
  ["noiseModelStability", "", "model"],
  ["isPlainSgd", "optimizer", "kind"],
])("%s refuses a name in %s.%s that is none", (name, record, argument) => {
  const given = entries[name]!;
  const inner = given.arguments[record] as object;
  const change = record === "" ? { [argument]: "other" } : { [record]: { ...inner, [argument]: "other" } };
  expect(outcome(() => run(given, { ...given.arguments, ...change }))).toMatch(
    new RegExp(`^INVALID_ARGUMENT ${name}: expected .*${argument}.*, got "other"\\.$`),
  );
});

/** Copies of the arguments in which one array lacks its last number. */
function* shortened(value: unknown, path: string[] = []): Generator<{ path: string[]; value: unknown }> {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) yield { path, value: (value as number[]).slice(0, -1) };
  else if (typeof value === "object" && value !== null && !opaque(value))
    for (const [key, inner] of Object.entries(value))
      if (key !== "system")
        for (const one of shortened(inner, [...path, key]))
          yield { path: one.path, value: { ...value, [key]: one.value } };
}

/** Lists of any length. */
const lists = [
  "thresholdComparison.batchSizes",
  "structuredNoiseThreshold.eigenvalues",
  "isotropicNoiseThreshold.eigenvalues",
  "gaussianThreshold.spectrum",
  "decoupledThreshold.spectrum",
  "decoupledStabilitySum.spectrum",
  "gaussianKernelNorm.spectrum",
  "noiseModelStability.eigenvalues",
  "noiseAblation.eigenvalues",
  "momentThreshold.curvatures",
  "pathExponent.curvatures",
  "almostSureStability.curvatures",
  "decoupledGrowth.eigenvalues",
];
/** Of which one is too few, or the point that a loss of one parameter needs. */
const counted = ["logBasinWeight.breakpoints", "epsilonSharpness.point"];

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
