import { symmetricEigenvalues } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "../errors.js";
import { checkGramSystem, type GramSystem } from "../gram-system.js";
import { SMALLEST_LOSS } from "../noise-structure.js";

/** How far the losses of the examples are from being independent of their curvatures. */
export interface Decoupling {
  /** `Tr((1/n) Σ ℓᵢCᵢ)/(L·Tr G)`; 1 when decoupled. */
  traceRatio: number;
  /** `‖(1/n) Σ ℓᵢCᵢ − L·G‖_F/‖L·G‖_F`; 0 when decoupled. */
  relativeError: number;
  /** Correlation over examples of ℓᵢ and `Tr Cᵢ`; undefined where one of them is constant. */
  correlation: number | undefined;
}

/** The two spectra that agree when noise and curvature decouple, largest first. */
export interface DecouplingSpectra {
  /** Eigenvalues of `(1/n) Σ ℓᵢCᵢ`. */
  coupled: Float64Array;
  /** Eigenvalues of `L·G`. */
  decoupled: Float64Array;
}

/**
 * The decoupling approximation `(1/n) Σ ℓᵢCᵢ ≈ L·(1/n) Σ Cᵢ` with `ℓᵢ = ½‖rᵢ‖²` and `Cᵢ = JᵢᵀJᵢ`, in three numbers.
 *
 * Approximation: Mori, Ziyin, Liu & Ueda (2021), arXiv:2105.09557. The numbers are derived here:
 * `‖(1/n) Σ ℓᵢCᵢ − L·G‖_F² = (1/n²) Σ_ij (ℓᵢ − L)(ℓⱼ − L)‖K_ij‖_F²`. With one output `relativeError` is the
 * `decouplingError` of `noiseStructure`.
 *
 * @param system - Not changed. Cost O((nC)²).
 * @throws NoiseStructureError as `checkGramSystem`; INVALID_ARGUMENT where the loss is below 1e-20 or the Gram matrix 0.
 */
export function decoupling(system: GramSystem): Decoupling {
  const { losses, loss } = lossesOf(system, "decoupling");
  const { examples: n, outputs, gram } = system;
  const size = n * outputs;
  const traces = new Float64Array(n);
  let trace = 0;
  let error = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    let weighted = 0;
    for (let a = i * outputs; a < (i + 1) * outputs; a++) {
      traces[i]! += gram[a * size + a]!;
      for (let b = 0; b < size; b++) {
        const square = gram[a * size + b]! ** 2;
        squares += square;
        weighted += (losses[Math.floor(b / outputs)]! - loss) * square;
      }
    }
    trace += traces[i]! / n;
    error += (losses[i]! - loss) * weighted;
  }
  if (squares === 0)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      "decoupling: gram is zero, so there is no curvature to decouple from.",
    );
  let covariance = 0;
  let lossVariance = 0;
  let traceVariance = 0;
  for (let i = 0; i < n; i++) {
    covariance += ((losses[i]! - loss) * (traces[i]! - trace)) / n;
    lossVariance += (losses[i]! - loss) ** 2 / n;
    traceVariance += (traces[i]! - trace) ** 2 / n;
  }
  const constant = lossVariance <= 1e-30 * loss ** 2 || traceVariance <= 1e-30 * trace ** 2;
  return {
    traceRatio: 1 + covariance / (loss * trace),
    relativeError: Math.sqrt(Math.max(0, error) / squares) / loss,
    correlation: constant ? undefined : covariance / Math.sqrt(lossVariance * traceVariance),
  };
}

/**
 * The nonzero part of the spectra of `(1/n) Σ ℓᵢCᵢ` and `L·G`, as eigenvalues of `√ℓ K √ℓ/n` and `L·K/n`, to be compared
 * as histograms.
 *
 * Source: Mori, Ziyin, Liu & Ueda (2021), arXiv:2105.09557; the Gram-matrix form is derived here.
 *
 * @returns nC numbers each, negative rounding errors clipped to 0. Cost about `8(nC)³/3` operations.
 * @throws NoiseStructureError as {@link decoupling}.
 */
export function decouplingSpectra(system: GramSystem): DecouplingSpectra {
  const { losses, loss } = lossesOf(system, "decouplingSpectra");
  const { examples: n, outputs, gram } = system;
  const size = n * outputs;
  const weighted = gram.map((value, o) => {
    const a = Math.floor(o / size);
    return value * Math.sqrt(losses[Math.floor(a / outputs)]! * losses[Math.floor((o - a * size) / outputs)]!);
  });
  const clipped = (value: number): number => Math.max(0, value);
  return {
    coupled: symmetricEigenvalues(weighted, size).map((value) => clipped(value) / n),
    decoupled: symmetricEigenvalues(gram, size).map((value) => (clipped(value) * loss) / n),
  };
}

function lossesOf(system: GramSystem, caller: string): { losses: Float64Array; loss: number } {
  checkGramSystem(system, caller);
  const { examples: n, outputs, residuals } = system;
  const losses = new Float64Array(n);
  let loss = 0;
  for (let i = 0; i < n; i++) {
    for (let a = i * outputs; a < (i + 1) * outputs; a++) losses[i]! += residuals[a]! ** 2 / 2;
    loss += losses[i]! / n;
  }
  if (loss < SMALLEST_LOSS)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected residuals with a loss of at least ${SMALLEST_LOSS}, got ${loss}.`,
    );
  return { losses, loss };
}
