import { SgdError } from "../errors.js";
import { stepsIn } from "../trainee/steps.js";
import type { StateArray } from "../trainee.js";
import { completeOptimizer, expectOptimizer, type Optimizer } from "./optimizer.js";
import { fits, noState, slots, type OptimizerState } from "./state.js";
import { stepArrays } from "./step.js";

/**
 * The update u of the step θ ← θ − ηu that an optimizer takes from a snapshot with a gradient: what it keeps of past gradients, its
 * weight decay and the clipping are in it. Every optimizer here steps in proportion to η.
 *
 * @param arrays - A snapshot of a trainee; not changed.
 * @param gradient - ĝ of a batch, of SAM at the perturbed point; all parameters one after the other in the order of the snapshot; not changed.
 * @param options.clipNorm - The gradient is scaled by min(1, clipNorm/‖ĝ‖) first. Default Infinity.
 * @returns A new array of the length of the gradient, Float64. Cost a few passes over it.
 * @throws SgdError `INVALID_OPTIMIZER`, `INVALID_MOMENTUM`, `INVALID_CLIP_NORM`; `INVALID_CHECKPOINT` for a gradient of another length
 *   than the parameters.
 */
export function updateOf(
  optimizer: Optimizer,
  arrays: Readonly<Record<string, StateArray>>,
  gradient: Float64Array,
  { clipNorm = Infinity }: { clipNorm?: number } = {},
): Float64Array {
  const caller = "updateOf";
  expectOptimizer(caller, optimizer);
  if (!(clipNorm > 0)) throw new SgdError("INVALID_CLIP_NORM", `${caller}: expected clipNorm > 0, got ${clipNorm}`);
  const parameters = joined(arrays, "parameters");
  if (parameters?.length !== gradient.length)
    throw new SgdError(
      "INVALID_CHECKPOINT",
      `${caller}: expected arrays of ${gradient.length} parameters, as many as the gradient has, got ${parameters?.length ?? 0}`,
    );
  const complete = completeOptimizer(optimizer);
  let square = 0;
  for (const g of gradient) square += g * g;
  const scale = Math.min(1, clipNorm / Math.sqrt(square));
  const spent = gradient.map((g, k) => (scale < 1 ? scale * g : g) + complete.weightDecay * parameters[k]!);
  const state: OptimizerState<Float64Array> = { steps: stepsIn(arrays), slots: {} };
  for (const slot of slots) {
    const kept = joined(arrays, slot);
    if (kept !== undefined) state.slots[slot] = kept;
  }
  // A step from 0 with rate 1, whose decay the gradient has already: no digits are lost against the parameters.
  const update = new Float64Array(gradient.length);
  const without = { ...complete, weightDecay: 0 };
  stepArrays(without, update, spent, 1, fits(complete.kind, state) ? state : noState());
  return update.map((value) => -value);
}

/** The arrays of a name, or of the parameters `name/…`, one after the other; undefined for none. */
function joined(arrays: Readonly<Record<string, StateArray>>, name: string): Float64Array | undefined {
  const found = Object.entries(arrays).filter(([key]) => key === name || key.startsWith(`${name}/`));
  return found.length === 0 ? undefined : Float64Array.from(found.flatMap(([, { data }]) => [...data]));
}
