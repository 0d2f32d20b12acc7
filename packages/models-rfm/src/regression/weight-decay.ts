import { expectLength, expectPositive, ModelsRfmError } from "../errors.js";
import { expectRegression, perMode, type GaussianRegression } from "./design.js";

export interface WeightDecayOptions extends GaussianRegression {
  /** Coordinates of the teacher u in the eigenbasis of A. */
  teacher: Float64Array;
  /** η of w ← w − η(ĝ + Γw). */
  learningRate: number;
  /** γ of Γ = γI, or one for each eigendirection: any Γ that commutes with A. May be negative. */
  weightDecay: number | ArrayLike<number>;
}

/** Where SGD with weight decay settles, in the eigenbasis of A. */
export interface WeightDecayStationary {
  /** Whether second moments settle; if not, the loss and the matrices are Infinity. */
  stable: boolean;
  /** E w = K⁻¹Au, K = A + Γ. */
  mean: Float64Array;
  /** V, the covariance of w, row-major d × d. */
  covariance: Float64Array;
  /** Σ_B, the covariance of the minibatch gradient averaged over the stationary law, row-major d × d. */
  noise: Float64Array;
  /** ½E(w − u)ᵀA(w − u): the test loss over that of the teacher, σ²/2. */
  excessLoss: number;
}

/**
 * SGD with weight decay on Gaussian linear regression, exact at every learning rate. With K = A + Γ, v = u − Ew = K⁻¹Γu,
 * D = 2I − η(K + K⁻¹A²/B) and q = vᵀAv:
 *
 *     excess loss = (η/2B)((q + σ²)κ + r) + ½q,   κ = t/(1 − (η/B)t),  t = Tr[A²K⁻¹D⁻¹],
 *     r = Tr[A³K⁻¹D⁻¹vvᵀ]/(1 − (η/B)t),   Σ_B = (AVA + Tr[AV]A + σ²A + qA + A vvᵀ A)/B.
 *
 * Sourced for σ = 0 (there A vvᵀ A reads ΓA′uuᵀA′Γ with A′ = K⁻¹A); the terms in σ² and the entries of the covariance,
 * V_ij(k_i + k_j − ηk_ik_j − ηa_ia_j/B) = (η/B)(a_ia_jv_iv_j + δ_ij a_i(Tr[AV] + q + σ²)), are derived here. O(d²).
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `WRONG_LENGTH`.
 * @see Ziyin, Liu, Mori and Ueda (2022), arXiv:2102.05375, Proposition 3 and Theorem 4.
 */
export function weightDecayStationary(options: WeightDecayOptions): WeightDecayStationary {
  const { learningRate, batchSize: B, noiseVariance = 0, teacher } = options;
  const modes = weightDecayModes("weightDecayStationary", options);
  const { a, k, v, q, stable, variance } = modes;
  const D = a.length;
  const mean = a.map((value, i) => (value * teacher[i]!) / k[i]!);
  const covariance = new Float64Array(D * D).fill(Infinity);
  const noise = new Float64Array(D * D).fill(Infinity);
  if (!stable) return { stable, mean, covariance, noise, excessLoss: Infinity };
  for (let i = 0; i < D; i++)
    for (let j = 0; j < D; j++) {
      const coupling = (a[i]! * a[j]!) / B;
      const own = i === j ? (a[i]! / B) * (variance + q + noiseVariance) : 0;
      const source = coupling * v[i]! * v[j]! + own;
      const sigma = (learningRate * source) / (k[i]! + k[j]! - learningRate * k[i]! * k[j]! - learningRate * coupling);
      covariance[i * D + j] = sigma;
      noise[i * D + j] = coupling * sigma + source;
    }
  return { stable, mean, covariance, noise, excessLoss: (variance + q) / 2 };
}

/**
 * The weight decay γ, Γ = γI, that minimises the excess test loss of `weightDecayStationary`; negative above a learning rate.
 *
 * For d = 1 and with label noise its sign is that of 1 − ηa: weight decay and learning rate both set how far a step contracts (derived here, like this
 * function). Found on 2000 points of geometric spacing above −min a and by golden section around the best, to about 1e-7 of the
 * scale of γ; of several minima, the best on the grid is taken. Without label noise it is 0 wherever γ = 0 is stable, since
 * SGD then finds the teacher.
 *
 * @returns γ and its excess loss.
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `WRONG_LENGTH`; `INVALID_VALUE` also where no γ on the grid is stable.
 */
export function optimalWeightDecay(options: Omit<WeightDecayOptions, "weightDecay">): {
  weightDecay: number;
  excessLoss: number;
} {
  const smallest = expectRegression("optimalWeightDecay", options).reduce((least, value) => Math.min(least, value));
  const loss = (weightDecay: number): number => {
    const { stable, variance, q } = weightDecayModes("optimalWeightDecay", { ...options, weightDecay });
    return stable ? (variance + q) / 2 : Infinity;
  };
  // K must lie in (0, 2/η).
  const [points, first, last] = [2000, 1e-6 * smallest, 2 / options.learningRate + smallest];
  const grid = Array.from({ length: points }, (_, k) => first * (last / first) ** (k / (points - 1)) - smallest);
  const losses = grid.map(loss);
  const best = losses.reduce((lowest, value, k) => (value < losses[lowest]! ? k : lowest), 0);
  if (losses[best] === Infinity)
    throw new ModelsRfmError(
      "INVALID_VALUE",
      `optimalWeightDecay: no weight decay makes SGD stable at learningRate ${options.learningRate}`,
    );
  const weightDecay = goldenSection(loss, grid[Math.max(0, best - 1)]!, grid[Math.min(points - 1, best + 1)]!);
  return { weightDecay, excessLoss: loss(weightDecay) };
}

/** K, v = K⁻¹Γu, q = vᵀAv and Tr[AV]; `stable` is false where they do not exist. */
function weightDecayModes(
  caller: string,
  options: WeightDecayOptions,
): { a: Float64Array; k: Float64Array; v: Float64Array; q: number; stable: boolean; variance: number } {
  const { learningRate, batchSize: B, noiseVariance = 0, teacher } = options;
  const a = expectRegression(caller, options);
  expectPositive(`${caller}: expected learningRate`, learningRate);
  expectLength(`${caller}: expected teacher`, teacher, a.length);
  const gamma = perMode(`${caller}: expected weightDecay`, options.weightDecay, a.length);
  const k = a.map((value, i) => value + gamma[i]!);
  const v = a.map((_, i) => (gamma[i]! * teacher[i]!) / k[i]!);
  const q = a.reduce((sum, value, i) => sum + value * v[i]! ** 2, 0);
  // kD = 2k − η(k² + a²/B); positive also makes the blocks off the diagonal contract.
  const contraction = k.map((value, i) => 2 * value - learningRate * (value ** 2 + a[i]! ** 2 / B));
  const t = a.reduce((sum, value, i) => sum + value ** 2 / contraction[i]!, 0);
  const feedback = (learningRate / B) * t;
  const stable = contraction.every((value) => value > 0) && feedback < 1;
  const r = a.reduce((sum, value, i) => sum + (value ** 3 * v[i]! ** 2) / contraction[i]!, 0);
  return { a, k, v, q, stable, variance: ((learningRate / B) * (r + t * (q + noiseVariance))) / (1 - feedback) };
}

function goldenSection(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [x, y] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [atX, atY] = [f(x), f(y)];
  for (let step = 0; step < 60; step++)
    if (atX <= atY) {
      [high, y, atY] = [y, x, atX];
      x = high - ratio * (high - low);
      atX = f(x);
    } else {
      [low, x, atX] = [x, y, atY];
      y = low + ratio * (high - low);
      atY = f(y);
    }
  return (low + high) / 2;
}
