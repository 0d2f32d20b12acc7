import type { GramSystem } from "@sgdscope/noise-structure";
import { structuredNoiseThreshold } from "../bounds/structured-noise.js";
import { StabilityError } from "../errors.js";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor } from "../sampling.js";
import { exactThreshold, type SolverOptions } from "./exact.js";

/** Six answers to one question for one batch size. */
export interface ThresholdComparison {
  batchSize: number;
  /** η* of the system itself; Mulayoff & Michaeli (2024). */
  exact: number;
  /** Of a Gaussian population with this spectrum; Ziyin et al. (2022), Theorem 2, root derived here. */
  gaussian: number;
  /** Under `Σ₁ = (2L/C)G`; Ziyin et al. (2022), Theorem 6. */
  decoupled: number;
  /** `2C/(p·Tr H)`, necessary; Wu & Su (2023) for B = 1. */
  trace: number;
  /** `1/(√p‖H‖_F)`, with replacement `√B/‖H‖_F`: the alignment theorem of Wu, Wang & Su (2022) at μ₀ = 1. */
  frobenius: number;
  /** `2/λ_max(H)`, necessary. */
  gradientDescent: number;
}

/**
 * One row per batch size: the exact threshold of a minimum beside the formulas that see its spectrum alone.
 *
 * @param options.batchSizes - B of the rows.
 * @param options.sampling - Default `"with-replacement"`, for which the formulas are printed; otherwise p replaces 1/B.
 * @throws StabilityError as `exactThreshold`; INVALID_ARGUMENT for Bernoulli batches, whose noise is not centred.
 */
export function thresholdComparison(
  system: GramSystem | PreparedMinimum,
  options: SolverOptions & {
    batchSizes: readonly number[];
    sampling?: "with-replacement" | "without-replacement";
  },
): ThresholdComparison[] {
  const { batchSizes, sampling = "with-replacement" } = options;
  const weights = batchSizes.map((batchSize) =>
    weightsFor("thresholdComparison", system.examples, { batchSize, sampling }),
  );
  if ((sampling as string) === "bernoulli")
    throw new StabilityError(
      "INVALID_ARGUMENT",
      'thresholdComparison: expected options.sampling "with-replacement" or "without-replacement", got "bernoulli".',
    );
  const minimum = prepareMinimum(system, options);
  const { eigenvalues, outputs, frobeniusG } = minimum;
  const gradientDescent = 2 / eigenvalues[0]!;
  return weights.map(({ batchSize, noise }) => {
    const structured = (c: number): number =>
      noise > 0 ? structuredNoiseThreshold(eigenvalues, noise, c, outputs) : gradientDescent;
    return {
      batchSize,
      exact: exactThreshold(minimum, { ...options, batchSize, sampling }).criticalLearningRate,
      gaussian: structured(-1),
      decoupled: structured(1),
      trace: noise > 0 ? (2 * outputs) / (noise * minimum.powerTraces[0]) : Infinity,
      frobenius: noise > 0 ? 1 / (Math.sqrt(noise) * frobeniusG) : Infinity,
      gradientDescent,
    };
  });
}
