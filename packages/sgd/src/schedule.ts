import { SgdError, expectInteger } from "./errors.js";

/** Learning rate of step t = 0, 1, … (steps already taken). */
export type Schedule = (step: number) => number;

/**
 * Linear warm-up: η·min(1, (t + 1)/steps), so the first step takes η/steps and step number `steps` the full η.
 *
 * @throws SgdError `INVALID_LEARNING_RATE`, `INVALID_STEPS`.
 */
export function warmUp(learningRate: number, steps: number): Schedule {
  expectLearningRate("warmUp", learningRate);
  expectInteger("INVALID_STEPS", "warmUp: expected steps", steps, 1);
  return (step) => learningRate * Math.min(1, (step + 1) / steps);
}

/** Refuses anything but a finite number ≥ 0. */
export function expectLearningRate(caller: string, learningRate: number): void {
  if (!(learningRate >= 0 && learningRate < Infinity))
    throw new SgdError("INVALID_LEARNING_RATE", `${caller}: expected a finite learning rate ≥ 0, got ${learningRate}`);
}
