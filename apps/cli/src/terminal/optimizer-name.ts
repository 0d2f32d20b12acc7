import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";

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
