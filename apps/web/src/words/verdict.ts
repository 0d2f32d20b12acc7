import type { StopReason } from "@sgdscope/sgd";
import type { Settings } from "../state/settings.js";
import { phaseAt } from "../state/settings.js";
import type { Measurement } from "../study/measure.js";
import { compact } from "./format.js";

/**
 * `leave`: above the limit; `settle`: below it, not yet at a minimum; `edge` and `stay`: at a minimum that it can hold, `edge`
 * where it was driven there.
 */
type Tone = "none" | "leave" | "settle" | "edge" | "stay" | "diverged";

export interface Verdict {
  tone: Tone;
  headline: string;
  detail: string;
}

/** Below this loss the page speaks of a minimum. */
const AT_MINIMUM = 1e-4;

/**
 * What the numbers say of this point, in words.
 *
 * @param driven - Whether η was above η* at any step of the run: one that was not came near the edge by chance.
 */
export function verdictOf(
  settings: Settings,
  latest: Measurement | undefined,
  ended: StopReason | undefined,
  driven: boolean,
): Verdict {
  const fixed = settings.problem.model === "random-features";
  if (ended === "diverged")
    return {
      tone: "diverged",
      headline: "It diverged",
      detail: fixed
        ? "The curvature of a random-feature model is the same everywhere. Above η* there is no flatter place to go, so the loss grows without end."
        : "The steps were too large to find any flatter place.",
    };
  if (latest === undefined)
    return { tone: "none", headline: "Ready", detail: "The predictions are drawn. Run to see the data." };
  const { edgeRatio: ratio, loss, spectralRadius } = latest;
  const times = compact(ratio);
  const growth = `In mean square, a small error here is multiplied by ${factor(spectralRadius)} at every step.`;
  const found = loss < AT_MINIMUM;
  if (ratio > 1 && !found)
    return {
      tone: "leave",
      headline: "Too sharp to stay",
      detail: `η is ${times} times the critical learning rate of this place. ${fixed ? growth : "SGD cannot settle here, and moves on to where the loss is flatter."}`,
    };
  if (ratio > 1)
    return {
      tone: ratio < 1.1 ? "edge" : "leave",
      headline: ratio < 1.1 ? "At the edge" : "A minimum it cannot hold",
      detail:
        ratio < 1.1
          ? `η is ${times} times η*, within a tenth of the edge of stability. The limit is about the mean square; a single path can stay a little above it.`
          : `The loss is almost zero, yet η is ${times} times η*. ${growth} Watch the loss climb.`,
    };
  if (!found)
    return {
      tone: "settle",
      headline: "Flat enough to stay",
      detail: `η is ${times} of the critical learning rate of this place. From here the loss can fall to zero.`,
    };
  const near = ratio > 0.85;
  const edge = near && driven;
  const gradientDescent = phaseAt(settings.phases, latest.step).batchSize === settings.problem.examples;
  return {
    tone: edge ? "edge" : "stay",
    headline: `${ended === "interpolated" ? "At rest" : "It can stay"}${edge ? ", at the edge" : ""}`,
    detail: `η is ${times} of η*: ${
      edge
        ? "just inside the edge of stability."
        : near
          ? "inside the edge of stability, though nothing drove it there: η was never above η* in this run."
          : gradientDescent && latest.samplingFactor === 0
            ? "gradient descent has no noise, and holds a minimum this sharp with ease. SGD might not: set B to 1."
            : "this minimum would hold a larger learning rate, too."
    } ${growth}`,
  };
}

const factor = (growth: number): string => (growth < 10 ? growth.toFixed(growth < 1.1 ? 4 : 2) : compact(growth));
