import { NoiseStructureError } from "../errors.js";
import { crossEntropyLoss } from "./cross-entropy.js";
import { huberLoss, pseudoHuberLoss } from "./huber.js";
import { logisticLoss } from "./logistic.js";
import type { LossId, OutputLoss } from "./loss.js";
import { poissonLoss } from "./poisson.js";
import { squareLoss } from "./square.js";

/** What a loss can be told beyond its name; each loss takes its own and refuses the others. */
export interface LossOptions {
  /** ε of `cross-entropy` and `logistic`. */
  labelSmoothing?: number;
  /** δ of `huber` and `pseudo-huber`. */
  delta?: number;
}

interface Entry {
  make: (options: LossOptions) => OutputLoss;
  takes: readonly (keyof LossOptions)[];
}

const losses: Record<LossId, Entry> = {
  square: { make: squareLoss, takes: [] },
  "cross-entropy": { make: crossEntropyLoss, takes: ["labelSmoothing"] },
  logistic: { make: logisticLoss, takes: ["labelSmoothing"] },
  huber: { make: huberLoss, takes: ["delta"] },
  "pseudo-huber": { make: pseudoHuberLoss, takes: ["delta"] },
  poisson: { make: poissonLoss, takes: [] },
};

/** The names of all losses of this package. */
export const lossIds = Object.keys(losses) as readonly LossId[];

/** Piecewise linear losses: S is 0 wherever it exists. */
const withoutCurvature: Record<string, string> = {
  hinge: "huber, pseudo-huber and logistic",
  absolute: "huber and pseudo-huber",
};

/**
 * A loss by its name.
 *
 * @throws NoiseStructureError INVALID_ARGUMENT for an unknown name, and for an option that the loss does not take;
 *   LOSS_WITHOUT_CURVATURE for `hinge` and `absolute`, whose Gauss–Newton matrix is 0 and says nothing about stability.
 */
export function lossNamed(id: string, options: LossOptions = {}): OutputLoss {
  const near = Object.hasOwn(withoutCurvature, id) ? withoutCurvature[id] : undefined;
  if (near !== undefined)
    throw new NoiseStructureError(
      "LOSS_WITHOUT_CURVATURE",
      `lossNamed: the ${id} loss is piecewise linear: it has no curvature wherever it has a gradient, so no threshold follows from its Gauss–Newton matrix; losses like it that are curved are ${near}.`,
    );
  if (!Object.hasOwn(losses, id))
    throw new NoiseStructureError("INVALID_ARGUMENT", `lossNamed: expected one of ${lossIds.join(", ")}, got ${id}.`);
  const { make, takes } = losses[id as LossId];
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !takes.includes(name as keyof LossOptions))
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `lossNamed: the ${id} loss takes no ${name}, got ${String(value)}.`,
      );
  return make(options);
}
