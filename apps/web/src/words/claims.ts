import type { Settings } from "../state/settings.js";
import { lastPhase } from "../state/settings.js";

/** The titles of the figures: each says the point that the figure makes. */
export interface Claims {
  ratio: string;
  curvature: string;
  loss: string;
  alignment: string;
}

/** The claims that hold for the model and the batches that are set. */
export function claimsOf({ problem, phases }: Pick<Settings, "problem" | "phases">): Claims {
  const { batchSize, sampling } = lastPhase(phases);
  const alignment = "All along, the noise points where the loss curves: μ stays near 1";
  if (problem.model === "random-features")
    return {
      ratio: "The model cannot move, so η and B alone decide η/η*",
      curvature: "The curvature of a random-feature model is the same everywhere",
      loss: "Below η* the loss falls to zero; far above, it explodes",
      alignment,
    };
  if (batchSize === problem.examples && sampling !== "bernoulli" && sampling !== "with-replacement")
    return {
      ratio: "Without noise, only the sharpest direction limits the learning rate",
      curvature: "Gradient descent rests at minima far sharper than SGD could hold",
      loss: "Without noise, the loss falls fast and smoothly",
      alignment: "Even where it does nothing, the noise would point where the loss curves",
    };
  return {
    ratio: "SGD leaves what is too sharp, and rests where η ≲ η*",
    curvature: "The curvature falls until it is below what the noise allows",
    loss: "Where SGD can stay, the loss falls to zero",
    alignment,
  };
}
