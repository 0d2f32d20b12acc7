import { expectPositive } from "../errors.js";
import { expectMomentum, expectRegression, perMode, type GaussianRegression } from "./design.js";

export interface RegressionStationaryOptions extends GaussianRegression {
  /** λ, or one rate for each eigendirection: any preconditioner Λ that commutes with A. */
  learningRate: number | ArrayLike<number>;
  /** μ of m ← μm + ĝ, w ← w − Λm; default 0. */
  momentum?: number;
}

/** Where SGD settles, in the eigenbasis of A, in which all of it is diagonal. */
export interface RegressionStationary {
  /** Whether second moments settle at all; if not, what follows is Infinity. */
  stable: boolean;
  /** κ = Tr[ΛAG⁻¹]/(1 − Tr[ΛAG⁻¹]/S), by which the noise feeds itself. */
  kappa: number;
  /** Eigenvalues of Σ = E(w − w*)(w − w*)ᵀ. */
  covariance: Float64Array;
  /** Eigenvalues of C, the covariance of the minibatch gradient, averaged over the stationary law. */
  noise: Float64Array;
  /** E L − L(w*) = ½Tr[AΣ]. */
  excessLoss: number;
}

/**
 * The stationary covariance of SGD with momentum on Gaussian linear regression, exact at every learning rate:
 *
 *     Σ = (σ²/S)(1 + κ/S) ΛG⁻¹,   G = 2(1 − μ)I − ((1 − μ)/(1 + μ) + 1/S)ΛA,
 *     C = (σ²/S)A + (σ²/S²)(1 + κ/S)(ΛAG⁻¹ + Tr[ΛAG⁻¹]I)A.
 *
 * It exists, and `stable` is true, where G > 0 and Tr[ΛAG⁻¹] < S (this form of the condition is derived here, and checked against
 * the spectral radius of the second-moment operator). O(d).
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `WRONG_LENGTH`.
 * @see Ziyin, Liu, Mori and Ueda (2022), arXiv:2102.05375, Theorems 2 and 3.
 */
export function regressionStationary(options: RegressionStationaryOptions): RegressionStationary {
  const { batchSize: S, noiseVariance = 0, momentum = 0 } = options;
  const a = expectRegression("regressionStationary", options);
  expectMomentum("regressionStationary", momentum);
  const rates = perMode("regressionStationary: expected learningRate", options.learningRate, a.length);
  rates.forEach((rate, i) => expectPositive(`regressionStationary: expected learningRate[${i}]`, rate));
  const G = rates.map((rate, i) => gap(rate * a[i]!, S, momentum));
  const trace = G.reduce((sum, g, i) => sum + (rates[i]! * a[i]!) / g, 0);
  if (!G.every((g) => g > 0) || trace >= S) {
    const infinite = a.map(() => Infinity);
    return { stable: false, kappa: Infinity, covariance: infinite, noise: infinite.slice(), excessLoss: Infinity };
  }
  const kappa = trace / (1 - trace / S);
  const scale = (noiseVariance / S) * (1 + kappa / S);
  const covariance = G.map((g, i) => (scale * rates[i]!) / g);
  const noise = G.map((g, i) => a[i]! * (noiseVariance / S + (scale / S) * ((rates[i]! * a[i]!) / g + trace)));
  return {
    stable: true,
    kappa,
    covariance,
    noise,
    excessLoss: 0.5 * covariance.reduce((sum, variance, i) => sum + a[i]! * variance, 0),
  };
}

/** An entry of G for λa. */
export function gap(rate: number, batchSize: number, momentum: number): number {
  return 2 * (1 - momentum) - ((1 - momentum) / (1 + momentum) + 1 / batchSize) * rate;
}
