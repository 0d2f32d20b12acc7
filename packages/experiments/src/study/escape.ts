import { edgeRatioOf } from "@sgdscope/analysis";
import { seededRandom } from "@sgdscope/random";
import { train } from "@sgdscope/sgd";
import { escapeRateLowerBound, expectedLoss, spectralRadius, type Batches } from "@sgdscope/stability-criterion";
import { escapeDirections } from "@sgdscope/stability-criterion/escape";
import { lyapunovExponent, simulateResiduals } from "@sgdscope/stability-criterion/simulation";
import { minimumReached, type TrainingTask } from "@sgdscope/training";
import { median, slope } from "../statistics.js";
import { perturbed, sharpMinimum, steppedAway, type SharpMinimum, type SharpMinimumRecord } from "./sharp-minimum.js";
import type { JobHooks } from "./job-hooks.js";

/** From a sharp minimum of gradient descent on, SGD: linearised, nonlinear, and by which directions. Plain JSON. */
export interface EscapeTask {
  /** Gradient descent to the minimum. */
  start: TrainingTask;
  batchSize: number;
  /** Learning rates of linearised SGD, in units of η*. */
  multiples: number[];
  /** Steps of the exact recursion, and of each random path; up to four times as many where growth is slow. */
  steps: number;
  paths: number;
  /** Learning rates of the switch to real SGD, in units of η*. */
  switchTo: number[];
  switchSteps: number;
  switchEvery: number;
  /** Paths of real SGD per learning rate. */
  switchPaths: number;
  /** How far the parameters are moved off the minimum, relative to their norm. */
  perturbation: number;
  /** k of D_k. */
  directions: number;
}

/** A point of a curve over steps. */
export interface Moment {
  step: number;
  value: number;
}

/** Linearised SGD at one learning rate. */
export interface GrowthCurve {
  part: "growth";
  multiple: number;
  learningRate: number;
  /** log ρ(Q): what a step adds to log E L in the long run. */
  growthRate: number;
  /** log γ of the theorem with the least alignment μ₀: never above. */
  lowerBound: number;
  /** Slope of log E L_t of the exact recursion over the second half. */
  recursionSlope: number;
  /** Slope of log L of random paths over their second half, mean and its standard error. */
  pathSlope: number;
  pathError: number;
  /** Twice the Lyapunov exponent, from other paths in other coordinates. */
  lyapunov: number;
  lyapunovError: number;
  expected: Moment[];
  medianPath: Moment[];
}

/** One path of real SGD from the minimum. */
export interface SwitchPath {
  part: "switch";
  multiple: number;
  learningRate: number;
  seed: number;
  losses: Moment[];
  /** ‖G‖_F before and after. */
  before: number;
  after: number;
  /** η/η* where it stopped. */
  endEdgeRatio: number;
}

/** D_k of SGD and gradient descent, both beyond 2/λ_max. */
export interface DirectionsRecord {
  part: "directions";
  directions: number;
  learningRate: number;
  stochastic: number[];
  gradientDescent: number[];
  limit: number;
  decoupledLimit: number;
  /** Σ_{i>k}λ²/Σ_{i≤k}λ². */
  squaredCurvatureRatio: number;
}

export type EscapeRecord = SharpMinimumRecord | GrowthCurve | SwitchPath | DirectionsRecord;

/** The records of a study by kind. */
export const minimumOf = (records: readonly EscapeRecord[]): SharpMinimumRecord | undefined =>
  records.find((one) => one.part === "minimum");
export const growthOf = (records: readonly EscapeRecord[]): GrowthCurve[] =>
  records.filter((one) => one.part === "growth");
export const switchesOf = (records: readonly EscapeRecord[]): SwitchPath[] =>
  records.filter((one) => one.part === "switch");
export const directionsOf = (records: readonly EscapeRecord[]): DirectionsRecord | undefined =>
  records.find((one) => one.part === "directions");

/** Twice the Lyapunov exponent of linearised SGD at a learning rate. */
export const exponentAt = (records: readonly EscapeRecord[], multiple: number): number | undefined =>
  growthOf(records).find((one) => one.multiple === multiple)?.lyapunov;

/** Loss at which linearised paths start; they are scale-free. */
const startLoss = 1e-8;

export async function* escapeStudy(task: EscapeTask, hooks: JobHooks): AsyncGenerator<EscapeRecord> {
  const batches: Batches = { batchSize: task.batchSize, sampling: "without-replacement" };
  const sharp = await sharpMinimum(task.start, batches, hooks);
  try {
    yield sharp.record;
    const parts = task.multiples.length + task.switchTo.length * task.switchPaths + 1;
    let done = 0;
    const tick = (message: string): void =>
      hooks.progress?.(0.5 + (0.5 * done++) / parts, `${sharp.subject.model}: ${message}`);
    for (const multiple of task.multiples) {
      tick(`linearised SGD at ${multiple}·η*`);
      hooks.signal?.throwIfAborted();
      yield growthCurve(task, sharp, batches, multiple);
    }
    tick("directions");
    yield escapeDirectionsAt(task, sharp, batches);
    for (const multiple of task.switchTo)
      for (let path = 0; path < task.switchPaths; path++) {
        tick(`SGD at ${multiple}·η*`);
        yield await switchPath(task, sharp, batches, multiple, path, hooks);
      }
  } finally {
    sharp.subject.dispose();
  }
}

function growthCurve(task: EscapeTask, sharp: SharpMinimum, batches: Batches, multiple: number): GrowthCurve {
  const random = seededRandom(task.start.seed).stream(`growth ${multiple}`);
  const learningRate = multiple * sharp.record.criticalLearningRate;
  const away = steppedAway(sharp.minimum, startLoss, random.stream("step"));
  const growthRate = spectralRadius(away, learningRate, batches).growthRate;
  // The long run begins after some twenty e-folds, and curves stay within what a double holds.
  const long = growthRate > 0 ? Math.min(4 * task.steps, Math.max(task.steps, Math.ceil(20 / growthRate))) : task.steps;
  const steps = Math.min(long, Math.max(20, Math.floor(500 / Math.abs(growthRate))));
  const expected = Array.from(expectedLoss(away, { ...batches, learningRate, steps }).losses);
  const draw = random.stream("paths");
  const paths = Array.from({ length: task.paths }, () =>
    Array.from(simulateResiduals(away.system, { ...batches, learningRate, steps, random: draw }).losses),
  );
  const half = Math.floor(steps / 2);
  const slopes = paths.map((losses) => (Math.log(losses[steps]!) - Math.log(losses[half]!)) / (steps - half));
  const pathSlope = slopes.reduce((sum, each) => sum + each, 0) / slopes.length;
  const variance = slopes.reduce((sum, each) => sum + (each - pathSlope) ** 2, 0) / (slopes.length - 1);
  const exponent = lyapunovExponent(away, {
    ...batches,
    learningRate,
    random: random.stream("exponent"),
    steps,
    paths: Math.max(2, Math.floor(task.paths / 2)),
  });
  const shown = (losses: (t: number) => number): Moment[] =>
    Array.from({ length: 61 }, (_, k) => Math.round((k * steps) / 60))
      .filter((step, k, all) => step !== all[k - 1])
      .map((step) => ({ step, value: losses(step) }));
  return {
    part: "growth",
    multiple,
    learningRate,
    growthRate,
    lowerBound: Math.log(escapeRateLowerBound(away, learningRate, batches)),
    recursionSlope: slope(expected.map((loss, x) => ({ x, y: Math.log(loss) })).slice(half))!,
    pathSlope,
    pathError: Math.sqrt(variance / slopes.length),
    lyapunov: 2 * exponent.value,
    lyapunovError: 2 * exponent.standardError,
    expected: shown((step) => expected[step]!),
    medianPath: shown((step) => median(paths.map((losses) => losses[step]!))!),
  };
}

function escapeDirectionsAt(task: EscapeTask, { minimum }: SharpMinimum, batches: Batches): DirectionsRecord {
  const random = seededRandom(task.start.seed).stream("directions");
  const learningRate = 2.2 / minimum.eigenvalues[0]!;
  const directions = Math.min(task.directions, minimum.rank - 1);
  const { ratios, gradientDescent, ...rest } = escapeDirections(steppedAway(minimum, startLoss, random), {
    ...batches,
    learningRate,
    directions,
    steps: Math.min(60, task.steps),
  });
  return {
    part: "directions",
    directions,
    learningRate,
    stochastic: Array.from(ratios),
    gradientDescent: Array.from(gradientDescent),
    ...rest,
  };
}

async function switchPath(
  task: EscapeTask,
  sharp: SharpMinimum,
  batches: Batches,
  multiple: number,
  path: number,
  hooks: JobHooks,
): Promise<SwitchPath> {
  const { subject, snapshot, record, minimum } = sharp;
  const { trainee } = subject;
  const seed = task.start.seed + path;
  const random = seededRandom(seed).stream(`switch ${multiple}`);
  const learningRate = multiple * record.criticalLearningRate;
  await trainee.restore(perturbed(snapshot, task.perturbation, random.stream("step")));
  const result = await train(trainee, {
    learningRate,
    ...batches,
    random: random.stream("batches"),
    clipNorm: task.start.clipNorm,
    maxSteps: task.switchSteps,
    divergedAbove: 1e6,
    stop: { lossBelow: Number.MIN_VALUE, every: task.switchEvery },
    ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
  });
  hooks.signal?.throwIfAborted();
  const diverged = result.reason === "diverged";
  const system = diverged ? undefined : await subject.system();
  return {
    part: "switch",
    multiple,
    learningRate,
    seed,
    losses: result.history.map(({ step, loss }) => ({ step, value: loss })),
    before: minimum.frobeniusG,
    after: system === undefined ? NaN : Math.sqrt(system.gram.reduce((sum, k) => sum + k * k, 0)) / system.examples,
    endEdgeRatio:
      system === undefined
        ? NaN
        : edgeRatioOf(
            minimumReached(
              { name: subject.model, precision: subject.precision },
              system,
              { ...task.start, learningRate, batchSize: task.batchSize, sampling: "without-replacement", momentum: 0 },
              { steps: result.steps, converged: false },
            ),
          ),
  };
}
