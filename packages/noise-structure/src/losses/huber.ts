import { NoiseStructureError } from "../errors.js";
import type { OutputLoss } from "./loss.js";
import { perOutput } from "./per-output.js";

/**
 * `ℓ = r²/2` where |r| ≤ δ, else `δ(|r| − δ/2)`, of r = f − y, summed over the outputs of an example: PyTorch's `HuberLoss(delta)`
 * for one output, C times it for C.
 *
 * Beyond δ its curvature is zero and its gradient is not: such an example adds to the noise what no Gauss–Newton matrix sees,
 * and is refused. {@link pseudoHuberLoss} is curved everywhere.
 *
 * @throws NoiseStructureError INVALID_ARGUMENT for a δ that is not positive and finite. `at` throws GRADIENT_OUT_OF_RANGE.
 */
export function huberLoss({ delta = 1 }: { delta?: number } = {}): OutputLoss {
  expectDelta("huberLoss", delta);
  return perOutput(
    {
      id: "huber",
      label: `Huber loss, δ = ${delta}`,
      source: "Huber, Robust estimation of a location parameter, Ann. Math. Statist. 35 (1964)",
    },
    {
      value: (f, y) => {
        const r = Math.abs(f - y);
        return r <= delta ? 0.5 * r * r : delta * (r - delta / 2);
      },
      least: (y) => ({ value: 0, output: y }),
      derivatives: (f, y, where) => {
        const r = f - y;
        if (!(Math.abs(r) <= delta))
          throw new NoiseStructureError(
            "GRADIENT_OUT_OF_RANGE",
            `huber loss: the residual ${r} at ${where} is beyond δ = ${delta}, where the loss has a gradient and no curvature, so no Gram system holds both; use a larger δ, or pseudo-huber.`,
          );
        return { gradient: r, root: 1, residual: r };
      },
    },
  );
}

/**
 * `ℓ = δ²(√(1 + (r/δ)²) − 1)` of r = f − y, summed over the outputs of an example: near 0 as the square loss, far out as δ|r|, and
 * curved everywhere. `s = r/h`, `S = h⁻³`, `r̃ = r√h` with `h = √(1 + (r/δ)²)`.
 *
 * @throws NoiseStructureError INVALID_ARGUMENT for a δ that is not positive and finite.
 */
export function pseudoHuberLoss({ delta = 1 }: { delta?: number } = {}): OutputLoss {
  expectDelta("pseudoHuberLoss", delta);
  return perOutput(
    {
      id: "pseudo-huber",
      label: `pseudo-Huber loss, δ = ${delta}`,
      source: "Charbonnier et al., Deterministic edge-preserving regularization, IEEE Trans. Image Process. 6 (1997)",
    },
    {
      value: (f, y) => (f - y) ** 2 / (Math.hypot(1, (f - y) / delta) + 1),
      least: (y) => ({ value: 0, output: y }),
      derivatives: (f, y) => {
        const r = f - y;
        const h = Math.hypot(1, r / delta);
        return { gradient: r / h, root: h ** -1.5, residual: r * Math.sqrt(h) };
      },
    },
  );
}

function expectDelta(caller: string, delta: number): void {
  if (!(delta > 0 && delta < Infinity))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected delta to be a positive number, got ${delta}.`,
    );
}
