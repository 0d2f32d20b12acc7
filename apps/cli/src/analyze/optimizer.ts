import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { expectMomentum } from "../options/nesterov.js";
import { usageError } from "../terminal/errors.js";
import type { AnalyzeOptions } from "./options.js";

/** The options that say an optimizer. */
export type OptimizerOptions = Pick<
  AnalyzeOptions,
  "optimizer" | "momentum" | "nesterov" | "weightDecay" | "preconditioner"
>;

/**
 * The optimizer that the options ask for, in the coordinates in which it steps plainly; undefined for plain SGD. Adam with its second
 * moment frozen averages its momentum, RMSprop may have that of a heavy ball.
 */
export function optimizerOf(options: OptimizerOptions): Optimizer | undefined {
  const { optimizer, momentum, nesterov, weightDecay, preconditioner } = options;
  if (nesterov === true && optimizer !== undefined && optimizer !== "nesterov")
    throw usageError(`--nesterov: expected --optimizer nesterov or none beside it, got ${optimizer}`);
  if (nesterov === true) expectMomentum(momentum === undefined ? undefined : [momentum]);
  if (optimizer === "adam" || optimizer === "rmsprop") {
    if (preconditioner === undefined)
      throw usageError(
        `--optimizer ${optimizer} needs --preconditioner <file>, √v̂ + ε of its second moment, beside --jacobian`,
      );
    const own =
      optimizer === "adam" ? ("ema" as const) : momentum === undefined ? ("sgd" as const) : ("heavy-ball" as const);
    return optimizerOf({ ...options, optimizer: own, ...(optimizer === "adam" ? { momentum: momentum ?? 0.9 } : {}) });
  }
  const kind = optimizer ?? (nesterov === true ? "nesterov" : momentum === undefined ? "sgd" : "heavy-ball");
  const decay = weightDecay === undefined ? {} : { weightDecay };
  if (kind === "sgd") {
    if (momentum !== undefined && momentum !== 0)
      throw usageError(`--momentum: expected no momentum with --optimizer sgd, got ${momentum}`);
    return weightDecay === undefined ? undefined : { kind, ...decay };
  }
  if (momentum === undefined) throw usageError(`--optimizer ${kind} needs --momentum <β>`);
  return { kind, momentum, ...decay };
}
