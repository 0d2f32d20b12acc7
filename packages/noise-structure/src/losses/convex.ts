import { symmetricEigen } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "../errors.js";
import type { LeastLoss, OutputLoss } from "./loss.js";

/** What a loss of your own must say of itself. */
export interface ConvexLoss {
  id: string;
  /** Default the id. */
  label?: string;
  source?: string;
  value: (outputs: ArrayLike<number>, targets: ArrayLike<number>) => number;
  /** `s`, length C. */
  gradient: (outputs: ArrayLike<number>, targets: ArrayLike<number>) => ArrayLike<number>;
  /** `S`, C × C, row-major. */
  curvature: (outputs: ArrayLike<number>, targets: ArrayLike<number>) => ArrayLike<number>;
  /** The least ℓ that targets allow, where excess losses are asked for. */
  least?: (targets: ArrayLike<number>) => LeastLoss;
  /** Eigenvalues of S below this share of the largest are 0. Default 1e-12. */
  rankTolerance?: number;
}

/**
 * Any convex loss, by its value, gradient and curvature: R and r̃ come from the eigenvectors of S.
 *
 * Where eigenvalues of S lie far apart, the small ones carry an error of 1e-16 of the largest; the losses of this package have
 * closed forms instead.
 *
 * @throws NoiseStructureError INVALID_ARGUMENT for `rankTolerance`.
 * @returns Cost about `8C³` operations per example. Its `at` throws GRADIENT_OUT_OF_RANGE where S is singular and s has a part
 *   outside of its range, NOT_POSITIVE_SEMIDEFINITE where the loss is not convex.
 */
export function convexLoss({
  id,
  label = id,
  source = "user",
  value,
  gradient: gradientOf,
  curvature: curvatureOf,
  least,
  rankTolerance = 1e-12,
}: ConvexLoss): OutputLoss {
  if (!(rankTolerance >= 0 && rankTolerance < 1))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `convexLoss: expected rankTolerance in [0, 1), got ${rankTolerance}.`,
    );
  return {
    id,
    label,
    source,
    rows: (outputs) => outputs,
    value,
    ...(least === undefined ? {} : { least }),
    at: (outputs, targets, example = 0) => {
      const size = outputs.length;
      const gradient = Float64Array.from(gradientOf(outputs, targets));
      const curvature = Float64Array.from(curvatureOf(outputs, targets));
      if (gradient.length !== size || curvature.length !== size * size)
        throw new NoiseStructureError(
          "SHAPE_MISMATCH",
          `${id} loss: expected a gradient of ${size} and a curvature of ${size * size} numbers, got ${gradient.length} and ${curvature.length}.`,
        );
      const { values, vectors } = symmetricEigen(curvature, size);
      const zero = rankTolerance * Math.max(0, values[0]!);
      if (values[size - 1]! < -zero)
        throw new NoiseStructureError(
          "NOT_POSITIVE_SEMIDEFINITE",
          `${id} loss: expected a convex loss, got the curvature ${values[size - 1]!} at example ${example}.`,
        );
      const length = Math.hypot(...gradient);
      const factor = new Float64Array(size * size);
      const residual = new Float64Array(size);
      for (let row = 0; row < size; row++) {
        const vector = vectors.subarray(row * size, (row + 1) * size);
        const part = vector.reduce((sum, entry, c) => sum + entry * gradient[c]!, 0);
        const root = Math.sqrt(values[row]!);
        if (values[row]! > zero) {
          for (let c = 0; c < size; c++) factor[row * size + c] = root * vector[c]!;
          residual[row] = part / root;
        } else if (!(Math.abs(part) <= 1e-9 * length)) throw outOfRange(id, part, example);
      }
      return { value: value(outputs, targets), gradient, curvature, factor, residual };
    },
  };
}

const outOfRange = (id: string, part: number, example: number): NoiseStructureError =>
  new NoiseStructureError(
    "GRADIENT_OUT_OF_RANGE",
    `${id} loss: its curvature is singular at example ${example}, and its gradient has a part of ${part} where there is no curvature, so no Gram system holds both.`,
  );
