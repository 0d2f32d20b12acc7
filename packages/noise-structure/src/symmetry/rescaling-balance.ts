import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectNumbers, expectPositive } from "../noise-strength/arguments.js";
import { noiseWeights, type Batches } from "../noise-strength/sampling.js";

/** Noise in the two groups of parameters of a rescaling symmetry `(u, w) → (cu, w/c)`. */
export interface RescalingBalance {
  /** `(1/n) Σ‖∂_uℓᵢ‖²`. */
  first: number;
  /** `(1/n) Σ‖∂_wℓᵢ‖²`. */
  second: number;
  /** `first − second`: at 0 single examples leave `‖u‖² − ‖w‖²` alone on average. */
  uncentred: number;
  /** `Tr Σ_uu − Tr Σ_ww`, the part of it that is noise. */
  centred: number;
  /** `‖∂_uL‖² − ‖∂_wL‖²`, the part of it that full-batch steps have as well. */
  gradient: number;
  /** Largest `|u·∂_uℓᵢ − w·∂_wℓᵢ|` relative to the terms; 0 under the symmetry. Undefined without parameters. */
  symmetryError: number | undefined;
}

/** Two groups of parameters, and gradients of single examples by them. */
export interface RescalingGroups {
  examples: number;
  /** `∂_uℓᵢ`, n × P_u, row-major. */
  first: Float64Array | Float32Array;
  /** `∂_wℓᵢ`, n × P_w, row-major. */
  second: Float64Array | Float32Array;
  /** u and w, to check the symmetry with. */
  parameters?: { first: ArrayLike<number>; second: ArrayLike<number> };
}

/**
 * The balance of noise under a rescaling symmetry, for instance of the weights into and out of a ReLU neuron.
 *
 * Every per-example loss with the symmetry has `u·∂_uℓᵢ = w·∂_wℓᵢ`, so gradient flow keeps `‖u‖² − ‖w‖²`, and a step of
 * SGD changes it by `η²(‖ĝ_u‖² − ‖ĝ_w‖²)` exactly (derived here). Its sign says to which side the noise moves the balance.
 * The symmetry perspective is that of Ziyin, Wang, Li & Wu (2024), arXiv:2402.07193 (abstract only: noise of different
 * directions is balanced at the noise equilibrium).
 *
 * @returns Cost n(P_u + P_w).
 * @throws NoiseStructureError INVALID_ARGUMENT, SHAPE_MISMATCH or NOT_FINITE.
 */
export function rescalingBalance(groups: RescalingGroups): RescalingBalance {
  const caller = "rescalingBalance";
  const { examples: n, parameters } = groups;
  expectInteger(caller, "examples", n);
  const u = momentsOf(caller, "first", groups.first, n);
  const w = momentsOf(caller, "second", groups.second, n);
  let symmetryError: number | undefined;
  if (parameters) {
    const left = productsOf(caller, "first", groups.first, n, parameters.first);
    const right = productsOf(caller, "second", groups.second, n, parameters.second);
    let gap = 0;
    let scale = 0;
    left.forEach((value, i) => {
      gap = Math.max(gap, Math.abs(value - right[i]!));
      scale = Math.max(scale, Math.abs(value), Math.abs(right[i]!));
    });
    symmetryError = scale === 0 ? 0 : gap / scale;
  }
  return {
    first: u.uncentred,
    second: w.uncentred,
    uncentred: u.uncentred - w.uncentred,
    centred: u.centred - w.centred,
    gradient: u.gradient - w.gradient,
    symmetryError,
  };
}

/**
 * The expected change of `‖u‖² − ‖w‖²` in one step of SGD, `η²·E(‖ĝ_u‖² − ‖ĝ_w‖²)`. Exact under the symmetry, at any
 * learning rate; derived here, checked by enumerating all batches.
 *
 * @param balance - From {@link rescalingBalance}.
 * @param learningRate - η.
 * @param batches - `examples` is n.
 * @throws NoiseStructureError INVALID_ARGUMENT, also for `epoch-shuffle`.
 */
export function expectedImbalanceStep(
  balance: Pick<RescalingBalance, "centred" | "gradient">,
  learningRate: number,
  batches: Batches,
): number {
  expectPositive("expectedImbalanceStep", "learningRate", learningRate);
  for (const [name, value] of Object.entries({ centred: balance.centred, gradient: balance.gradient }))
    if (!Number.isFinite(value))
      throw new NoiseStructureError(
        "NOT_FINITE",
        `expectedImbalanceStep: expected finite balance.${name}, got ${value}.`,
      );
  const weights = noiseWeights(batches, "expectedImbalanceStep");
  return learningRate ** 2 * ((1 + weights.gradient) * balance.gradient + weights.noise * balance.centred);
}

function widthOf(caller: string, name: string, gradients: ArrayLike<number>, n: number): number {
  const width = gradients.length / n;
  if (!Number.isSafeInteger(width) || width === 0)
    throw new NoiseStructureError(
      "SHAPE_MISMATCH",
      `${caller}: expected ${name} of ${n} rows, got ${gradients.length} numbers.`,
    );
  expectNumbers(caller, `${name} [${n} × ${width}]`, gradients, n * width);
  return width;
}

function momentsOf(caller: string, name: string, gradients: ArrayLike<number>, n: number) {
  const width = widthOf(caller, name, gradients, n);
  const mean = new Float64Array(width);
  for (let i = 0, o = 0; i < n; i++) for (let a = 0; a < width; a++, o++) mean[a]! += gradients[o]! / n;
  let uncentred = 0;
  let centred = 0;
  for (let i = 0, o = 0; i < n; i++)
    for (let a = 0; a < width; a++, o++) {
      uncentred += gradients[o]! ** 2 / n;
      centred += (gradients[o]! - mean[a]!) ** 2 / n;
    }
  let gradient = 0;
  for (const value of mean) gradient += value * value;
  return { uncentred, centred, gradient };
}

function productsOf(
  caller: string,
  name: string,
  gradients: ArrayLike<number>,
  n: number,
  parameters: ArrayLike<number>,
): Float64Array {
  const width = gradients.length / n;
  expectNumbers(caller, `parameters.${name} [${width}]`, parameters, width);
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let a = 0; a < width; a++) sum += gradients[i * width + a]! * parameters[a]!;
    return sum;
  });
}
