import { expectPositive } from "../errors.js";
import { expectMomentum, expectRegression, perMode, type GaussianRegression } from "./design.js";

export interface RegressionStationaryOptions extends GaussianRegression {
  /** η, or one rate for each eigendirection: any preconditioner Λ that commutes with A. */
  learningRate: number | ArrayLike<number>;
  /** β of m ← βm + ĝ, w ← w − Λm; default 0. */
  momentum?: number;
}

/** Where SGD settles, in the eigenbasis of A, in which all of it is diagonal. */
export interface RegressionStationary {
  /** Whether second moments settle at all; if not, what follows is Infinity. */
  stable: boolean;
  /** κ = Tr[ΛAD⁻¹]/(1 − Tr[ΛAD⁻¹]/B), by which the noise feeds itself. */
  kappa: number;
  /** Eigenvalues of V = E(w − w*)(w − w*)ᵀ. */
  covariance: Float64Array;
  /** Eigenvalues of Σ_B, the covariance of the minibatch gradient, averaged over the stationary law. */
  noise: Float64Array;
  /** E L − L(w*) = ½Tr[AV]. */
  excessLoss: number;
}

/**
 * The stationary covariance of SGD with momentum on Gaussian linear regression, exact at every learning rate:
 *
 *     V = (σ²/B)(1 + κ/B) ΛD⁻¹,   D = 2(1 − β)I − ((1 − β)/(1 + β) + 1/B)ΛA,
 *     Σ_B = (σ²/B)A + (σ²/B²)(1 + κ/B)(ΛAD⁻¹ + Tr[ΛAD⁻¹]I)A.
 *
 * It exists, and `stable` is true, where D > 0 and Tr[ΛAD⁻¹] < B (this form of the condition is derived here, and checked against
 * the spectral radius of the second-moment operator). O(d).
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `WRONG_LENGTH`.
 * @see Ziyin, Liu, Mori and Ueda (2022), arXiv:2102.05375, Theorems 2 and 3.
 */
export function regressionStationary(options: RegressionStationaryOptions): RegressionStationary {
  const { batchSize: B, noiseVariance = 0, momentum = 0 } = options;
  const a = expectRegression("regressionStationary", options);
  expectMomentum("regressionStationary", momentum);
  const rates = perMode("regressionStationary: expected learningRate", options.learningRate, a.length);
  rates.forEach((rate, i) => expectPositive(`regressionStationary: expected learningRate[${i}]`, rate));
  const D = rates.map((rate, i) => gap(rate * a[i]!, B, momentum));
  const trace = D.reduce((sum, g, i) => sum + (rates[i]! * a[i]!) / g, 0);
  if (!D.every((g) => g > 0) || trace >= B) {
    const infinite = a.map(() => Infinity);
    return { stable: false, kappa: Infinity, covariance: infinite, noise: infinite.slice(), excessLoss: Infinity };
  }
  const kappa = trace / (1 - trace / B);
  const scale = (noiseVariance / B) * (1 + kappa / B);
  const covariance = D.map((g, i) => (scale * rates[i]!) / g);
  const noise = D.map((g, i) => a[i]! * (noiseVariance / B + (scale / B) * ((rates[i]! * a[i]!) / g + trace)));
  return {
    stable: true,
    kappa,
    covariance,
    noise,
    excessLoss: 0.5 * covariance.reduce((sum, variance, i) => sum + a[i]! * variance, 0),
  };
}

/** An entry of D for ηa. */
export function gap(rate: number, batchSize: number, momentum: number): number {
  return 2 * (1 - momentum) - ((1 - momentum) / (1 + momentum) + 1 / batchSize) * rate;
}
