import { gaussian, seededRandom } from "@sgdscope/random";
import { samplingFactor } from "@sgdscope/stability-criterion";
import { noiseAblation, type NoiseModel, type NoiseModelStability } from "@sgdscope/stability-criterion/escape";
import { simulateResiduals } from "@sgdscope/stability-criterion/simulation";
import type { ClosedFormProblem, TrainingTask } from "@sgdscope/training";
import { median } from "../statistics.js";
import type { Moment } from "./escape.js";
import { perturbed, sharpMinimum, steppedAway, type SharpMinimum, type SharpMinimumRecord } from "./sharp-minimum.js";
import type { JobHooks } from "./job-hooks.js";

/** One minimum under four models of the noise and under SGD itself. Plain JSON. */
export interface AblationTask {
  start: TrainingTask;
  batchSize: number;
  /** η of the paths, in units of η* of SGD. */
  multiple: number;
  steps: number;
  paths: number;
  /** Paths of the model itself, under each noise; closed forms only. */
  nonlinearPaths: number;
}

export type NoiseName = NoiseModel | "SGD";

/** What a noise does to the model linearised at the minimum. */
export interface NoiseRecord {
  part: "noise";
  noise: NoiseName;
  learningRate: number;
  /** From the formula; of SGD the exact η*. */
  criticalLearningRate: number;
  /** Where the second moments, stepped one by one, begin to grow; found by bisection. Undefined of SGD. */
  steppedCritical: number | undefined;
  /** lim E L of the formula; 0 under noise that vanishes with the loss, undefined where it grows. */
  stationaryLoss: number | undefined;
  /** E L by stepping the second moments, mean over the second half of the steps; undefined of SGD. */
  expectedLoss: number | undefined;
  /** Mean of L over the second half of the steps and over paths, and its standard error over paths. */
  meanLoss: number;
  meanError: number;
  /** Paths that ended above where they started. */
  grown: number;
  paths: number;
  medianPath: Moment[];
}

/** A path of the model itself under one noise. */
export interface NonlinearPath {
  part: "path";
  noise: NoiseName;
  seed: number;
  losses: Moment[];
}

export type AblationRecord = SharpMinimumRecord | NoiseRecord | NonlinearPath;

const startLoss = 1e-8;
const models: NoiseName[] = [
  "additive isotropic",
  "additive aligned",
  "loss-scaled isotropic",
  "loss-scaled aligned",
  "SGD",
];

export async function* ablationStudy(task: AblationTask, hooks: JobHooks): AsyncGenerator<AblationRecord> {
  const sharp = await sharpMinimum(task.start, { batchSize: task.batchSize }, hooks);
  const { subject, record } = sharp;
  try {
    yield record;
    const parts = models.length * (1 + task.nonlinearPaths);
    let done = 0;
    for (const noise of models) {
      hooks.progress?.(0.5 + (0.5 * done++) / parts, `${subject.model}: ${noise}`);
      hooks.signal?.throwIfAborted();
      yield noiseRecord(task, sharp, noise);
    }
    if (subject.closedForm !== undefined)
      for (const noise of models)
        for (let path = 0; path < task.nonlinearPaths; path++) {
          hooks.progress?.(0.5 + (0.5 * done++) / parts, `${subject.model}: ${noise}, nonlinear`);
          hooks.signal?.throwIfAborted();
          yield await nonlinearPath(task, sharp, subject.closedForm, noise, task.start.seed + path);
        }
  } finally {
    subject.dispose();
  }
}

/** The four models at one learning rate, as strong as the noise of SGD under decoupling at the loss where paths start. */
function modelsAt({ minimum, record }: SharpMinimum, learningRate: number, batchSize: number): NoiseModelStability[] {
  return noiseAblation({
    eigenvalues: minimum.eigenvalues,
    parameters: record.parameters,
    learningRate,
    noise: samplingFactor(record.examples, batchSize, "without-replacement") / record.outputs,
    loss: startLoss,
  });
}

function noiseRecord(task: AblationTask, sharp: SharpMinimum, noise: NoiseName): NoiseRecord {
  const { minimum, record } = sharp;
  const learningRate = task.multiple * record.criticalLearningRate;
  const random = seededRandom(task.start.seed).stream(noise);
  const away = steppedAway(minimum, startLoss, random.stream("step"));
  const draw = random.stream("paths");
  const own = modelsAt(sharp, learningRate, task.batchSize).find(({ model }) => model === noise);
  const paths = Array.from({ length: task.paths }, () =>
    own === undefined
      ? Array.from(
          simulateResiduals(away.system, { batchSize: task.batchSize, learningRate, steps: task.steps, random: draw })
            .losses,
        )
      : linearPath(task, sharp, own, learningRate, draw),
  );
  const half = Math.floor(task.steps / 2);
  const means = paths.map(
    (losses) => losses.slice(half).reduce((sum, loss) => sum + loss, 0) / (task.steps + 1 - half),
  );
  const meanLoss = means.reduce((sum, each) => sum + each, 0) / means.length;
  const variance = means.reduce((sum, each) => sum + (each - meanLoss) ** 2, 0) / Math.max(1, means.length - 1);
  return {
    part: "noise",
    noise,
    learningRate,
    criticalLearningRate: own?.criticalLearningRate ?? record.criticalLearningRate,
    steppedCritical: own === undefined ? undefined : steppedCritical(task, sharp, own.model),
    stationaryLoss: own?.stationaryLoss,
    expectedLoss: own === undefined ? undefined : expectedLate(task, sharp, own, learningRate),
    meanLoss,
    meanError: Math.sqrt(variance / means.length),
    grown: paths.filter((losses) => losses.at(-1)! > losses[0]!).length,
    paths: paths.length,
    medianPath: Array.from({ length: 61 }, (_, k) => Math.round((k * task.steps) / 60))
      .filter((step, k, all) => step !== all[k - 1])
      .map((step) => ({ step, value: median(paths.map((losses) => losses[step]!))! })),
  };
}

/** Cov ξ/p along an eigenvector of curvature λ at loss L. */
function varianceAlong({ model, strength }: NoiseModelStability, curvature: number, loss: number): number {
  const size = model.startsWith("additive") ? strength : 2 * loss * strength;
  return model.endsWith("isotropic") ? size : size * curvature;
}

/** L along a path δ ← δ − η(Hδ + ξ) in the eigenbasis of H, from a Gaussian start with the start's loss on average. */
function linearPath(
  task: AblationTask,
  { minimum, record }: SharpMinimum,
  model: NoiseModelStability,
  learningRate: number,
  random: () => number,
): number[] {
  const { eigenvalues } = minimum;
  const p = samplingFactor(record.examples, task.batchSize, "without-replacement") / record.outputs;
  const scale = Math.sqrt((2 * startLoss) / minimum.powerTraces[0]);
  const delta = gaussian(eigenvalues.length, random).map((value) => scale * value);
  const lossOf = (): number => delta.reduce((sum, value, a) => sum + 0.5 * eigenvalues[a]! * value * value, 0);
  const losses = [lossOf()];
  for (let step = 0; step < task.steps; step++) {
    const loss = losses[step]!;
    if (!Number.isFinite(loss)) return [...losses, ...Array<number>(task.steps - step).fill(Infinity)];
    const noise = gaussian(delta.length, random);
    for (let a = 0; a < delta.length; a++)
      delta[a] =
        (1 - learningRate * eigenvalues[a]!) * delta[a]! -
        learningRate * Math.sqrt(p * varianceAlong(model, eigenvalues[a]!, loss)) * noise[a]!;
    losses.push(lossOf());
  }
  return losses;
}

/** One step of E[δ_a²]: exact for every one of the models, since none couples two directions but through L. */
const stepped = (
  q: Float64Array,
  { minimum: { eigenvalues } }: SharpMinimum,
  model: NoiseModelStability,
  learningRate: number,
  p: number,
): Float64Array => {
  const loss = lossOfMoments(q, eigenvalues);
  return q.map(
    (value, a) =>
      (1 - learningRate * eigenvalues[a]!) ** 2 * value +
      learningRate ** 2 * p * varianceAlong(model, eigenvalues[a]!, loss),
  );
};

const lossOfMoments = (q: Float64Array, eigenvalues: Float64Array): number =>
  q.reduce((sum, value, a) => sum + 0.5 * eigenvalues[a]! * value, 0);

/** What {@link linearPath} has on average over the second half of the steps. */
function expectedLate(
  task: AblationTask,
  sharp: SharpMinimum,
  model: NoiseModelStability,
  learningRate: number,
): number {
  const { minimum, record } = sharp;
  const p = samplingFactor(record.examples, task.batchSize, "without-replacement") / record.outputs;
  const half = Math.floor(task.steps / 2);
  let q: Float64Array = minimum.eigenvalues.map(() => (2 * startLoss) / minimum.powerTraces[0]);
  let sum = 0;
  for (let step = 0; step <= task.steps; step++) {
    if (step >= half) sum += lossOfMoments(q, minimum.eigenvalues);
    q = stepped(q, sharp, model, learningRate, p);
  }
  return sum / (task.steps + 1 - half);
}

/**
 * The learning rate beyond which E L grows, by stepping the second moments of the noise without any formula of stability,
 * and bisection. The strength of a noise does not depend on η.
 */
function steppedCritical(task: AblationTask, sharp: SharpMinimum, name: NoiseModel): number {
  const { minimum, record } = sharp;
  const { eigenvalues } = minimum;
  const p = samplingFactor(record.examples, task.batchSize, "without-replacement") / record.outputs;
  const model = modelsAt(sharp, record.criticalLearningRate, task.batchSize).find((one) => one.model === name)!;
  /** Whether second moments that have forgotten their start still grow. */
  const grows = (learningRate: number): boolean => {
    let q: Float64Array = Float64Array.from(eigenvalues, (value) => 1 / value);
    let before = lossOfMoments(q, eigenvalues);
    for (let step = 0; step < 3000; step++) {
      q = stepped(q, sharp, model, learningRate, p);
      if (lossOfMoments(q, eigenvalues) > 1e200) return true;
      if (step === 2500) before = lossOfMoments(q, eigenvalues);
    }
    return lossOfMoments(q, eigenvalues) > before * (1 + 1e-9) + startLoss * 1e-6;
  };
  let [low, high] = [0, 4 / eigenvalues[0]!];
  for (let k = 0; k < 18; k++) {
    const middle = (low + high) / 2;
    if (grows(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** A path of the model itself: full gradient and Gaussian noise of one model, or minibatches. */
async function nonlinearPath(
  task: AblationTask,
  { subject, snapshot, record, minimum }: SharpMinimum,
  { model, X, size, parameters }: ClosedFormProblem & { parameters: Float64Array },
  noise: NoiseName,
  seed: number,
): Promise<NonlinearPath> {
  const random = seededRandom(seed).stream(`nonlinear ${noise}`);
  const learningRate = task.multiple * record.criticalLearningRate;
  const { trainee } = subject;
  await trainee.restore(perturbed(snapshot, 1e-5, random.stream("step")));
  const theta = parameters;
  const everything = Int32Array.from({ length: size }, (_, i) => i);
  const p = samplingFactor(size, task.batchSize, "without-replacement");
  const share = minimum.powerTraces[0] / theta.length;
  const draw = random.stream("noise");
  const order = everything.slice();
  const losses: Moment[] = [];
  const every = Math.max(1, Math.round(task.steps / 60));
  const first = await trainee.loss();
  for (let step = 0; ; step++) {
    const loss = await trainee.loss();
    if (step % every === 0 || step === task.steps) losses.push({ step, value: loss });
    if (step === task.steps || !(loss < 1e6)) break;
    const plain = { learningRate, optimizer: { kind: "sgd" } as const, clipNorm: task.start.clipNorm };
    if (noise === "SGD") {
      for (let k = 0; k < task.batchSize; k++) {
        const other = k + Math.floor(draw() * (size - k));
        [order[k], order[other]] = [order[other]!, order[k]!];
      }
      await trainee.step(order.subarray(0, task.batchSize), { ...plain, divisor: task.batchSize });
      continue;
    }
    // ξ is drawn at the point where the gradient is taken, and added after it.
    const level = noise.startsWith("additive") ? first : loss;
    let xi: Float64Array;
    if (noise.endsWith("isotropic")) {
      xi = gaussian(theta.length, draw);
      const scale = Math.sqrt(2 * level * share * p);
      for (let k = 0; k < xi.length; k++) xi[k]! *= scale;
    } else {
      xi = new Float64Array(theta.length);
      const weights = gaussian(size * model.outputs, draw);
      const scale = Math.sqrt((2 * level * p) / size);
      for (let k = 0; k < weights.length; k++) weights[k]! *= scale;
      model.pullBack(theta, X, weights, everything, xi); // Cov Jᵀz = JᵀJ = nG
    }
    await trainee.step(everything, { ...plain, divisor: size });
    const moved = (await trainee.snapshot())["parameters"]!;
    for (let k = 0; k < xi.length; k++) moved.data[k]! -= learningRate * xi[k]!;
    await trainee.restore({ parameters: moved });
  }
  return { part: "path", noise, seed, losses };
}
