/** Why a verdict stands outside the hypotheses of its theorem. */
export type MarkId =
  | "epoch-shuffle"
  | "momentum"
  | "optimizer"
  | "sam"
  | "ire"
  | "weight-decay"
  | "clipping"
  | "not-converged"
  | "loss-floor"
  | "regularizers"
  | "gauss-newton"
  | "vanishing-curvature";

/** A mark on a verdict: its id, and a sentence for people. */
export interface Mark {
  id: MarkId;
  text: string;
}

const texts: Record<MarkId, string> = {
  "epoch-shuffle":
    "Batches were shuffled by epoch, which no stability theorem covers; judged as batches without replacement, the nearest model.",
  // Of comparisons, and of records that were made before momentum had a theory here.
  momentum: "Trained with momentum; judged as plain SGD, whose threshold differs.",
  optimizer:
    "Trained with Adam or RMSprop; judged as plain SGD with this learning rate, whose threshold is another one. With the second moment frozen, Adam and RMSprop have one of their own, from J and that preconditioner.",
  sam: "Trained with SAM; judged as plain SGD with this learning rate, and without momentum, whose threshold is another one. SAM is no linear optimizer: the edge of its full batches depends on the norm of the gradient, and that of minibatches has no theory here.",
  ire: "Trained with IRE; judged as plain SGD with this learning rate, whose threshold is another one. With its mask of flat coordinates frozen, IRE has one of its own, from J and the preconditioner 1/(1 + prog·mask).",
  "weight-decay":
    "With weight decay training ends at a minimum of the loss and a penalty, where residuals and noise remain: the verdict is that of the Gauss–Newton model there.",
  clipping: "Gradients may have been clipped up to the end; judged as SGD without clipping.",
  "not-converged":
    "The training had not reached its goal: this is not yet a minimum, and the theory speaks of minima only.",
  "loss-floor":
    "Part of the loss is a floor that no step can reduce: this is no global minimum of loss 0. SGD settles in a cloud around it, and the verdict is that of the Gauss–Newton model.",
  regularizers: "The loss has a penalty beside the square loss; judged as the square loss alone.",
  "gauss-newton":
    "The verdict is that of the Gauss–Newton linearisation of this loss at this point, taken as a minimum. Unstable says that SGD leaves this point, not that its loss grows without bound.",
  "vanishing-curvature":
    "The examples are fitted so well that less than 1 % of the curvature of the loss is left. As it vanishes every learning rate becomes stable, and SGD has no place to rest: what says something is η*/η along the training, not at its end.",
};

/** The mark of this id. */
export const mark = (id: MarkId): Mark => ({ id, text: texts[id] });
