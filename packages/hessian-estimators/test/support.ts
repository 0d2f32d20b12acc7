import { multiplyVector, orthonormalizeRows } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom, type SeededRandom } from "@sgdscope/random";
import type { LinearOperator } from "@sgdscope/hessian-estimators";

/** A dense symmetric matrix as an operator that counts its products. */
export interface CountedOperator extends LinearOperator {
  matrix: Float64Array;
  products: number;
}

export function dense(matrix: Float64Array, size: number): CountedOperator {
  const operator: CountedOperator = {
    size,
    matrix,
    products: 0,
    apply(v) {
      operator.products++;
      return Promise.resolve(multiplyVector(matrix, v, size, size));
    },
  };
  return operator;
}

/** U·diag(spectrum)·Uᵀ with a random orthogonal U. */
export function withSpectrum(spectrum: readonly number[], seed = 1): CountedOperator {
  const n = spectrum.length;
  const { basis } = orthonormalizeRows(gaussian(n * n, seededRandom(seed).stream("basis")), n, n);
  const matrix = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    if (spectrum[k] === 0) continue;
    for (let i = 0; i < n; i++) {
      const c = spectrum[k]! * basis[k * n + i]!;
      for (let j = 0; j < n; j++) matrix[i * n + j]! += c * basis[k * n + j]!;
    }
  }
  return dense(matrix, n);
}

/** diag(entries) as an operator: its eigenvectors are the unit vectors. */
export const diagonal = (entries: readonly number[]): LinearOperator => ({
  size: entries.length,
  apply: (v) => Promise.resolve(v.map((x, i) => x * entries[i]!)),
});

export const sum = (values: Iterable<number>): number => [...values].reduce((total, x) => total + x, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
export const frobenius = (spectrum: readonly number[]): number => Math.sqrt(sum(spectrum.map((x) => x * x)));
export const deviation = (values: readonly number[]): number => {
  const center = mean(values);
  return Math.sqrt(sum(values.map((x) => (x - center) ** 2)) / (values.length - 1));
};
/** Root mean square of the relative errors. */
export const relativeRmse = (values: readonly number[], truth: number): number =>
  Math.sqrt(mean(values.map((x) => (x / truth - 1) ** 2)));

/**
 * A spectrum with the moments of the Hessian of a CNN with 738 parameters at initialisation: its ten largest and five smallest
 * eigenvalues, and two exponential tails fitted to its trace 81.9, Frobenius norm 30.5 and ‖H²‖_F 437.5. Zeros are left out.
 */
export const TINY_CNN: readonly number[] = [
  ...[19.196, 14.481, 9.2249, 5.9533, 4.982, 4.6721, 4.2868, 4.2323, 4.0929, 4.0435],
  ...[-4.5713, -3.591, -2.5361, -1.9918, -1.8727],
  ...Array.from({ length: 120 }, (_, i) => 2.69 * Math.exp(-(i + 0.5) / 15)),
  ...Array.from({ length: 80 }, (_, i) => -1.27 * Math.exp(-(i + 0.5) / 15)),
];

/** The generator of run number `run`: runs are independent of each other. */
export const generator = (run: number): SeededRandom => seededRandom(1).stream(`run ${run}`);

/** A decaying spectrum of both signs. */
export const ALTERNATING = Array.from({ length: 100 }, (_, i) => 10 * 0.92 ** i * (i % 5 === 4 ? -0.6 : 1));
