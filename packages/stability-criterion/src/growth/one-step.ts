import { afterGradientStep, noiseStructure, type GramSystem } from "@sgdscope/noise-structure";
import { expectPositive } from "../errors.js";
import { weightsFor, type Batches } from "../sampling.js";

/** The expected loss after one step of linearised SGD, in its two parts. */
export interface OneStepLoss {
  /** `E[L(θ_{t+1}) | θ_t]`. */
  expectedLoss: number;
  /** `L(θ_t)`. */
  loss: number;
  /** `L(θ_t − η∇L)`, the loss after a full-batch step. */
  gradientDescentLoss: number;
  /** `r_η = L(θ_t − η∇L)/L(θ_t) ≥ 0`. */
  contraction: number;
  /** `(η²/2)·p·Tr(GΣ)`, with Σ₁ for Bernoulli batches: what the noise adds. */
  noiseLoss: number;
}

/**
 * The exact one-step identity `E[L(θ_{t+1})] = L(θ_t − η∇L) + (η²/2)·p·Tr(GΣ(θ_t))` of the linearised model.
 *
 * The identity is that of Wu, Wang & Su (2022), arXiv:2207.02628, by way of lecture notes; it holds for any residuals.
 * For Bernoulli batches Σ₁ takes the place of Σ (derived here). Checked by enumerating all batches.
 *
 * @param learningRate - η.
 * @returns Cost O((nC)²).
 * @throws StabilityError INVALID_ARGUMENT and as `samplingFactor`; NoiseStructureError as `checkGramSystem`.
 */
export function oneStepLoss(system: GramSystem, learningRate: number, batches: Batches): OneStepLoss {
  expectPositive("oneStepLoss", "learningRate", learningRate);
  const { noise, sampling } = weightsFor("oneStepLoss", system.examples, batches);
  const { loss, traceNoiseG, traceUncentredNoiseG } = noiseStructure(system);
  let squares = 0;
  for (const r of afterGradientStep(system, learningRate).residuals) squares += r * r;
  const gradientDescentLoss = squares / (2 * system.examples);
  const trace = sampling === "bernoulli" ? traceUncentredNoiseG : traceNoiseG;
  const noiseLoss = 0.5 * learningRate ** 2 * noise * trace;
  return {
    expectedLoss: gradientDescentLoss + noiseLoss,
    loss,
    gradientDescentLoss,
    contraction: loss > 0 ? gradientDescentLoss / loss : 0,
    noiseLoss,
  };
}
