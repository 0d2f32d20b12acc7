import { StabilityError } from "../errors.js";

/**
 * How flatness in the parameters bounds the slope in the inputs: where f depends on x through `W₁x` alone,
 * `‖∇_x f‖ ≤ ‖W₁‖₂·‖∇_{W₁}f‖_F/‖x‖`, since `∇_x f = W₁ᵀz` and `∇_{W₁}f = zxᵀ`. Equality where z is along the top left singular
 * vector of `W₁`.
 *
 * The idea is that of Ma & Ying (2021), arXiv:2105.13462, whose constants were not seen; this inequality is derived here.
 *
 * @param options.firstLayerNorm - `‖W₁‖₂`, its largest singular value.
 * @param options.firstLayerGradientNorm - `‖∇_{W₁}f(x)‖_F`.
 * @param options.inputNorm - `‖x‖ > 0`.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function inputGradientBound(options: {
  firstLayerNorm: number;
  firstLayerGradientNorm: number;
  inputNorm: number;
}): number {
  const { firstLayerNorm, firstLayerGradientNorm, inputNorm } = options;
  for (const [name, value] of Object.entries({ firstLayerNorm, firstLayerGradientNorm, inputNorm }))
    if (!(value >= 0 && Number.isFinite(value)) || (name === "inputNorm" && value === 0))
      throw new StabilityError(
        "INVALID_ARGUMENT",
        `inputGradientBound: expected options.${name} ${name === "inputNorm" ? "above" : "of at least"} 0, got ${value}.`,
      );
  return (firstLayerNorm * firstLayerGradientNorm) / inputNorm;
}
