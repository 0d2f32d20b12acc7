import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectNonNegative, expectNumbers, expectPositive } from "../noise-strength/arguments.js";

/** SGD on linear regression with Gaussian inputs. */
export interface GaussianDynamics {
  /** η. */
  learningRate: number;
  /** B, drawn with replacement from infinitely many examples. */
  batchSize: number;
  /** β in [0, 1) of `m ← βm + ĝ, w ← w − ηm`. Default 0. */
  momentum?: number;
  /** σ². */
  labelVariance: number;
}

/** The stationary state along the eigenvectors of the input covariance. */
export interface GaussianStationary {
  /** Variances of the parameters. */
  variances: Float64Array;
  /** Variances of the minibatch gradient noise. */
  noiseVariances: Float64Array;
  /** The excess of the loss over `σ²/2`, `½ Σ aᵢ·varianceᵢ`. */
  excessLoss: number;
}

/**
 * The exact stationary covariance of SGD and of its noise:
 * `V = (σ²/B)(1 + κ/B)·η/D`, `D = 2(1 − β) − ((1 − β)/(1 + β) + 1/B)ηA`, `κ = t/(1 − t/B)`, `t = Tr[ηA/D]`, and
 * `Σ_B = (1/B)(AVA + Tr[AV]A + σ²A)`, all diagonal in the eigenvectors of A.
 *
 * Source: Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Theorems 2 and 3, for one learning rate. Checked here against
 * the recursion of second moments of parameters and momentum, also that no stationary state exists from `t = B` on.
 *
 * @param spectrum - Eigenvalues of A, at least 0.
 * @returns Undefined where the second moments diverge; directions with eigenvalue 0 do not move.
 * @throws NoiseStructureError NOT_FINITE or INVALID_ARGUMENT.
 */
export function gaussianStationary(
  spectrum: ArrayLike<number>,
  dynamics: GaussianDynamics,
): GaussianStationary | undefined {
  const caller = "gaussianStationary";
  const { learningRate, batchSize, momentum = 0, labelVariance } = dynamics;
  expectSpectrum(caller, spectrum);
  expectPositive(caller, "learningRate", learningRate);
  expectInteger(caller, "batchSize", batchSize);
  expectNonNegative(caller, "labelVariance", labelVariance);
  if (!(momentum >= 0 && momentum < 1))
    throw new NoiseStructureError("INVALID_ARGUMENT", `${caller}: expected momentum in [0, 1), got ${momentum}.`);
  const damping = Float64Array.from(
    spectrum,
    (a) => 2 * (1 - momentum) - ((1 - momentum) / (1 + momentum) + 1 / batchSize) * learningRate * a,
  );
  let trace = 0;
  for (let i = 0; i < spectrum.length; i++) trace += (learningRate * spectrum[i]!) / damping[i]!;
  if (damping.some((g) => g <= 0) || trace >= batchSize) return undefined;
  const scale = (labelVariance / batchSize) * (1 / (1 - trace / batchSize));
  const variances = damping.map((g, i) => (spectrum[i]! === 0 ? 0 : (scale * learningRate) / g));
  let weighted = 0;
  for (let i = 0; i < spectrum.length; i++) weighted += spectrum[i]! * variances[i]!;
  const noiseVariances = variances.map(
    (variance, i) => (spectrum[i]! * (spectrum[i]! * variance + weighted + labelVariance)) / batchSize,
  );
  return { variances, noiseVariances, excessLoss: weighted / 2 };
}

/**
 * The stationary test loss of SGD with weight decay, for noiseless labels `y = u·x`:
 * `(η/2B)(qκ + r) + ½q`, all sums over the common eigenvectors of inputs and weight decay.
 *
 * With `K = a + γ` and `D = 2 − η(K + a²/(BK))`: `q = Σ aγ²u²/K²`, `t = Σ a²/(KD)`, `κ = t/(1 − ηt/B)`,
 * `r = Σ a³γ²u²/(K³D)/(1 − ηt/B)`. Negative weight decay is allowed and can be the best at large learning rates.
 *
 * Source: Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Theorem 4. Checked here against the recursion of second moments.
 *
 * @param spectrum - Eigenvalues a of the input covariance, at least 0.
 * @param weightDecay - γ of each eigenvector, any sign, with `a + γ > 0`.
 * @param teacher - u along each eigenvector.
 * @returns Undefined where the second moments diverge.
 * @throws NoiseStructureError SHAPE_MISMATCH, NOT_FINITE or INVALID_ARGUMENT.
 */
export function gaussianRegularizedLoss(
  spectrum: ArrayLike<number>,
  weightDecay: ArrayLike<number>,
  teacher: ArrayLike<number>,
  dynamics: { learningRate: number; batchSize: number },
): number | undefined {
  const caller = "gaussianRegularizedLoss";
  const { learningRate, batchSize } = dynamics;
  const count = spectrum.length;
  expectSpectrum(caller, spectrum);
  expectNumbers(caller, "weightDecay", weightDecay, count);
  expectNumbers(caller, "teacher", teacher, count);
  expectPositive(caller, "learningRate", learningRate);
  expectInteger(caller, "batchSize", batchSize);
  let q = 0;
  let r = 0;
  let t = 0;
  for (let i = 0; i < count; i++) {
    const a = spectrum[i]!;
    const total = a + weightDecay[i]!;
    if (!(total > 0))
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `${caller}: expected spectrum + weightDecay to be positive, got ${total} at index ${i}.`,
      );
    const damping = 2 - learningRate * (total + (a * a) / (batchSize * total));
    if (damping <= 0) return undefined;
    const bias = (weightDecay[i]! * teacher[i]!) ** 2;
    q += (a * bias) / total ** 2;
    r += (a ** 3 * bias) / (total ** 3 * damping);
    t += (a * a) / (total * damping);
  }
  const room = 1 - (learningRate * t) / batchSize;
  if (room <= 0) return undefined;
  return (learningRate / (2 * batchSize)) * ((q * t + r) / room) + q / 2;
}

function expectSpectrum(caller: string, spectrum: ArrayLike<number>): void {
  expectInteger(caller, "the length of spectrum", spectrum.length);
  expectNumbers(caller, "spectrum", spectrum, spectrum.length);
  for (let i = 0; i < spectrum.length; i++) expectNonNegative(caller, `spectrum[${i}]`, spectrum[i]!);
}
