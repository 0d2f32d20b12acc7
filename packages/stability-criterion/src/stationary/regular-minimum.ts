import { largestEigenpair, multiply, norm, symmetricEigen, transpose } from "@sgdscope/linear-algebra";
import { expectPositive, StabilityError } from "../errors.js";
import { weightsFor, type Batches } from "../sampling.js";
import { conjugateGradients } from "./conjugate-gradients.js";
import { readMatrix } from "./dense.js";

/** Where SGD settles around a minimum of a sum of any functions, and how it wanders where nothing holds it. */
export interface RegularMinimum {
  /** η* on the range of H. */
  criticalLearningRate: number;
  /** Dimension of the range of H. */
  rank: number;
  /** `lim E[δδᵀ]` on the range of H, `d × d` in the given coordinates; undefined at or above the threshold. */
  covariance: Float64Array | undefined;
  /** `lim E‖δ‖²` on the range. */
  squaredDistance: number | undefined;
  /** `lim ½E[δᵀHδ]`. */
  excessLoss: number | undefined;
  /** `lim E‖Hδ‖²`. */
  squaredGradient: number | undefined;
  /** `η²p(1/n)Σ‖gᵢ‖²` off the range: what `E‖δ‖²` gains there each step, without end. 0 where SGD stays. */
  drift: number;
}

/**
 * SGD around a regular minimum of `L = (1/n)Σℓᵢ`, linearised: `δ ← δ − η·mean over the batch of (gᵢ + Hᵢδ)` with the gradients
 * `gᵢ` of single examples at the minimum, of mean 0, and their positive semidefinite Hessians `Hᵢ`. Any loss, any rank.
 *
 * The threshold `2/λ_max(C†D)` is that of an interpolating minimum; below it the covariance on the range of H tends to
 * `ηp(2C − ηD)†vec(Σ_g)`, `Σ_g = (1/n)Σgᵢgᵢᵀ`; off the range δ walks at random, and diverges exactly if some gᵢ has a part
 * there. For Bernoulli batches `D = H⊗H + p(1/n)ΣHᵢ⊗Hᵢ` (derived here). Everything of a square loss comes cheaper from
 * `exactThreshold` and `stationaryCovariance`.
 *
 * @param options.hessians - `Hᵢ`, n symmetric matrices `d × d`, one after the other.
 * @param options.gradients - `gᵢ`, `n × d`.
 * @param options.parameters - d; n follows.
 * @returns Cost `nd³` operations per product, some tens of products.
 * @throws StabilityError SHAPE_MISMATCH, NO_CURVATURE, as `samplingFactor`; INVALID_ARGUMENT for bad numbers, Hessians with
 *   negative eigenvalues and gradients whose mean is not 0.
 * @see Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorems 3, 4 and 5, Corollary 1.
 */
export function regularMinimum(
  options: Batches & { hessians: Float64Array; gradients: Float64Array; parameters: number; learningRate: number },
): RegularMinimum {
  const { parameters: d, learningRate: eta } = options;
  expectPositive("regularMinimum", "options.learningRate", eta);
  const { range, gradients: off, examples: n } = onRange(options);
  const { rank: r, values, hessians, gradients, basis } = range;
  const { noise, fullBatch } = weightsFor("regularMinimum", n, options);

  // C is diagonal in the eigenbasis of H: multiplication by ½(λ_a + λ_b).
  const half = (k: number): number => (values[Math.floor(k / r)]! + values[k % r]!) / 2;
  const timesD = (moment: Float64Array): Float64Array => {
    const sum = moment.map((value, k) => fullBatch * values[Math.floor(k / r)]! * values[k % r]! * value);
    for (const one of hessians) {
      const image = multiply(multiply(one, moment, r, r, r), one, r, r, r);
      for (let k = 0; k < sum.length; k++) sum[k]! += (noise / n) * image[k]!;
    }
    return sum;
  };
  const start = Float64Array.from({ length: r * r }, (_, k) => (k % (r + 1) === 0 ? Math.sqrt(half(k)) : 0));
  const { value: largest } = largestEigenpair(
    (x) => timesD(x.map((value, k) => value / Math.sqrt(half(k)))).map((value, k) => value / Math.sqrt(half(k))),
    start,
    { tolerance: 1e-9, maxProducts: 500 },
  );
  const criticalLearningRate = 2 / largest;
  let drift = 0;
  for (const value of off) drift += (eta ** 2 * noise * value ** 2) / n;
  if (eta >= criticalLearningRate)
    return {
      criticalLearningRate,
      rank: r,
      covariance: undefined,
      squaredDistance: undefined,
      excessLoss: undefined,
      squaredGradient: undefined,
      drift,
    };
  const second = multiply(transpose(gradients, n, r), gradients, r, n, r);
  const { solution: moment } = conjugateGradients(
    (x) => timesD(x).map((value, k) => 2 * half(k) * x[k]! - eta * value),
    second.map((value) => (eta * noise * value) / n),
    1e-14,
  );
  let [squaredDistance, excessLoss, squaredGradient] = [0, 0, 0];
  for (let a = 0; a < r; a++) {
    const variance = moment[a * r + a]!;
    squaredDistance += variance;
    excessLoss += 0.5 * values[a]! * variance;
    squaredGradient += values[a]! ** 2 * variance;
  }
  const covariance = multiply(multiply(transpose(basis, r, d), moment, d, r, r), basis, d, r, d);
  return { criticalLearningRate, rank: r, covariance, squaredDistance, excessLoss, squaredGradient, drift };
}

/** Hessians and gradients in the eigenbasis of H on its range, and what is left of the gradients off it. */
function onRange(options: { hessians: Float64Array; gradients: Float64Array; parameters: number }) {
  const { hessians, gradients, parameters: d } = options;
  const refuse = (message: string, code: "INVALID_ARGUMENT" | "SHAPE_MISMATCH" | "NO_CURVATURE"): never => {
    throw new StabilityError(code, `regularMinimum: expected ${message}`);
  };
  const n = gradients.length / d;
  if (!Number.isSafeInteger(d) || d < 1)
    refuse(`options.parameters to be a positive integer, got ${d}.`, "INVALID_ARGUMENT");
  if (!Number.isSafeInteger(n) || n < 1)
    refuse(`options.gradients of ${d} numbers per example, got ${gradients.length}.`, "SHAPE_MISMATCH");
  if (hessians.length !== n * d * d)
    refuse(`options.hessians of ${n} × ${d} × ${d} numbers, got ${hessians.length}.`, "SHAPE_MISMATCH");
  const mean = new Float64Array(d * d);
  for (let i = 0; i < n; i++) {
    const one = readMatrix("regularMinimum", "options.hessians", hessians.subarray(i * d * d, (i + 1) * d * d), d);
    const { values } = symmetricEigen(one.slice(), d);
    if (values[d - 1]! < -1e-10 * Math.max(values[0]!, -values[d - 1]!))
      refuse(
        `options.hessians to be positive semidefinite, got eigenvalue ${values[d - 1]!} at ${i}.`,
        "INVALID_ARGUMENT",
      );
    one.forEach((value, k) => (mean[k]! += value / n));
  }
  if (!gradients.every(Number.isFinite)) refuse("options.gradients to be finite.", "INVALID_ARGUMENT");
  const sum = new Float64Array(d);
  gradients.forEach((value, k) => (sum[k % d]! += value));
  if (norm(sum) > 1e-9 * n * norm(gradients))
    refuse(`options.gradients with mean 0, got ‖Σgᵢ‖ = ${norm(sum)}.`, "INVALID_ARGUMENT");
  const { values, vectors } = symmetricEigen(mean, d);
  const rank = values.filter((value) => value > 1e-10 * values[0]!).length;
  if (rank === 0) refuse("options.hessians with a positive eigenvalue, got none.", "NO_CURVATURE");
  const basis = vectors.slice(0, rank * d);
  const columns = transpose(basis, rank, d);
  const inside = multiply(gradients, columns, n, d, rank);
  const back = multiply(inside, basis, n, rank, d);
  return {
    examples: n,
    gradients: gradients.map((value, k) => {
      const rest = value - back[k]!;
      return Math.abs(rest) > 1e-12 * norm(gradients) ? rest : 0;
    }),
    range: {
      rank,
      basis,
      values: values.slice(0, rank),
      gradients: inside,
      hessians: Array.from({ length: n }, (_, i) =>
        multiply(multiply(basis, hessians.slice(i * d * d, (i + 1) * d * d), rank, d, d), columns, rank, d, rank),
      ),
    },
  };
}
