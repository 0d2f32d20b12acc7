import { gaussian, seededRandom, type SeededRandom } from "@sgdscope/random";

/** A random design in three dimensions, `S = FFᵀ`. */
export function randomDesign(seed: number): {
  factor: Float64Array;
  covariance: Float64Array;
  offset: Float64Array;
  random: SeededRandom;
} {
  const random = seededRandom(seed);
  const factor = gaussian(9, random);
  const covariance = Float64Array.from({ length: 9 }, (_, o) => {
    const [a, b] = [Math.floor(o / 3), o % 3];
    return [0, 1, 2].reduce((sum, k) => sum + factor[3 * a + k]! * factor[3 * b + k]!, 0);
  });
  return { factor, covariance, offset: gaussian(3, random), random };
}

/**
 * Examples with the moments of N(0, FFᵀ) up to order five, so that averages over them are those of Gaussian inputs: products
 * of the three-point Gauss–Hermite rule (0 four times in six, ±√3 once), each with label noise +σ and −σ.
 */
export function gaussianExamples(factor: Float64Array, offset: Float64Array, deviation = 0) {
  const rule = [0, 0, 0, 0, Math.sqrt(3), -Math.sqrt(3)];
  const inputs: number[] = [];
  const residuals: number[] = [];
  for (const z0 of rule)
    for (const z1 of rule)
      for (const z2 of rule) {
        const x = [0, 1, 2].map((a) => factor[3 * a]! * z0 + factor[3 * a + 1]! * z1 + factor[3 * a + 2]! * z2);
        const value = x.reduce((sum, each, a) => sum + each * offset[a]!, 0);
        for (const sign of deviation === 0 ? [0] : [1, -1]) {
          inputs.push(...x);
          residuals.push(value - sign * deviation);
        }
      }
  const gradients = Float64Array.from(inputs, (each, o) => each * residuals[Math.floor(o / 3)]!);
  return { inputs: Float64Array.from(inputs), residuals: Float64Array.from(residuals), gradients };
}
