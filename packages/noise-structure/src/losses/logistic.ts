import { expectSmoothing } from "./labels.js";
import type { OutputLoss } from "./loss.js";
import { expectTarget, perOutput } from "./per-output.js";

/**
 * `ℓ = log(1 + eᶠ) − y·f` for targets y in [0, 1], summed over the outputs of an example: PyTorch's `BCEWithLogitsLoss` for one
 * output, C times it for C.
 *
 * With q = 1/(1 + e⁻ᶠ): `s = q − y`, `S = q(1 − q)`. `r̃ = (1 − y)e^{f/2} − y·e^{−f/2}` keeps all digits where q is near 0 or 1.
 *
 * @param options.labelSmoothing - ε in [0, 1): targets become (1 − ε)y + ε/2, as with `label_smoothing` of Keras' `BinaryCrossentropy`.
 * @throws NoiseStructureError INVALID_ARGUMENT.
 */
export function logisticLoss({ labelSmoothing = 0 }: { labelSmoothing?: number } = {}): OutputLoss {
  expectSmoothing("logisticLoss", labelSmoothing);
  const smoothed = (y: number): number => (1 - labelSmoothing) * y + labelSmoothing / 2;
  return {
    ...perOutput(
      {
        id: "logistic",
        label: `logistic loss, log(1 + eᶠ) − yf${labelSmoothing === 0 ? "" : `, label smoothing ${labelSmoothing}`}`,
        source: "McCullagh & Nelder, Generalized Linear Models, 2nd ed., §4; the residual is Pearson's",
      },
      {
        check: (y, where) => expectTarget("logistic", y >= 0 && y <= 1, "between 0 and 1", y, where),
        // log(1 + eᶠ) − yf, where neither term is large: of the two, what the target leaves of |f|.
        value: (f, label) => {
          const y = smoothed(label);
          return Math.log1p(Math.exp(-Math.abs(f))) + (f >= 0 ? (1 - y) * f : -y * f);
        },
        least: (label) => {
          const y = smoothed(label);
          return { value: information(y) + information(1 - y), output: Math.log(y) - Math.log1p(-y) };
        },
        derivatives: (f, label) => {
          const y = smoothed(label);
          const small = Math.exp(-Math.abs(f));
          const less = small / (1 + small);
          const more = 1 / (1 + small);
          const [q, rest] = f >= 0 ? [more, less] : [less, more];
          return {
            gradient: (1 - y) * q - y * rest,
            root: Math.exp(-Math.abs(f) / 2) / (1 + small),
            residual: part(1 - y, f / 2) - part(y, -f / 2),
          };
        },
      },
    ),
    ...(labelSmoothing === 0 ? { largestCurvature: (outputs: number) => outputs / 4 } : {}),
  };
}

/** −y log y. */
const information = (y: number): number => (y === 0 ? 0 : -y * Math.log(y));

/** `share·eˣ`, and 0 for no share whatever x. */
const part = (share: number, x: number): number => (share === 0 ? 0 : share * Math.exp(x));
