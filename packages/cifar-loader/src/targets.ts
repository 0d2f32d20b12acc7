import type { TargetEncoding } from "./dataset.js";
import { CifarError } from "./errors.js";

/**
 * Classes as numbers to fit, row-major [labels.length, outputs].
 *
 * @throws CifarError INVALID_ARGUMENT for `plus-minus-one` with other than two classes.
 */
export function encodeTargets(
  caller: string,
  labels: Uint8Array,
  classes: number,
  encoding: TargetEncoding,
): { outputs: number; targets: Float32Array } {
  switch (encoding) {
    case "one-hot": {
      const targets = new Float32Array(labels.length * classes);
      labels.forEach((label, i) => (targets[i * classes + label] = 1));
      return { outputs: classes, targets };
    }
    case "plus-minus-one":
      if (classes !== 2)
        throw new CifarError(
          "INVALID_ARGUMENT",
          `${caller}: expected two classes for targets "plus-minus-one", got ${classes}; use "one-hot"`,
        );
      return { outputs: 1, targets: Float32Array.from(labels, (label) => 2 * label - 1) };
    case "scalar":
      return { outputs: 1, targets: Float32Array.from(labels) };
    default:
      throw new CifarError(
        "INVALID_ARGUMENT",
        `${caller}: expected targets "one-hot", "plus-minus-one" or "scalar", got ${String(encoding)}`,
      );
  }
}
