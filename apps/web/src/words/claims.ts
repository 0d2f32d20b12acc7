import type { Settings } from "../state/settings.js";
import { lastPhase } from "../state/settings.js";

/** The titles of the figures: each says the point that the figure makes. */
export interface Claims {
  ratio: string;
  curvature: string;
  loss: string;
  alignment: string;
}

/** What was seen of a run, on which its titles rest; undefined before there are data. */
export interface Seen {
  /** Whether η was above η* at any step: only then does anything drive SGD away. */
  driven: boolean | undefined;
  /** μ, or μ₁, along the run. */
  factors: readonly (number | undefined)[];
}

/** Between these μ is of order 1. */
const ofOrderOne = [1 / 3, 3] as const;

/** The claims that hold for the model, the batches that are set, and the run so far. */
export function claimsOf(
  { problem, phases }: Pick<Settings, "problem" | "phases">,
  { driven, factors }: Seen = { driven: undefined, factors: [] },
): Claims {
  const { batchSize, sampling } = lastPhase(phases);
  const apart = factors.some((factor) => factor !== undefined && !(factor >= ofOrderOne[0] && factor <= ofOrderOne[1]));
  const alignment = apart
    ? "Here noise and curvature come apart: μ is not of order 1 all along"
    : "All along, the noise points where the loss curves: μ is of order 1";
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
      alignment: apart ? alignment : "Even where it does nothing, the noise would point where the loss curves",
    };
  if (driven === false)
    return {
      ratio: "η is below η* from the start: nothing drives SGD away",
      curvature: "Where η stays below η*, nothing forces the curvature down",
      loss: "Where SGD can stay, the loss falls to zero",
      alignment,
    };
  return {
    ratio: "SGD leaves what is too sharp, and rests where η ≲ η*",
    curvature: "The curvature falls until it is below what the noise allows",
    loss: "Where SGD can stay, the loss falls to zero",
    alignment,
  };
}
