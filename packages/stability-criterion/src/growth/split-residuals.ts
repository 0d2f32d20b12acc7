import { multiplyVector } from "@sgdscope/linear-algebra";
import type { PreparedMinimum } from "../minimum.js";

/** Residuals as a displacement from the minimum and a part that no displacement explains. */
export interface SplitResiduals {
  /** δ in the eigenbasis of H, length `rank`: `Xδ` is the realizable part of the residuals. */
  position: Float64Array;
  /** The rest, orthogonal to the range of the Gram matrix; length nC. */
  outside: Float64Array;
  /** Loss of the rest; exactly 0 when it is below rounding (1e-24 of the loss). */
  floor: number;
}

/** @internal The least-squares split `r = Xδ + s`, `Xᵀs = 0`. */
export function splitResiduals(minimum: PreparedMinimum): SplitResiduals {
  const { examples: n, outputs, rank, features, transposedFeatures, eigenvalues, system } = minimum;
  const size = n * outputs;
  const position = multiplyVector(transposedFeatures, system.residuals, rank, size);
  for (let a = 0; a < rank; a++) position[a]! /= n * eigenvalues[a]!;
  const inside = multiplyVector(features, position, size, rank);
  let total = 0;
  let rest = 0;
  const outside = system.residuals.map((r, k) => {
    const s = r - inside[k]!;
    total += r * r;
    rest += s * s;
    return s;
  });
  return rest > 1e-24 * total
    ? { position, outside, floor: rest / (2 * n) }
    : { position, outside: new Float64Array(size), floor: 0 };
}
