import type { NamedArray } from "@sgdscope/array-files";
import type { StateArray } from "../trainee.js";
import { corrections } from "./adam.js";
import { completeOptimizer, type Optimizer } from "./optimizer.js";

/**
 * P of the step θ ← θ − ηP⁻¹m that an optimizer takes at a snapshot: √v̂ + ε of Adam, √v + ε of RMSprop (centred: √(v − ḡ²) + ε).
 *
 * It moves with the gradients; frozen, the optimizer is averaged momentum (Adam), heavy balls or plain SGD (RMSprop) in the coordinates
 * P^(1/2)θ.
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
  if (complete.kind !== "adam" && complete.kind !== "rmsprop") return undefined;
  const slot = complete.kind === "adam" ? "second-moment" : "square-average";
  const steps = arrays["optimizer-steps"]?.data[0] ?? 0;
  const root = complete.kind === "adam" ? corrections(complete, 1, steps).root : 1;
  const found = Object.entries(arrays).flatMap(([key, { shape, data }]): [string, NamedArray][] => {
    if (key !== slot && !key.startsWith(`${slot}/`)) return [];
    const mean = arrays[key.replace(slot, "gradient-average")]?.data;
    const values = Float64Array.from(data, (v, k) => {
      const variance = mean === undefined ? v : Math.max(0, v - mean[k]! ** 2);
      return Math.sqrt(variance) / root + complete.epsilon;
    });
    const name = key === slot ? "parameters" : key.slice(slot.length + 1);
    return [[name, { shape, data: data instanceof Float32Array ? Float32Array.from(values) : values }]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
