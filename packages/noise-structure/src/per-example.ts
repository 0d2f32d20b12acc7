import type { GramSystem } from "./gram-system.js";

/** Sums over pairs of examples; all quantities as documented in `NoiseStructure`. */
export interface PerExample {
  gradientNorm: number;
  gradientCurvature: number;
  chi: Float64Array;
  traceNoise: number;
  traceUncentredNoise: number;
  traceNoiseG: number;
  traceUncentredNoiseG: number;
  frobeniusNoise: number;
  frobeniusUncentredNoise: number;
}

/**
 * @internal One sweep over the blocks `K_ij` of the Gram matrix, C × C each.
 *
 * With `gᵢ = Jᵢᵀrᵢ` the loss gradient of example i, the sweep collects the inner products `gᵢ·gⱼ = rᵢᵀK_ijrⱼ`, the
 * vectors `Jⱼgᵢ = K_jirᵢ` and `χⱼ = (1/n) Σᵢ‖K_ij‖_F²`. Centred quantities are sums of squares of centred terms:
 * `‖Σ‖_F² = (1/n²) Σ_ij (gᵢ·gⱼ − hᵢ − hⱼ + ‖∇L‖²)²` with `hᵢ = gᵢ·∇L`, and `Tr(ΣG) = (1/n²) Σ_ij ‖Jⱼ(gᵢ − ∇L)‖²`.
 */
export function perExample({ examples: n, outputs, gram, residuals }: GramSystem): PerExample {
  const size = n * outputs;
  const inner = new Float64Array(n * n);
  const along = new Float64Array(n);
  const chi = new Float64Array(n);
  const images = new Float64Array(n * outputs);
  const mean = new Float64Array(outputs);
  let gradientCurvature = 0;
  let traceNoiseG = 0;
  let traceUncentredNoiseG = 0;

  for (let j = 0; j < n; j++) {
    mean.fill(0);
    let squares = 0;
    for (let c = 0; c < outputs; c++) {
      const row = (j * outputs + c) * size;
      for (let i = 0, b = 0; i < n; i++) {
        let image = 0;
        for (let d = 0; d < outputs; d++, b++) {
          const k = gram[row + b]!;
          image += k * residuals[b]!;
          squares += k * k;
        }
        images[i * outputs + c] = image;
        mean[c]! += image / n;
      }
    }
    chi[j] = squares / n;
    for (let c = 0; c < outputs; c++) {
      const rj = residuals[j * outputs + c]!;
      const u = mean[c]!;
      gradientCurvature += u * u;
      along[j]! += rj * u;
      for (let i = 0; i < n; i++) {
        const image = images[i * outputs + c]!;
        inner[j * n + i]! += rj * image;
        traceUncentredNoiseG += image * image;
        traceNoiseG += (image - u) ** 2;
      }
    }
  }

  let gradientSquared = 0;
  for (let j = 0; j < n; j++) gradientSquared += along[j]! / n;
  gradientSquared = Math.max(0, gradientSquared);
  let traceNoise = 0;
  let traceUncentredNoise = 0;
  let squaredNoise = 0;
  let squaredUncentred = 0;
  for (let j = 0; j < n; j++)
    for (let i = 0; i < n; i++) {
      const product = inner[j * n + i]!;
      const centred = product - along[i]! - along[j]! + gradientSquared;
      squaredUncentred += product * product;
      squaredNoise += centred * centred;
      if (i === j) {
        traceUncentredNoise += product / n;
        traceNoise += Math.max(0, centred) / n;
      }
    }
  return {
    gradientNorm: Math.sqrt(gradientSquared),
    gradientCurvature: gradientCurvature / n,
    chi,
    traceNoise,
    traceUncentredNoise,
    traceNoiseG: traceNoiseG / (n * n),
    traceUncentredNoiseG: traceUncentredNoiseG / (n * n),
    frobeniusNoise: Math.sqrt(squaredNoise) / n,
    frobeniusUncentredNoise: Math.sqrt(squaredUncentred) / n,
  };
}
