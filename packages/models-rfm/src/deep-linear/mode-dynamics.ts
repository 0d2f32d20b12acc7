import { expectCount, expectNotNegative, expectPositive } from "../errors.js";

/** One mode of a balanced, aligned deep linear network under SGD. */
export interface DeepLinearMode {
  /** Number of layers L. */
  depth: number;
  /** The teacher's singular value s > 0. */
  target: number;
  /** η/B ≥ 0: learning rate over batch size. */
  temperature: number;
  /** σ², the variance of the label noise; default 0. */
  noiseVariance?: number;
}

/** An Itô process dx = drift(x) dt + noise(x) dβ. */
export interface ItoProcess {
  readonly drift: (x: number) => number;
  readonly noise: (x: number) => number;
}

/** The stochastic differential equations of a mode, in the time t = ηk. */
export interface ModeDynamics {
  /** Of u, the singular value that all layers share. */
  layer: ItoProcess;
  /** Of w = u^L, the singular value of the product. */
  mode: ItoProcess;
  /** ẇ under gradient flow, L w^{2−2/L}(s − w): the mode's drift without noise. */
  readonly flow: (w: number) => number;
}

/**
 * The modewise dynamics of SGD on a deep linear network with balanced layers aligned to the teacher:
 *
 *     du = u^{L−1}[(s − w) dt + √(T(2(s − w)² + σ²)) dβ],   w = u^L,  T = η/B,
 *     dw = [L w^{2−2/L}(s − w) + ½L(L−1)T w^{3−4/L}(2(s − w)² + σ²)] dt + L w^{2−2/L} √(T(2(s − w)² + σ²)) dβ,
 *
 * for whitened Gaussian inputs with fresh examples, ℓ = ½‖y − Wx‖². All layers see the same noise, so they stay balanced.
 * Derived here (the second line is the first by Itô's formula) for a single mode, and checked against SGD; in a network of
 * several modes noise also mixes them, to higher order in η. For L ≥ 2 a mode that is 0 stays 0.
 *
 * @returns Functions of u ≥ 0 and w ≥ 0 (any sign for L = 1).
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 * @see Corlouer, Semler, Strang and Gietelink Oldenziel (2026), arXiv:2604.06366, whose Proposition 3.5 is such an equation; its
 * text was not available, and its normalisation may differ.
 */
export function modeDynamics({ depth, target, temperature, noiseVariance = 0 }: DeepLinearMode): ModeDynamics {
  expectCount("modeDynamics: expected depth", depth);
  expectPositive("modeDynamics: expected target", target);
  expectNotNegative("modeDynamics: expected temperature", temperature);
  expectNotNegative("modeDynamics: expected noiseVariance", noiseVariance);
  /** T(2(s − w)² + σ²), the variance of the gradient by the mode. */
  const variance = (w: number): number => temperature * (2 * (target - w) ** 2 + noiseVariance);
  const flow = (w: number): number => depth * w ** (2 - 2 / depth) * (target - w);
  return {
    layer: {
      drift: (u) => u ** (depth - 1) * (target - u ** depth),
      noise: (u) => u ** (depth - 1) * Math.sqrt(variance(u ** depth)),
    },
    mode: {
      drift: (w) => flow(w) + (depth === 1 ? 0 : 0.5 * depth * (depth - 1) * w ** (3 - 4 / depth) * variance(w)),
      noise: (w) => depth * w ** (2 - 2 / depth) * Math.sqrt(variance(w)),
    },
    flow,
  };
}

/**
 * Where on its way from 0 to s a mode without label noise diffuses most, as fractions w/s of completion.
 *
 * The noise of w peaks at (2L−2)/(3L−2) (0, ½, 4/7, 3/5, … → 2/3), that of u at (L−1)/(2L−1) (0, ⅓, ⅖, … → ½): before the mode is
 * learned. Derived here: the maxima of w^{2−2/L}(s − w) and w^{1−1/L}(s − w).
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 */
export function diffusionPeak(depth: number): { mode: number; layer: number } {
  expectCount("diffusionPeak: expected depth", depth);
  return { mode: (2 * depth - 2) / (3 * depth - 2), layer: (depth - 1) / (2 * depth - 1) };
}
