import type { Random, SamplerState, Sampling } from "../sampler.js";
import type { CompleteOptimizer, Optimizer } from "../optimizers/optimizer.js";
import type { Schedule } from "../schedule.js";
import type { StoppingRule } from "../stopping.js";
import type { StateArray, Trainee } from "../trainee.js";

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
  /** Steps taken since the start, including those before a checkpoint. */
  steps: number;
  /** The full loss at the end. */
  loss: number;
  /** Every loss check, from step 0 (with the history of the checkpoint, if resumed) to the end. */
  history: LossRecord[];
  /** What the probe returned since this training was started or resumed. */
  probes: ProbeRecord<T>[];
}

/** Everything a training needs to continue: arrays for a file of arrays, and JSON. */
export interface Checkpoint {
  arrays: Record<string, StateArray>;
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
  /** With all its settings; missing in checkpoints of earlier versions. */
  optimizer?: CompleteOptimizer;
}

export interface TrainOptions<V extends Trainee = Trainee, T = never> {
  /** η, or a schedule of it. */
  learningRate: number | Schedule;
  /** B. */
  batchSize: number;
  /** Default `without-replacement`. */
  sampling?: Sampling;
  /** Source of the batches; `seededRandom(seed)` makes checkpoints possible. A resumed training takes the state saved in its checkpoint instead. */
  random: Random;
  /** How gradients become steps; default plain SGD. */
  optimizer?: Optimizer;
  /** Short for the optimizer `{ kind: "heavy-ball", momentum }`, and not beside one; default 0, plain SGD. */
  momentum?: number;
  /** Short for `{ kind: "nesterov", momentum }`; default false, and refused without momentum. */
  nesterov?: boolean;
  /** Global gradient-norm clipping; default none. */
  clipNorm?: number;
  maxSteps: number;
  /** A rule that is met ends the training as `interpolated`; default none. */
  stop?: StoppingRule | readonly StoppingRule[];
  /** A checked loss above this, or one that is not finite, ends the training as `diverged`; default Infinity. */
  divergedAbove?: number;
  /**
   * Measures every `every` steps, from step 0, at the steps listed in `at`, and where `due` says so: it is asked once at each step, and told
   * whether the full loss is known there. `measure` gets that loss, where it is known. It must leave the trainee as it is.
   */
  probe?: {
    every?: number;
    at?: readonly number[];
    due?(step: number, checked: boolean): boolean;
    measure(trainee: V, step: number, loss: number | undefined): T | Promise<T>;
  };
  /** Called with each loss check. */
  progress?: (record: LossRecord) => void;
  /** Called with a checkpoint every `every` steps, after the loss check and the probe of that step. */
  checkpoint?: { every: number; save(checkpoint: Checkpoint): void | Promise<void> };
  /** Ends the training as `aborted`, between two steps. */
  signal?: AbortSignal;
  /** Continues a saved training; `sampling`, `batchSize`, `optimizer` and the number of rules must be those it was saved with. */
  resume?: Checkpoint;
}

/** A training in progress. */
export interface Training<T = never> {
  /** Steps taken. */
  readonly step: number;
  /** Takes up to `steps` more steps; returns the result if the training ended. */
  advance(steps: number): Promise<TrainResult<T> | undefined>;
  /** Runs to the end. */
  run(): Promise<TrainResult<T>>;
  /** The state between two steps. Throws SgdError `RANDOM_WITHOUT_STATE` if `random` cannot be saved. */
  checkpoint(): Promise<Checkpoint>;
}
