import type { StudyKind, StudyRecords, StudyTasks } from "@sgdscope/experiments";
import * as v from "valibot";

// What a report may hold of each kind of study. What is of another shape is refused; what was not measured stays so.

const told = (expected: string) => (issue: { received: string }) => `expected ${expected}, got ${issue.received}`;
const aNumber = v.custom<number>((value) => typeof value === "number", told("a number"));
/** What is null or missing was not measured: NaN, with which nothing holds. */
const measured = v.nullish(aNumber, NaN);
/** A number that not every run has; undefined where it is missing, NaN where it is null. */
const ifMeasured = v.optional(v.nullable(aNumber, NaN), () => undefined);
/** What was asked for, or counted: without it a record does not say whose it is. */
const setting = v.pipe(
  aNumber,
  v.check((value) => !Number.isNaN(value), "expected a number, got NaN"),
);
const text = v.string(told("a text"));
const truth = v.boolean(told("true or false"));
const list = <S extends v.GenericSchema>(each: S) => v.array(each, told("a list"));
/** A key that is missing has a place already; what is no object has none yet. */
const object = <E extends v.ObjectEntries>(entries: E) =>
  v.looseObject(entries, ({ path, received }) =>
    path === undefined ? `expected an object, got ${received}` : "it is missing",
  );
const numbers = list(v.nullable(aNumber, NaN));

const moments = v.pipe(
  list(object({ step: measured, value: measured })),
  v.minLength(1, "expected a list of moments, got an empty one"),
);

const alignment = object({
  step: measured,
  loss: measured,
  alignmentFactor: ifMeasured,
  frobeniusG: measured,
  uncentredAlignmentFactor: ifMeasured,
  directionAlignment: ifMeasured,
  noiseMagnitude: ifMeasured,
  decouplingError: ifMeasured,
  traceG: measured,
  noiseStrength: measured,
});

const minimum = object({
  traceG: measured,
  frobeniusG: measured,
  largestEigenvalue: measured,
  alignmentFactor: ifMeasured,
  alignmentRange: v.nullish(
    v.tuple([v.nullable(aNumber, NaN), v.nullable(aNumber, NaN)], told("two numbers")),
    (): [number, number] => [NaN, NaN],
  ),
  uncentredAlignmentFactor: ifMeasured,
  directionAlignment: ifMeasured,
  noiseMagnitude: ifMeasured,
  samplingFactor: measured,
  frobeniusLimit: ifMeasured,
  frobeniusRatio: ifMeasured,
  scaledNorm: measured,
  criticalLearningRate: measured,
  edgeRatio: measured,
  optimizer: v.exactOptional(object({ kind: text })),
  plainEdgeRatio: v.exactOptional(v.nullable(aNumber, NaN)),
  descentRatio: measured,
  traceRatio: measured,
  rankOneRatio: measured,
  topEigenvectorRatio: measured,
  verdict: v.nullish(text, ""),
  marks: v.nullish(list(text), (): string[] => []),
  frobeniusH: v.nullish(object({ value: measured, standardError: measured, matvecs: measured }), () => undefined),
});

const training = object({
  model: text,
  data: text,
  parameters: setting,
  examples: setting,
  outputs: setting,
  learningRate: setting,
  batchSize: setting,
  sampling: text,
  seed: setting,
  gradientDescent: truth,
  reason: text,
  steps: measured,
  seconds: measured,
  backend: text,
  loss: measured,
  interpolates: truth,
  startEdgeRatio: ifMeasured,
  minimum: v.nullish(minimum, () => undefined),
  alignment: list(alignment),
  learned: v.nullish(
    object({ testLoss: ifMeasured, pathNorm: ifMeasured, populationTrace: ifMeasured, balance: ifMeasured }),
    () => undefined,
  ),
});

const sharpMinimum = object({
  part: v.literal("minimum"),
  model: text,
  data: text,
  parameters: setting,
  examples: setting,
  outputs: setting,
  backend: text,
  loss: measured,
  interpolates: truth,
  learningRate: setting,
  traceG: measured,
  frobeniusG: measured,
  largestEigenvalue: measured,
  rank: measured,
  batchSize: setting,
  criticalLearningRate: measured,
});

const growth = object({
  part: v.literal("growth"),
  multiple: setting,
  learningRate: setting,
  growthRate: measured,
  lowerBound: measured,
  recursionSlope: measured,
  pathSlope: measured,
  pathError: measured,
  lyapunov: measured,
  lyapunovError: measured,
  expected: moments,
  medianPath: moments,
});

const switched = object({
  part: v.literal("switch"),
  multiple: setting,
  learningRate: setting,
  seed: setting,
  losses: moments,
  before: measured,
  after: measured,
  endEdgeRatio: measured,
});

const directions = object({
  part: v.literal("directions"),
  directions: setting,
  learningRate: setting,
  stochastic: numbers,
  gradientDescent: numbers,
  limit: measured,
  decoupledLimit: measured,
  squaredCurvatureRatio: measured,
});

const curve = object({
  part: v.literal("curve"),
  id: text,
  label: text,
  kind: text,
  source: v.nullish(text, ""),
  evidence: v.nullish(text, ""),
  batchSizes: list(setting),
  criticalLearningRates: list(v.nullable(aNumber)),
});

const cell = object({ part: v.literal("cell"), learningRate: setting, batchSize: setting, growthRate: measured });

const noise = object({
  part: v.literal("noise"),
  noise: text,
  learningRate: setting,
  criticalLearningRate: measured,
  steppedCritical: ifMeasured,
  stationaryLoss: ifMeasured,
  expectedLoss: ifMeasured,
  meanLoss: measured,
  meanError: measured,
  grown: measured,
  paths: setting,
  medianPath: moments,
});

const path = object({ part: v.literal("path"), noise: text, seed: setting, losses: moments });

const trial = object({
  part: v.literal("trial"),
  optimizer: object({ kind: text }),
  learningRate: setting,
  batchSize: setting,
  sampling: text,
  criticalLearningRate: measured,
  edgeRatio: measured,
  growthRate: measured,
  predicted: text,
  ratios: object({ fullBatch: measured, plainSgd: measured, effectiveRate: measured }),
  observed: text,
  startLoss: measured,
  startExcess: measured,
  largestRatio: measured,
  endRatio: measured,
  steps: measured,
});

const margin = object({
  part: v.literal("margin"),
  model: text,
  data: text,
  optimizer: text,
  learningRate: setting,
  batchSize: setting,
  fullBatch: truth,
  seed: setting,
  step: measured,
  loss: measured,
  edgeRatio: measured,
  fullBatchRatio: measured,
  plainRatio: measured,
});

const sam = object({
  part: v.literal("sam"),
  model: text,
  data: text,
  optimizer: text,
  learningRate: setting,
  rho: setting,
  batchSize: setting,
  fullBatch: truth,
  seed: setting,
  step: measured,
  loss: measured,
  gradientNorm: measured,
  largestEigenvalue: measured,
  samEdge: measured,
});

const strength = object({
  part: v.literal("strength"),
  model: text,
  data: text,
  loss: text,
  seed: setting,
  step: measured,
  value: measured,
  strength: measured,
  decoupledStrength: measured,
});

const power = v.nullish(object({ value: measured, standardError: measured }), null);

const walks = object({
  part: v.literal("walks"),
  noise: text,
  dimension: setting,
  learningRate: setting,
  batchSize: setting,
  levels: list(setting),
  walks: setting,
  maxSteps: setting,
  longSteps: setting,
  every: setting,
  seed: setting,
  times: numbers,
  power,
  trueNoisePower: power,
  meanSquare: measured,
});

const well = object({
  part: v.literal("well"),
  lossAtMinimum: setting,
  temperature: setting,
  time: measured,
  rate: measured,
  additiveTime: measured,
});

const basin = object({
  part: v.literal("basin"),
  dimension: setting,
  temperature: setting,
  levels: list(setting),
  logTimes: numbers,
  additiveLogTimes: numbers,
  exponent: measured,
});

const cloud = object({
  part: v.literal("cloud"),
  spectrum: numbers,
  learningRate: setting,
  batchSize: setting,
  momentum: setting,
  steps: measured,
  seed: setting,
  criticalLearningRate: measured,
  excessLoss: measured,
  exactExcess: measured,
  smallStepExcess: measured,
  variances: numbers,
  exactVariances: numbers,
  noise: measured,
  exactNoise: measured,
  noiseAtMinimum: measured,
});

const features = object({
  part: v.literal("features"),
  activation: text,
  examples: setting,
  features: setting,
  batchSize: setting,
  seed: setting,
  fraction: setting,
  learningRate: setting,
  excessLoss: measured,
  exactExcess: measured,
  gaussianExcess: measured,
  smallStepExcess: measured,
});

const tail = object({
  part: v.literal("tail"),
  learningRate: setting,
  batchSize: setting,
  steps: measured,
  every: setting,
  share: setting,
  seed: setting,
  hill: measured,
  kesten: measured,
  formula: measured,
  drift: measured,
});

const quadratic = object({
  part: v.literal("quadratic"),
  curvatures: v.tuple([v.nullable(aNumber, NaN), v.nullable(aNumber, NaN)], told("two numbers")),
  noise: numbers,
  learningRate: setting,
  momentum: setting,
  steps: measured,
  seed: setting,
  sharpness: measured,
  variances: numbers,
  discrete: numbers,
  continuous: numbers,
  mixed: measured,
  discreteMixed: measured,
});

const network = object({
  part: v.literal("network"),
  examples: setting,
  inputs: measured,
  width: measured,
  labelNoise: measured,
  batchSize: setting,
  sampling: text,
  sharpness: measured,
  steps: measured,
  seed: setting,
  learningRate: setting,
  loss: measured,
  gradientNorm: measured,
  curvatures: numbers,
  noise: numbers,
  widths: numbers,
  variances: numbers,
  exact: numbers,
  fixedNoise: numbers,
  continuous: numbers,
  shuffled: numbers,
});

const mode = object({
  part: v.literal("training"),
  depth: setting,
  initial: measured,
  learningRate: setting,
  steps: measured,
  every: setting,
  probes: measured,
  seed: setting,
  index: setting,
  target: setting,
  peak: measured,
  noiseRatio: measured,
  deeperRatio: measured,
  driftRatio: measured,
  time: measured,
  flowTime: measured,
});

const modeWalk = {
  depth: setting,
  target: setting,
  learningRate: setting,
  noiseVariance: setting,
  steps: measured,
  paths: setting,
  seed: setting,
  mean: measured,
  variance: measured,
  lawMean: measured,
  lawVariance: measured,
  growthRate: measured,
  equationRate: measured,
  flowRate: measured,
};
const rest = object({ part: v.literal("rest"), ...modeWalk });
const fromNothing = object({ part: v.literal("growth"), ...modeWalk });

const staircase = object({
  part: v.literal("staircase"),
  seed: setting,
  smallness: setting,
  step: measured,
  modes: numbers,
  targets: numbers,
  loss: measured,
  drift: measured,
  diffusion: measured,
});

const part = told("the name of a part of this study");

/** As a type without the names that texts are taken from: a new field of a study is missed here by the compiler. */
type Loose<T> = T extends string
  ? string
  : T extends number | boolean | null | undefined | [number, number]
    ? T
    : T extends (infer E)[]
      ? Loose<E>[]
      : { [K in keyof T]: K extends "part" ? T[K] : Loose<T[K]> };

const shapes: { [K in StudyKind]: v.GenericSchema<unknown, Loose<StudyRecords[K]>> } = {
  training,
  escape: v.variant("part", [sharpMinimum, growth, switched, directions], part),
  diagram: v.variant("part", [sharpMinimum, curve, cell], part),
  ablation: v.variant("part", [sharpMinimum, noise, path], part),
  prediction: v.variant("part", [sharpMinimum, trial], part),
  margin: v.variant("part", [margin], part),
  sam: v.variant("part", [sam], part),
  fluctuation: v.variant("part", [quadratic, network], part),
  saddles: v.variant("part", [mode, rest, fromNothing, staircase], part),
  minibatch: v.variant("part", [cloud, features, tail], part),
  "power-law": v.variant("part", [strength, walks, well, basin], part),
};

/** Some of a record and of the records in it. */
type Part<T> = { [K in keyof T]?: T[K] extends unknown[] ? T[K] : T[K] extends object ? Part<T[K]> : T[K] };

/** What judgements and figures read of a task. */
const tasks = {
  training: object({}),
  escape: object({ switchTo: v.pipe(list(aNumber), v.minLength(1, "expected learning rates, got an empty list")) }),
  diagram: object({ batchSizes: list(aNumber) }),
  ablation: object({ multiple: aNumber, steps: aNumber }),
  prediction: object({ start: object({ seed: aNumber }) }),
  margin: object({}),
  sam: object({}),
  fluctuation: object({}),
  saddles: object({}),
  minibatch: object({}),
  "power-law": v.variant(
    "part",
    [
      object({ part: v.literal("strength"), start: object({ seed: aNumber, loss: v.exactOptional(text) }) }),
      object({ part: v.literal("walks") }),
      object({ part: v.literal("barriers") }),
    ],
    part,
  ),
} satisfies { [K in StudyKind]: v.GenericSchema<unknown, Part<Loose<StudyTasks[K]>>> };

/** What is wrong with a record or a task, and where in it. */
export interface Misfit {
  /** Such as `minimum.edgeRatio`; empty for the whole. */
  field: string;
  /** Such as "expected a number, got "0.9"". */
  problem: string;
}

type Read<T> = { value: T; misfit?: undefined } | { value?: undefined; misfit: Misfit };

function read<T>(schema: v.GenericSchema, value: unknown): Read<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return { value: result.output as T };
  const [issue] = result.issues;
  return { misfit: { field: v.getDotPath(issue) ?? "", problem: issue.message } };
}

/** A record of a kind of study; numbers that it lacks are NaN, or undefined where not every run has them. */
export const readRecord = <K extends StudyKind>(kind: K, record: unknown): Read<StudyRecords[K]> =>
  read(shapes[kind], record);

/** The task of a kind of study, as far as judgements and figures read it. */
export const readTask = <K extends StudyKind>(kind: K, task: unknown): Read<StudyTasks[K]> => read(tasks[kind], task);
