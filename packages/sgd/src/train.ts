import { SgdError, expectInteger } from "./error.js";
import { restoreSampler, sampler, type Random, type Sampler, type SamplerState, type Sampling } from "./sampler.js";
import { expectLearningRate, type Schedule } from "./schedule.js";
import { stopCounter, type StoppingRule } from "./stopping.js";
import type { NamedArray, Trainee } from "./trainee.js";

/** A loss check: L after `step` steps. */
export interface LossRecord {
  step: number;
  loss: number;
}

/** What a probe measured after `step` steps. */
export interface ProbeRecord<T> {
  step: number;
  value: T;
}

/** Why a training ended. */
export type StopReason = "interpolated" | "diverged" | "max-steps" | "aborted";

/** How a training ended; divergence is a result, not an error. */
export interface TrainResult<T = never> {
  reason: StopReason;
  /** Steps taken since the very start, checkpoints included. */
  steps: number;
  /** The full loss at the end. */
  loss: number;
  /** Every loss check, from step 0 (or from the checkpoint's own history) to the end. */
  history: LossRecord[];
  /** What the probe returned since this training was started or resumed. */
  probes: ProbeRecord<T>[];
}

/** Everything a training needs to continue: arrays for a file of arrays, and JSON. */
export interface Checkpoint {
  arrays: Record<string, NamedArray>;
  state: CheckpointState;
}

/** The JSON half of a checkpoint. */
export interface CheckpointState {
  version: 1;
  step: number;
  /** Whether the loss check and the probe of this step are done. */
  visited: boolean;
  sampler: SamplerState;
  /** Consecutive passes of each stopping rule. */
  stopCounts: number[];
  history: LossRecord[];
}

export interface TrainOptions<V extends Trainee = Trainee, T = never> {
  /** η, or a schedule of it. */
  learningRate: number | Schedule;
  /** B. */
  batchSize: number;
  /** Default `without-replacement`. */
  sampling?: Sampling;
  /** Source of the batches; `seededRandom(seed)` makes checkpoints possible. */
  random: Random;
  /** PyTorch's convention; default 0. */
  momentum?: number;
  /** Global gradient-norm clipping; default none. */
  clipNorm?: number;
  maxSteps: number;
  /** Any rule met ends the training as `interpolated`; default none. */
  stop?: StoppingRule | readonly StoppingRule[];
  /** A checked loss above this, or one that is not finite, ends the training as `diverged`; default Infinity. */
  divergedAbove?: number;
  /** Measures every `every` steps, from step 0, and at the steps listed in `at`. */
  probe?: { every?: number; at?: readonly number[]; measure(trainee: V, step: number): T | Promise<T> };
  /** Called with each loss check. */
  progress?: (record: LossRecord) => void;
  /** Called with a checkpoint every so many steps, after that step's loss check and probe. */
  checkpoint?: { every: number; save(checkpoint: Checkpoint): void | Promise<void> };
  /** Ends the training as `aborted`, between two steps. */
  signal?: AbortSignal;
  /** Continues a saved training; `sampling`, `batchSize`, and the number of rules must be those it was saved with. */
  resume?: Checkpoint;
}

/** A training under way. */
export interface Training<T = never> {
  /** Steps taken. */
  readonly step: number;
  /** Takes up to `steps` more steps; the result if the training ended on the way. */
  advance(steps: number): Promise<TrainResult<T> | undefined>;
  /** Runs to the end. */
  run(): Promise<TrainResult<T>>;
  /** The state between two steps. Throws SgdError `random-without-state` if `random` cannot be saved. */
  checkpoint(): Promise<Checkpoint>;
}

/** Core-theory protocol for two-layer networks: the full loss below 1e-8 at five consecutive checks, 200 steps apart. */
export const interpolation: Readonly<Required<StoppingRule>> = { lossBelow: 1e-8, checks: 5, every: 200 };

/** Without a stopping rule the loss is checked this often, so that divergence is seen. */
const defaultCheckInterval = 200;
/** The event loop gets a turn at least this often, in milliseconds. */
const yieldInterval = 50;

/**
 * Trains by SGD until a stopping rule is met, the loss diverges, `maxSteps` are taken, or `signal` aborts.
 *
 * Costs one `trainee.step` a step and one full loss a check: at step 0, where a rule is due, and at the end; without rules every 200 steps.
 * The trajectory is a function of the trainee's start, the options and `random` alone.
 *
 * @throws SgdError for options out of range, and for a `resume` that does not fit (`invalid-checkpoint`).
 */
export async function train<V extends Trainee, T = never>(
  trainee: V,
  options: TrainOptions<V, T>,
): Promise<TrainResult<T>> {
  return (await training(trainee, options)).run();
}

/**
 * Prepares a training that is driven step by step; `train` runs one to its end.
 *
 * With `options.resume` the trainee is first restored to the checkpoint; it then follows, on the same backend, bit for bit the
 * trajectory that the saved training would have taken, provided the other options are the same too.
 *
 * @throws SgdError as `train` does.
 */
export async function training<V extends Trainee, T = never>(
  trainee: V,
  options: TrainOptions<V, T>,
): Promise<Training<T>> {
  const { momentum = 0, clipNorm = Infinity, divergedAbove = Infinity, maxSteps, signal, probe, resume } = options;
  validate(options);
  const schedule = typeof options.learningRate === "number" ? constant(options.learningRate) : options.learningRate;
  const rules = options.stop === undefined ? [] : [options.stop].flat();
  const batches = samplerOf(trainee, options);
  if (resume !== undefined) expectFits(resume.state, rules.length);
  const stop = stopCounter(rules, resume?.state.stopCounts);
  if (resume !== undefined) await trainee.restore(resume.arrays);

  const history: LossRecord[] = resume?.state.history.map((record) => ({ ...record })) ?? [];
  const probes: ProbeRecord<T>[] = [];
  const at = new Set(probe?.at);
  let step = resume?.state.step ?? 0;
  let visited = resume?.state.visited ?? false;
  let result: TrainResult<T> | undefined;
  let yielded = performance.now();

  const checkIsDue = (): boolean => stop.due(step) || (rules.length === 0 && step % defaultCheckInterval === 0);
  const probeIsDue = (): boolean => at.has(step) || (probe?.every !== undefined && step % probe.every === 0);

  async function check(): Promise<number> {
    const record = { step, loss: await trainee.loss() };
    history.push(record);
    options.progress?.(record);
    return record.loss;
  }

  function end(reason: StopReason, loss: number): TrainResult<T> {
    result = { reason, steps: step, loss, history: [...history], probes: [...probes] };
    return result;
  }

  /** The loss check and the probe of the current step; why to end, if so. */
  async function visit(): Promise<TrainResult<T> | undefined> {
    visited = true;
    let loss: number | undefined;
    let reason: StopReason | undefined;
    if (step === 0 || step >= maxSteps || checkIsDue()) {
      loss = await check();
      if (!(loss <= divergedAbove && loss < Infinity)) reason = "diverged";
      else if (stop.met(step, loss)) reason = "interpolated";
    }
    if (probe !== undefined && probeIsDue()) probes.push({ step, value: await probe.measure(trainee, step) });
    if (options.checkpoint !== undefined && reason !== "diverged" && step > 0 && step % options.checkpoint.every === 0)
      await options.checkpoint.save(await checkpoint());
    return reason === undefined ? undefined : end(reason, loss!);
  }

  async function checkpoint(): Promise<Checkpoint> {
    const state: CheckpointState = {
      version: 1,
      step,
      visited,
      sampler: batches.state(),
      stopCounts: stop.counts(),
      history: history.map((record) => ({ ...record })),
    };
    return { arrays: await trainee.snapshot(), state };
  }

  async function advance(steps: number): Promise<TrainResult<T> | undefined> {
    for (let taken = 0; result === undefined; taken++) {
      if (!visited && (await visit()) !== undefined) break;
      if (step >= maxSteps) return end("max-steps", await lastLoss());
      if (taken >= steps) return undefined;
      if (signal?.aborted === true) return end("aborted", await lastLoss());
      const learningRate = schedule(step);
      expectLearningRate("train", learningRate);
      const batch = batches.next();
      const pending = trainee.step(batch, { learningRate, momentum, clipNorm, divisor: batches.divisor(batch) });
      if (pending !== undefined) await pending;
      step++;
      visited = false;
      if (performance.now() - yielded > yieldInterval) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        yielded = performance.now();
      }
    }
    return result;
  }

  const lastLoss = async (): Promise<number> => {
    const last = history.at(-1);
    return last?.step === step ? last.loss : trainee.loss();
  };

  return {
    get step() {
      return step;
    },
    advance(steps) {
      expectInteger("invalid-steps", "advance: expected steps", steps, 0);
      return advance(steps);
    },
    run: async () => (await advance(Infinity))!,
    checkpoint,
  };
}

const constant =
  (learningRate: number): Schedule =>
  () =>
    learningRate;

function samplerOf(
  trainee: Trainee,
  {
    sampling = "without-replacement",
    batchSize,
    random,
    resume,
  }: Pick<TrainOptions, "sampling" | "batchSize" | "random" | "resume">,
): Sampler {
  if (resume === undefined) return sampler(sampling, trainee.size, batchSize, random);
  const saved = restoreSampler(resume.state.sampler);
  if (saved.kind !== sampling || saved.size !== trainee.size || saved.batchSize !== batchSize)
    throw new SgdError(
      "invalid-checkpoint",
      `train: expected a checkpoint of ${sampling} batches of ${batchSize} from ${trainee.size}, ` +
        `got ${saved.kind} batches of ${saved.batchSize} from ${saved.size}`,
    );
  return saved;
}

function validate<V extends Trainee, T>(options: TrainOptions<V, T>): void {
  const { momentum = 0, clipNorm = Infinity, maxSteps, probe, checkpoint } = options;
  if (typeof options.learningRate === "number") expectLearningRate("train", options.learningRate);
  if (!(momentum >= 0 && momentum < 1))
    throw new SgdError("invalid-momentum", `train: expected momentum in [0, 1), got ${momentum}`);
  if (!(clipNorm > 0)) throw new SgdError("invalid-clip-norm", `train: expected clipNorm > 0, got ${clipNorm}`);
  expectInteger("invalid-steps", "train: expected maxSteps", maxSteps, 0);
  if (probe?.every !== undefined) expectInteger("invalid-steps", "train: expected probe.every", probe.every, 1);
  if (checkpoint !== undefined) expectInteger("invalid-steps", "train: expected checkpoint.every", checkpoint.every, 1);
}

function expectFits(state: CheckpointState, rules: number): void {
  if ((state.version as number) !== 1)
    throw new SgdError("invalid-checkpoint", `train: expected a checkpoint of version 1, got ${String(state.version)}`);
  expectInteger("invalid-checkpoint", "train: expected the checkpoint's step", state.step, 0);
  if (state.stopCounts.length !== rules)
    throw new SgdError(
      "invalid-checkpoint",
      `train: expected counts of ${rules} stopping rules, got ${state.stopCounts.length}`,
    );
}
