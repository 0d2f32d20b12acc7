import { checkGramSystem, type GramSystem } from "@sgdscope/noise-structure";

/**
 * The batch sharpness of single examples, `(1/n) Σ gᵢᵀHᵢgᵢ/‖gᵢ‖²` with the loss gradients `gᵢ = Jᵢᵀrᵢ` and Gauss–Newton
 * Hessians `Hᵢ = JᵢᵀJᵢ`; for one output it is `Tr G` whatever the residuals. At the stochastic edge of stability it is
 * `2/η`. Examples without a gradient are left out of the mean; without any the result is 0.
 *
 * Definition from Andreyev & Beneventano (2024), arXiv:2412.20553; the Gram-matrix form is derived here.
 *
 * @returns Cost O(nC²).
 * @throws NoiseStructureError as `checkGramSystem`.
 */
export function batchSharpness(system: GramSystem): number {
  checkGramSystem(system, "batchSharpness");
  const { examples: n, outputs, gram, residuals } = system;
  const size = n * outputs;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < n; i++) {
    let square = 0;
    let curvature = 0;
    for (let a = i * outputs; a < (i + 1) * outputs; a++) {
      let image = 0;
      for (let b = i * outputs; b < (i + 1) * outputs; b++) image += gram[a * size + b]! * residuals[b]!;
      square += residuals[a]! * image;
      curvature += image * image;
    }
    if (square <= 0) continue;
    sum += curvature / square;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
