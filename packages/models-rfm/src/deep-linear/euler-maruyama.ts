import { gaussian } from "@sgdscope/random";
import { expectCount, expectPositive } from "../errors.js";
import type { Random } from "../model.js";
import type { ItoProcess } from "./mode-dynamics.js";

export interface EulerMaruyamaOptions {
  /** x(0). */
  start: number;
  /** Δt. */
  timeStep: number;
  steps: number;
  random: Random;
}

/**
 * A path of dx = drift dt + noise dβ by x ← x + drift(x)Δt + noise(x)√Δt·z, z ~ N(0, 1): strong order ½, weak order 1.
 *
 * With Δt = η the path of a mode's layer is SGD with its noise made Gaussian.
 *
 * @returns x at 0, Δt, …, steps·Δt; length steps + 1.
 * @throws ModelsRfmError `INVALID_SIZE`.
 * @see Maruyama (1955); Kloeden and Platen (1992), for the orders (recalled, not confirmed).
 */
export function eulerMaruyama(process: ItoProcess, options: EulerMaruyamaOptions): Float64Array {
  const { start, timeStep, steps, random } = options;
  expectPositive("eulerMaruyama: expected timeStep", timeStep);
  expectCount("eulerMaruyama: expected steps", steps);
  const normals = gaussian(steps, random);
  const path = new Float64Array(steps + 1);
  path[0] = start;
  const root = Math.sqrt(timeStep);
  for (let k = 0; k < steps; k++) {
    const x = path[k]!;
    path[k + 1] = x + process.drift(x) * timeStep + process.noise(x) * root * normals[k]!;
  }
  return path;
}
