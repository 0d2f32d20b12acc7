import { SgdError, expectInteger } from "../errors.js";
import type { StateArray } from "../trainee.js";

/** The steps that an optimizer had taken when `arrays` were saved; 0 where it counts none. */
export function stepsIn(arrays: Record<string, StateArray>): number {
  if (arrays["optimizer-steps"] === undefined) return 0;
  const [steps] = float64(arrays, "optimizer-steps", 1);
  expectInteger("INVALID_CHECKPOINT", "restore: expected optimizer-steps", steps!, 1);
  return steps!;
}

/** An array of a snapshot in Float64. */
export function float64(arrays: Record<string, StateArray>, name: string, length: number): Float64Array {
  const data = arrays[name]?.data;
  if (!(data instanceof Float64Array) || data.length !== length) {
    const got = data === undefined ? "nothing" : `${data.constructor.name} of length ${data.length}`;
    throw new SgdError(
      "INVALID_CHECKPOINT",
      `restore: expected ${name} to be a Float64Array of length ${length}, got ${got}`,
    );
  }
  return data;
}
