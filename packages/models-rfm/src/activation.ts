import { ModelsRfmError } from "./errors.js";
import { erf } from "./erf.js";

/** Activations of the random feature model. */
export type Activation = "relu" | "tanh" | "erf" | "linear";

const activations: Record<Activation, (z: number) => number> = {
  relu: (z) => (z > 0 ? z : 0),
  tanh: Math.tanh,
  erf,
  linear: (z) => z,
};

/** The activation of that name. Throws ModelsRfmError `UNKNOWN_ACTIVATION`. */
export function activationOf(caller: string, name: Activation): (z: number) => number {
  if (!Object.hasOwn(activations, name))
    throw new ModelsRfmError(
      "UNKNOWN_ACTIVATION",
      `${caller}: expected activation to be one of ${Object.keys(activations).join(", ")}, got ${name as string}`,
    );
  return activations[name];
}
