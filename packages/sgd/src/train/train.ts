import { expectInteger } from "../errors.js";
import { completeOptimizer } from "../optimizers/optimizer.js";
import { expectLearningRate, type Schedule } from "../schedule.js";
import { stopCounter, type StoppingRule } from "../stopping.js";
import type { Trainee } from "../trainee.js";
import type {
  Checkpoint,
  CheckpointState,
  LossRecord,
  ProbeRecord,
  StopReason,
  TrainOptions,
  TrainResult,
  Training,
} from "./types.js";
import { expectFits, optimizerOf, samplerOf, validateOptions } from "./validate.js";

/** A cautious rule for two-layer networks: the full loss below 1e-8 at five consecutive checks, 200 steps apart. */
export const interpolation: Readonly<Required<StoppingRule>> = { lossBelow: 1e-8, checks: 5, every: 200 };

/** Without a stopping rule the loss is checked this often, to detect divergence. */
const defaultCheckInterval = 200;
/** The event loop gets a turn at least this often, in milliseconds. */
const yieldInterval = 50;

/**
 * Trains by SGD until a stopping rule is met, the loss diverges, `maxSteps` are taken, or `signal` aborts.
 *
 * Costs one `trainee.step` per step and one full loss per check: at step 0, where a rule is due, and at the end; without rules every 200 steps.
 * The trajectory is a function of the start of the trainee, the options and `random` alone.
 *
 * @throws SgdError for options out of range, and for a `resume` that does not fit (`INVALID_CHECKPOINT`).
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
  const { clipNorm = Infinity, divergedAbove = Infinity, maxSteps, signal, probe, resume } = options;
  validateOptions(options);
  const optimizer = optimizerOf(options);
  const complete = completeOptimizer(optimizer);
  const schedule = typeof options.learningRate === "number" ? constant(options.learningRate) : options.learningRate;
  const rules = options.stop === undefined ? [] : [options.stop].flat();
  const batches = samplerOf(trainee, options);
  if (resume !== undefined) expectFits(resume.state, rules.length, complete);
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
  const probeIsDue = (checked: boolean): boolean => {
    const asked = probe?.due?.(step, checked) === true;
    return asked || at.has(step) || (probe?.every !== undefined && step % probe.every === 0);
  };

  async function check(): Promise<number> {
    const record = { step, loss: await trainee.loss() };
    history.push(record);
    options.progress?.(record);
    return record.loss;
  }

  async function end(reason: StopReason): Promise<TrainResult<T>> {
    const last = history.at(-1);
    const loss = last?.step === step ? last.loss : await trainee.loss();
    result = { reason, steps: step, loss, history: [...history], probes: [...probes] };
    return result;
  }

  /** The loss check, the probe and the checkpoint of the current step; true if the loss has diverged. */
  async function visit(): Promise<boolean> {
    visited = true;
    let diverged = false;
    let known: number | undefined;
    if (step === 0 || step >= maxSteps || checkIsDue()) {
      const loss = await check();
      known = loss;
      diverged = !(loss <= divergedAbove && loss < Infinity);
      stop.count(step, loss);
    }
    if (probe !== undefined && probeIsDue(known !== undefined))
      probes.push({ step, value: await probe.measure(trainee, step, known) });
    if (options.checkpoint !== undefined && !diverged && step > 0 && step % options.checkpoint.every === 0)
      await options.checkpoint.save(await checkpoint());
    return diverged;
  }

  async function checkpoint(): Promise<Checkpoint> {
    const state: CheckpointState = {
      version: 1,
      step,
      visited,
      sampler: batches.state(),
      stopCounts: stop.counts(),
      history: history.map((record) => ({ ...record })),
      optimizer: complete,
    };
    return { arrays: await trainee.snapshot(), state };
  }

  async function advance(steps: number): Promise<TrainResult<T> | undefined> {
    for (let taken = 0; result === undefined; taken++) {
      if (!visited && (await visit())) return end("diverged");
      if (stop.reached()) return end("interpolated");
      if (step >= maxSteps) return end("max-steps");
      if (taken >= steps) return undefined;
      if (signal?.aborted === true) return end("aborted");
      const learningRate = schedule(step);
      expectLearningRate("train", learningRate);
      const batch = batches.next();
      const pending = trainee.step(batch, { learningRate, optimizer, clipNorm, divisor: batches.divisor(batch) });
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

  return {
    get step() {
      return step;
    },
    advance(steps) {
      expectInteger("INVALID_STEPS", "advance: expected steps", steps, 0);
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
