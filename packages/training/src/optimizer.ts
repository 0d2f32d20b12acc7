import type { Reached } from "@sgdscope/analysis";
import type { Optimizer } from "@sgdscope/sgd";
import type { OptimizerSettings } from "./task.js";

const decaying = ({ weightDecay }: OptimizerSettings): { weightDecay?: number } =>
  weightDecay === undefined ? {} : { weightDecay };

/** The optimizer of a training as its steps are taken. */
export function optimizerOfTask(settings: OptimizerSettings): Optimizer {
  const { momentum, nesterov, optimizer, dampening, beta1, beta2, epsilon, alpha, centered, rho, prog, rank } =
    settings;
  const decay = decaying(settings);
  if (optimizer === "adam") return { kind: optimizer, ...given({ beta1, beta2, epsilon }), ...decay };
  if (optimizer === "rmsprop") return { kind: optimizer, momentum, ...given({ alpha, epsilon, centered }), ...decay };
  if (optimizer === "sam") return { kind: optimizer, momentum, ...given({ rho }), ...decay };
  if (optimizer === "ire") return { kind: optimizer, momentum, ...given({ prog, rank }), ...decay };
  if (optimizer === "ema") return { kind: optimizer, momentum, ...decay };
  if (momentum === 0) return { kind: "sgd", ...decay };
  if (nesterov === true) return { kind: "nesterov", momentum, ...decay };
  return { kind: "heavy-ball", momentum, ...given({ dampening }), ...decay };
}

/** The optimizer as the stability theory judges it; where it has no theory, plain SGD, and the name of what was not judged. */
export function judgedOptimizer(settings: OptimizerSettings): Pick<Reached, "optimizer" | "unjudged"> {
  const optimizer = optimizerOfTask(settings);
  const plain = { kind: "sgd", ...decaying(settings) } as const;
  switch (optimizer.kind) {
    case "adam":
      return { optimizer: plain, unjudged: "Adam" };
    case "rmsprop":
      return { optimizer: plain, unjudged: "RMSprop" };
    case "sam":
      return { optimizer: plain, unjudged: "SAM" };
    case "ire":
      return { optimizer: plain, unjudged: "IRE" };
    default:
      return { optimizer };
  }
}

/** Before the name of a parameter in a file of parameters: what its step was divided by. */
export const preconditionerPrefix = "preconditioner/";

/**
 * Adam and RMSprop with their second moment frozen, IRE with its mask, in the coordinates in which they step plainly; undefined for other optimizers, and
 * with weight decay, which a preconditioner scales differently for each parameter.
 */
export function frozenOptimizer(settings: OptimizerSettings): Reached["optimizer"] | undefined {
  const optimizer = optimizerOfTask(settings);
  if ((settings.weightDecay ?? 0) > 0) return undefined;
  if (optimizer.kind === "adam") return { kind: "ema", momentum: optimizer.beta1 ?? 0.9 };
  if (optimizer.kind !== "rmsprop" && optimizer.kind !== "ire") return undefined;
  const { momentum = 0 } = optimizer;
  return momentum === 0 ? { kind: "sgd" } : { kind: "heavy-ball", momentum };
}

/** What of a training has no exact threshold at any step: the name of an optimizer that is not judged, frozen or not. */
export function withoutThreshold(settings: OptimizerSettings): string | undefined {
  const { unjudged } = judgedOptimizer(settings);
  if (unjudged === undefined || frozenOptimizer(settings) !== undefined) return undefined;
  const decay = frozenOptimizer({ ...settings, weightDecay: 0 }) === undefined ? "" : " with weight decay";
  return `${unjudged}${decay}`;
}

/** Without what is undefined. */
const given = <T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
