import { expectCount, expectPositive, ModelsRfmError } from "../errors.js";
import type { ClosedFormModel } from "../model.js";

export interface DriftDiffusion {
  /** ‖∇L‖. */
  drift: number;
  /** √((η/B)·(1/(n − 1)) Σ‖∇L − ∇ℓ_i‖²), of the sample given. */
  diffusion: number;
  /** Diffusion over drift. */
  ratio: number;
}

/**
 * How far the gradient and its noise move SGD at a point, in the units of the modified equation
 * dθ = −∇L dt + √((η/B)Σ) dW: its drift ‖∇L‖ and its diffusion, with Σ estimated without bias from the n examples given.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `WRONG_LENGTH`; `INVALID_VALUE` for fewer than two examples.
 * @see The code of Corlouer et al. (2026), arXiv:2604.06366, which measures the same quantities during the training of deep linear networks.
 */
export function driftDiffusion(
  model: ClosedFormModel,
  theta: Float64Array,
  data: { X: Float64Array; y: Float64Array },
  options: { learningRate: number; batchSize: number },
): DriftDiffusion {
  const { X, y } = data;
  const { learningRate, batchSize } = options;
  expectPositive("driftDiffusion: expected learningRate", learningRate);
  expectCount("driftDiffusion: expected batchSize", batchSize);
  const n = y.length / model.outputs;
  if (n < 2) throw new ModelsRfmError("INVALID_VALUE", `driftDiffusion: expected at least two examples, got ${n}`);
  const single = new Float64Array(model.parameters);
  const mean = new Float64Array(model.parameters);
  // Welford: the spread about the mean so far, updated example by example.
  let spread = 0;
  for (let i = 0; i < n; i++) {
    model.gradient(theta, X, y, [i], single.fill(0));
    for (let k = 0; k < single.length; k++) {
      const before = single[k]! - mean[k]!;
      mean[k]! += before / (i + 1);
      spread += before * (single[k]! - mean[k]!);
    }
  }
  const drift = Math.sqrt(mean.reduce((sum, g) => sum + g * g, 0));
  const diffusion = Math.sqrt(((learningRate / batchSize) * spread) / (n - 1));
  return { drift, diffusion, ratio: diffusion / drift };
}
