import { gaussian } from "@sgdscope/random";
import { expectCount, ModelsRfmError } from "../errors.js";
import type { Random } from "../model.js";

/** Inputs X, row-major [size, inputs], and labels y = ±1. */
export interface LabelledInputs {
  X: Float64Array;
  y: Float64Array;
}

export interface DepletedDataOptions {
  /** Number of examples P. */
  size: number;
  /** Input dimension d. */
  inputs: number;
  /** χ > −1: how fast the density vanishes at the boundary x₁ = 0; 0 for plain Gaussian inputs. */
  depletion: number;
  random: Random;
}

/**
 * The data of the depleted perceptron: y = sign x₁, x₁ of density ∝ |x₁|^χ exp(−x₁²/2), the other coordinates N(0, 1).
 *
 * |x₁| = √(2·Gamma((χ + 1)/2)).
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, as in the authors' code.
 */
export function depletedData({ size, inputs, depletion, random }: DepletedDataOptions): LabelledInputs {
  expectCount("depletedData: expected size", size);
  expectCount("depletedData: expected inputs", inputs);
  if (!(depletion > -1 && depletion < Infinity))
    throw new ModelsRfmError("INVALID_VALUE", `depletedData: expected a finite depletion > -1, got ${depletion}`);
  const X = gaussian(size * inputs, random);
  const y = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    y[i] = X[i * inputs]! < 0 ? -1 : 1;
    if (depletion !== 0) X[i * inputs] = y[i]! * Math.sqrt(2 * gamma((depletion + 1) / 2, random));
  }
  return { X, y };
}

/** A draw of Gamma(shape, 1), by rejection (Marsaglia and Tsang 2000); below shape 1 from shape + 1 and a power of a uniform. */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const z = gaussian(1, random)[0]!;
    const v = (1 + z / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * z * z + d * (1 - v + Math.log(v))) return d * v;
  }
}
