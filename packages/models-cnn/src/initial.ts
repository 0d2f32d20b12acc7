import { ModelsError } from "./errors.js";

/** The rules of `kernelDeviation`. */
export const initRules = ["he", "lecun", "glorot", "zeros"] as const;

/**
 * How the variance of a kernel's entries follows from its fans:
 * `"he"` 2/fan_in (He et al. 2015: keeps the second moment through ReLU), `"lecun"` 1/fan_in (LeCun et al. 1998: keeps it
 * through linear layers; used for every last layer here), `"glorot"` 2/(fan_in + fan_out) (Glorot and Bengio 2010), `"zeros"` 0.
 * All of them normal, mean 0. Biases start at 0.
 */
export type InitRule = (typeof initRules)[number];

/**
 * The standard deviation that `rule` gives a kernel, times `scale`.
 *
 * Fan in of a convolution is `size² · in`, fan out `size² · filters`.
 *
 * @throws ModelsError `OPTION` for an unknown rule or a scale that is not a finite number ≥ 0.
 */
export function kernelDeviation(rule: InitRule, fanIn: number, fanOut: number, scale = 1): number {
  if (!(scale >= 0 && Number.isFinite(scale)))
    throw new ModelsError("OPTION", `kernelDeviation: expected initScale to be a finite number ≥ 0, got ${scale}`);
  switch (rule) {
    case "he":
      return scale * Math.sqrt(2 / fanIn);
    case "lecun":
      return scale * Math.sqrt(1 / fanIn);
    case "glorot":
      return scale * Math.sqrt(2 / (fanIn + fanOut));
    case "zeros":
      return 0;
    default:
      throw new ModelsError(
        "OPTION",
        `kernelDeviation: expected init to be one of ${initRules.join(", ")}, got "${String(rule)}"`,
      );
  }
}
