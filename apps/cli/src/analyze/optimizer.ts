import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { usageError } from "../terminal/errors.js";
import type { AnalyzeOptions } from "./options.js";

/** The optimizer that the options ask for; undefined for plain SGD. */
export function optimizerOf({ optimizer, momentum, nesterov, weightDecay }: AnalyzeOptions): Optimizer | undefined {
  const kind = optimizer ?? (nesterov === true ? "nesterov" : momentum === undefined ? "sgd" : "heavy-ball");
  if (nesterov === true && kind !== "nesterov")
    throw usageError(`--nesterov: expected --optimizer nesterov or none beside it, got ${kind}`);
  const decay = weightDecay === undefined ? {} : { weightDecay };
  if (kind === "sgd") {
    if (momentum !== undefined && momentum !== 0)
      throw usageError(`--momentum: expected no momentum with --optimizer sgd, got ${momentum}`);
    return weightDecay === undefined ? undefined : { kind, ...decay };
  }
  if (momentum === undefined) throw usageError(`--optimizer ${kind} needs --momentum <β>`);
  return { kind, momentum, ...decay };
}

const names = {
  sgd: "SGD",
  "heavy-ball": "SGD with momentum",
  nesterov: "SGD with Nesterov's momentum",
  ema: "SGD with averaged momentum",
} as const;

/** What people call an optimizer, with its settings. */
export const optimizerName = (optimizer: Optimizer): string =>
  [
    names[optimizer.kind],
    ...(optimizer.kind === "sgd" ? [] : [` β = ${optimizer.momentum}`]),
    ...(optimizer.weightDecay === undefined ? [] : [`, weight decay ${optimizer.weightDecay}`]),
  ].join("");
