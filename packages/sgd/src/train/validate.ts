import { SgdError, expectInteger } from "../errors.js";
import { expectOptimizer, type CompleteOptimizer, type Optimizer } from "../optimizers/optimizer.js";
import { restoreSampler, sampler, type Sampler } from "../sampler.js";
import { expectLearningRate } from "../schedule.js";
import type { Trainee } from "../trainee.js";
import type { CheckpointState, TrainOptions } from "./types.js";

/** The sampler of a new training, or the one that a checkpoint saved. */
export function samplerOf(
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
      "INVALID_CHECKPOINT",
      `train: expected a checkpoint of ${sampling} batches of ${batchSize} from ${trainee.size}, ` +
        `got ${saved.kind} batches of ${saved.batchSize} from ${saved.size}`,
    );
  return saved;
}

/** Refuses options out of range. */
export function validateOptions<V extends Trainee, T>(options: TrainOptions<V, T>): void {
  const { clipNorm = Infinity, maxSteps, probe, checkpoint } = options;
  if (typeof options.learningRate === "number") expectLearningRate("train", options.learningRate);
  if (!(clipNorm > 0)) throw new SgdError("INVALID_CLIP_NORM", `train: expected clipNorm > 0, got ${clipNorm}`);
  expectInteger("INVALID_STEPS", "train: expected maxSteps", maxSteps, 0);
  if (probe?.every !== undefined) expectInteger("INVALID_STEPS", "train: expected probe.every", probe.every, 1);
  if (checkpoint !== undefined) expectInteger("INVALID_STEPS", "train: expected checkpoint.every", checkpoint.every, 1);
}

/** The optimizer of a training, however it was asked for. */
export function optimizerOf({
  optimizer,
  momentum = 0,
  nesterov = false,
}: Pick<TrainOptions, "optimizer" | "momentum" | "nesterov">): Optimizer {
  if (!(momentum >= 0 && momentum < 1))
    throw new SgdError("INVALID_MOMENTUM", `train: expected momentum in [0, 1), got ${momentum}`);
  if (optimizer === undefined) {
    if (nesterov && momentum === 0)
      throw new SgdError("INVALID_MOMENTUM", "train: expected momentum above 0 with nesterov, got 0");
    return momentum === 0 ? { kind: "sgd" } : { kind: nesterov ? "nesterov" : "heavy-ball", momentum };
  }
  if (momentum !== 0 || nesterov)
    throw new SgdError("INVALID_OPTIMIZER", "train: expected momentum as a setting of optimizer, got it beside one");
  expectOptimizer("train", optimizer);
  return optimizer;
}

/** Refuses a checkpoint that was saved with other rules or in another format. */
export function expectFits(state: CheckpointState, rules: number, optimizer: CompleteOptimizer): void {
  if ((state.version as number) !== 1)
    throw new SgdError("INVALID_CHECKPOINT", `train: expected a checkpoint of version 1, got ${String(state.version)}`);
  expectInteger("INVALID_CHECKPOINT", "train: expected the step of the checkpoint", state.step, 0);
  if (state.stopCounts.length !== rules)
    throw new SgdError(
      "INVALID_CHECKPOINT",
      `train: expected a checkpoint with as many stopping rules as options.stop, ${rules}, got ${state.stopCounts.length}`,
    );
  const saved = state.optimizer;
  if (saved !== undefined && !sameSettings(saved, optimizer))
    throw new SgdError(
      "INVALID_CHECKPOINT",
      `train: expected a checkpoint of the optimizer ${JSON.stringify(optimizer)}, got ${JSON.stringify(saved)}`,
    );
}

function sameSettings(a: CompleteOptimizer, b: CompleteOptimizer): boolean {
  const [one, other] = [a, b].map((each) => Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)));
  return JSON.stringify(one) === JSON.stringify(other);
}
