import { NoiseStructureError } from "../errors.js";

/**
 * Labels as targets `[n, C]`: rows with a one.
 *
 * @param labels - Whole numbers 0 … C − 1, length n.
 * @param classes - C.
 * @throws NoiseStructureError INVALID_ARGUMENT, naming the example.
 */
export function labelRows(labels: ArrayLike<number>, classes: number): Float64Array {
  if (!Number.isSafeInteger(classes) || classes < 1)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `labelRows: expected classes to be a positive integer, got ${classes}.`,
    );
  const rows = new Float64Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `labelRows: expected labels 0 … ${classes - 1}, got ${label} at example ${i}.`,
      );
    rows[i * classes + label] = 1;
  }
  return rows;
}

/** @internal Refuses a label smoothing out of [0, 1). */
export function expectSmoothing(caller: string, labelSmoothing: number): void {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected labelSmoothing in [0, 1), got ${labelSmoothing}.`,
    );
}
