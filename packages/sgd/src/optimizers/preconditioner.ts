import type { NamedArray } from "@sgdscope/array-files";
import type { StateArray } from "../trainee.js";
import { corrections } from "./adam.js";
import { completeOptimizer, type Optimizer } from "./optimizer.js";

const slotOf = { adam: "second-moment", rmsprop: "square-average", ire: "flat-mask" } as const;

/**
 * P of the step θ ← θ − ηP⁻¹m that an optimizer takes at a snapshot: √v̂ + ε of Adam, √v + ε of RMSprop (centred: √(v − ḡ²) + ε),
 * 1/(1 + prog·mask) of IRE, which is positive.
 *
 * It moves with the gradients; frozen, the optimizer is averaged momentum (Adam), heavy balls or plain SGD (RMSprop, IRE) in the
 * coordinates P^(1/2)θ.
 *
 * @param arrays - A snapshot of a trainee, after at least one step of this optimizer.
 * @returns One array per parameter, by its name, or `parameters` of a vector, shaped and typed as the parameter; undefined for an
 *   optimizer without preconditioner, and before its first step.
 */
export function preconditionerOf(
  optimizer: Optimizer,
  arrays: Readonly<Record<string, StateArray>>,
): Record<string, NamedArray> | undefined {
  const complete = completeOptimizer(optimizer);
  if (complete.kind !== "adam" && complete.kind !== "rmsprop" && complete.kind !== "ire") return undefined;
  const slot = slotOf[complete.kind];
  const steps = arrays["optimizer-steps"]?.data[0] ?? 0;
  const root = complete.kind === "adam" ? corrections(complete, 1, steps).root : 1;
  const found = Object.entries(arrays).flatMap(([key, { shape, data }]): [string, NamedArray][] => {
    if (key !== slot && !key.startsWith(`${slot}/`)) return [];
    const mean = arrays[key.replace(slot, "gradient-average")]?.data;
    const values = Float64Array.from(data, (v, k) => {
      if (complete.kind === "ire") return 1 / (1 + complete.prog * v);
      const variance = mean === undefined ? v : Math.max(0, v - mean[k]! ** 2);
      return Math.sqrt(variance) / root + complete.epsilon;
    });
    const name = key === slot ? "parameters" : key.slice(slot.length + 1);
    return [[name, { shape, data: data instanceof Float32Array ? Float32Array.from(values) : values }]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
