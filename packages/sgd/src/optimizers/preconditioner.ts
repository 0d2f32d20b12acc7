import { SgdError } from "../errors.js";
import type { StateArray } from "../trainee.js";
import { completeOptimizer, type Optimizer } from "./optimizer.js";
import { corrections } from "./adam.js";
import { stepsIn } from "../trainee/steps.js";

/**
 * The diagonal P of `θ ← θ − ηP⁻¹m` that Adam or RMSprop steps by as it stands: `√v̂ + ε` with Adam's bias correction, `√v + ε` of
 * RMSprop, `√(v − ḡ²) + ε` where it is centred.
 *
 * @param snapshot - Of a trainee that has stepped by that optimizer.
 * @returns By the name of the parameter, `""` of a trainee of one vector; in the order of the snapshot, of its lengths.
 *   Undefined of optimizers without a preconditioner.
 * @throws SgdError INVALID_CHECKPOINT for a snapshot without such a state.
 */
export function preconditionerOf(
  optimizer: Optimizer,
  snapshot: Record<string, StateArray>,
): Record<string, Float64Array> | undefined {
  const complete = completeOptimizer(optimizer);
  if (complete.kind !== "adam" && complete.kind !== "rmsprop") return undefined;
  const slot = complete.kind === "adam" ? "second-moment" : "square-average";
  const found = Object.entries(snapshot).filter(([name]) => name === slot || name.startsWith(`${slot}/`));
  if (found.length === 0)
    throw new SgdError("INVALID_CHECKPOINT", `preconditionerOf: expected a snapshot with ${slot}, got none`);
  const { epsilon } = complete;
  const root = complete.kind === "adam" ? corrections(complete, 1, stepsIn(snapshot)).root : 1;
  return Object.fromEntries(
    found.map(([key, { data }]) => {
      const name = key.slice(slot.length + 1);
      const mean =
        complete.kind === "rmsprop" && complete.centered ? snapshot[key.replace(slot, "gradient-average")] : undefined;
      return [
        name,
        Float64Array.from(data, (v, k) => Math.sqrt(Math.max(0, v - (mean?.data[k] ?? 0) ** 2)) / root + epsilon),
      ];
    }),
  );
}
