import type { GramSystem, RankOptions } from "@sgdscope/noise-structure";
import { norm } from "@sgdscope/linear-algebra";
import { expectInteger, expectPositive } from "../errors.js";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import type { Batches } from "../sampling.js";
import { batchSource } from "./batches.js";

/** The exponent of almost every path, estimated. */
export interface PathExponentEstimate {
  /** `lim (1/t) log‖δ_t‖`; the loss of a path goes like twice this. −Infinity if a path hits the minimum. */
  value: number;
  /** Standard error of the mean over paths. */
  standardError: number;
  /** Steps taken in all. */
  steps: number;
}

/**
 * The Lyapunov exponent of linearised SGD, by simulation: below 0 almost every path returns to the minimum, even where
 * the expected loss grows. Never above `½·log ρ(Q)` of `spectralRadius`, by Jensen's inequality.
 *
 * Paths run in the eigenbasis of H, on its range, rather than in residuals, where rounding outside the range would not decay
 * and in the end outweigh a path that does. The vector is renormalised at every step.
 *
 * @param options.random - Uniform on [0, 1).
 * @param options.steps - Steps counted on each path. Default 2000.
 * @param options.burnIn - Steps before, to forget the start. Default a quarter of `steps`.
 * @param options.paths - At least 2. Default 16.
 * @returns Cost `4·rank·BC` operations per step. The remaining bias from the start is about `1/steps` times a logarithm.
 * @throws StabilityError INVALID_ARGUMENT, and as `simulateResiduals` and `prepareMinimum`.
 * @see Stability in probability: Ziyin et al. (2023); Chemnitz & Engel (2024), as recalled. The estimator is standard.
 */
export function lyapunovExponent(
  system: GramSystem | PreparedMinimum,
  options: Batches &
    RankOptions & { learningRate: number; random: () => number; steps?: number; burnIn?: number; paths?: number },
): PathExponentEstimate {
  const { learningRate, batchSize, random, steps = 2000, paths = 16 } = options;
  const { burnIn = Math.ceil(steps / 4) } = options;
  expectPositive("lyapunovExponent", "options.learningRate", learningRate);
  for (const [name, value, least] of [
    ["steps", steps, 1],
    ["burnIn", burnIn, 0],
    ["paths", paths, 2],
  ] as const)
    expectInteger("lyapunovExponent", `options.${name}`, value, least);
  const { examples, outputs, rank, features, ...minimum } = prepareMinimum(system, options);
  const rate = learningRate / batchSize;
  const exponents: number[] = [];
  for (let path = 0; path < paths; path++) {
    const nextBatch = batchSource(examples, options, random);
    const delta = minimum.eigenvalues.map(() => random() - 0.5);
    let sum = 0;
    for (let t = -burnIn; t < steps; t++) {
      const batch = nextBatch();
      const pulls: number[] = [];
      for (const i of batch)
        for (let c = 0, o = i * outputs * rank; c < outputs; c++) {
          let image = 0;
          for (let a = 0; a < rank; a++, o++) image += features[o]! * delta[a]!;
          pulls.push(rate * image);
        }
      batch.forEach((i, k) => {
        for (let c = 0, o = i * outputs * rank; c < outputs; c++) {
          const pull = pulls[k * outputs + c]!;
          for (let a = 0; a < rank; a++, o++) delta[a]! -= pull * features[o]!;
        }
      });
      const length = norm(delta);
      if (length === 0) return { value: -Infinity, standardError: 0, steps: path * (burnIn + steps) + t + burnIn + 1 };
      for (let a = 0; a < rank; a++) delta[a]! /= length;
      if (t >= 0) sum += Math.log(length);
    }
    exponents.push(sum / steps);
  }
  const value = exponents.reduce((sum, one) => sum + one, 0) / paths;
  const spread = exponents.reduce((sum, one) => sum + (one - value) ** 2, 0) / (paths - 1);
  return { value, standardError: Math.sqrt(spread / paths), steps: paths * (burnIn + steps) };
}
