import { multiplyVector } from "@sgdscope/linear-algebra";
import type { PreparedMinimum } from "../minimum.js";
import { oncePerMinimum } from "../once.js";

/** Residuals as a displacement from the minimum and a part that no displacement explains. */
export interface SplitResiduals {
  /** δ in the eigenbasis of H, length `rank`: `Xδ` is the realizable part of the residuals. */
  position: Float64Array;
  /** The rest, orthogonal to the range of the Gram matrix; length nC. */
  outside: Float64Array;
  /** Loss of the rest; exactly 0 when it is below rounding (1e-24 of the loss). */
  floor: number;
}

/**
 * The part of the loss that no displacement in the range of H explains, and so no step reduces: that of residuals outside
 * the range of the Gram matrix. 0 where it is below rounding. Around such a minimum SGD settles in a cloud
 * (`stationaryCovariance`); its threshold is the same.
 *
 * @returns Computed at the first call for a minimum; cost `4·rank·nC` operations.
 */
export const lossFloor: (minimum: PreparedMinimum) => number = oncePerMinimum(
  (minimum: PreparedMinimum) => splitResiduals(minimum).floor,
);

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
