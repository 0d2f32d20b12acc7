import { multiply, symmetricEigen } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { noiseCovariance } from "../../src/index.js";
import {
  gaussianAlignmentAlong,
  gaussianMinibatchCovariance,
  gaussianNoise,
  gaussianStationary,
  minimumNoise,
} from "../../src/gaussian-design.js";
import { randomProblem } from "../noise-strength/problems.js";

/** A design in five dimensions, one draw of NumPy: A and δ. */
const covariance = Float64Array.from(
  [
    [0.14826933330474887, 0.21675127931937177, -0.18567622098683012, -0.1475994107980983, -0.21395415115132826],
    [0.21675127931937177, 0.964932846731377, -0.12858048060911337, -0.57659151267976, -0.057048574330241866],
    [-0.18567622098683012, -0.12858048060911337, 1.4792221751858587, -0.0439242091184729, 0.09612600762947363],
    [-0.1475994107980983, -0.57659151267976, -0.0439242091184729, 0.4377505864093593, 0.12947698404530886],
    [-0.21395415115132826, -0.057048574330241866, 0.09612600762947363, 0.12947698404530886, 0.6532090456141086],
  ].flat(),
);
const offset = Float64Array.of(
  0.09401229776087457,
  -0.7434992493538084,
  -0.9217253762584194,
  -0.45772582566733916,
  0.2201951234700494,
);
const design = { covariance, offset };

describe("alignment on Gaussian inputs in five dimensions", () => {
  const { values, vectors } = symmetricEigen(covariance, 5);
  const [top, bottom] = [vectors.slice(0, 5), vectors.slice(20)];

  it("is μ₁ = 1.8082 uncentred, with g = 1.5843 along the top eigenvector, 1.0030 along the last and 3 along δ", () => {
    expect(values[0]).toBeGreaterThan(values[4]!);
    expect(gaussianNoise(design).uncentredAlignmentFactor).toBeCloseTo(1.8081614207779912, 12);
    const g = (v: Float64Array): number => gaussianAlignmentAlong(design, v).uncentredAlignment!;
    expect(g(top)).toBeCloseTo(1.5843029774796205, 12);
    expect(g(bottom)).toBeCloseTo(1.0030262855959078, 12);
    expect(g(offset)).toBeCloseTo(3, 13);
    expect(gaussianAlignmentAlong(design, offset).alignment).toBeCloseTo(2, 13);
  });

  it("is that of 400000 sampled examples within four standard errors", () => {
    // Rows of A^½ turn standard normal vectors into inputs.
    const root = Float64Array.from({ length: 25 }, (_, k) =>
      values.reduce(
        (sum, value, a) => sum + Math.sqrt(value) * vectors[5 * a + Math.floor(k / 5)]! * vectors[5 * a + (k % 5)]!,
        0,
      ),
    );
    const random = seededRandom(4);
    const [blocks, size] = [80, 5000];
    const exact = gaussianNoise(design);
    let square = 0;
    for (const value of covariance) square += value ** 2;
    const samples = Array.from({ length: blocks }, () => {
      const x = multiply(gaussian(5 * size, random), root, size, 5, 5);
      const found = [0, 0];
      for (let i = 0; i < size; i++) {
        const input = x.subarray(5 * i, 5 * i + 5);
        const residual = input.reduce((sum, value, k) => sum + value * offset[k]!, 0);
        const image = multiply(covariance, input, 5, 5, 1).reduce((sum, value, k) => sum + value * input[k]!, 0);
        found[0]! += (residual ** 2 * image) / (2 * exact.loss * square * size);
        // vᵀAv for v = δ is 2L.
        found[1]! += residual ** 4 / ((2 * exact.loss) ** 2 * size);
      }
      return found;
    });
    [exact.uncentredAlignmentFactor!, 3].forEach((expected, k) => {
      const mean = samples.reduce((sum, found) => sum + found[k]! / blocks, 0);
      const error = Math.sqrt(samples.reduce((sum, found) => sum + (found[k]! - mean) ** 2, 0)) / blocks;
      expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
      expect(error).toBeLessThan(0.02);
    });
  });

  it("decouples with an error of .8419", () => {
    expect(gaussianNoise(design).decouplingError).toBeCloseTo(0.8418980138474752, 12);
  });
});

describe("the noise of a minibatch", () => {
  it("is (1/SN) Σ∇ℓ∇ℓᵀ − (1/S)∇L∇Lᵀ with replacement, and times (N − S)/(N − 1) without", () => {
    const { gradients } = randomProblem(6, 1, { examples: 7, parameters: 3 });
    const mean = [0, 1, 2].map((a) => gradients.reduce((sum, g, o) => (o % 3 === a ? sum + g / 7 : sum), 0));
    const [S, N] = [4, 7];
    const [withReplacement, without] = (["with-replacement", "without-replacement"] as const).map(
      (sampling) => noiseCovariance(gradients, { examples: N, batchSize: S, sampling }).minibatch,
    );
    for (let o = 0; o < 9; o++) {
      const [a, b] = [Math.floor(o / 3), o % 3];
      let second = 0;
      for (let i = 0; i < N; i++) second += gradients[3 * i + a]! * gradients[3 * i + b]!;
      const expected = second / (S * N) - (mean[a]! * mean[b]!) / S;
      expect(withReplacement![o]).toBeCloseTo(expected, 14);
      expect(without![o]).toBeCloseTo((expected * (N - S)) / (N - 1), 14);
    }
  });

  it("vanishes where the loss does: C(w*) = 0", () => {
    const still = gaussianMinibatchCovariance({
      inputCovariance: covariance,
      parameterCovariance: new Float64Array(25),
      batchSize: 3,
    });
    expect(still.every((value) => value === 0)).toBe(true);
    expect(gaussianNoise({ covariance, offset: new Float64Array(5) }).centred.every((value) => value === 0)).toBe(true);
  });

  it("at the stationary state of Theorem 2 is (σ²/S)A + (σ²/S²)(1 + κ/S)(ΛAG⁻¹ + Tr[ΛAG⁻¹]I)A by Lemma 1", () => {
    const spectrum = [1.3, 0.6, 0.3];
    for (const momentum of [0, 0.5, 0.9]) {
      const [learningRate, S, labelVariance] = [0.2 * (1 - momentum), 4, 0.7];
      const { variances, noiseVariances } = gaussianStationary(spectrum, {
        learningRate,
        batchSize: S,
        momentum,
        labelVariance,
      })!;
      const diagonal = (entries: ArrayLike<number>): Float64Array =>
        Float64Array.from({ length: 9 }, (_, o) => (o % 4 === 0 ? entries[o / 4]! : 0));
      const lemma = gaussianMinibatchCovariance({
        inputCovariance: diagonal(spectrum),
        parameterCovariance: diagonal(variances),
        labelVariance,
        batchSize: S,
      });
      const damping = spectrum.map(
        (a) => 2 * (1 - momentum) - ((1 - momentum) / (1 + momentum) + 1 / S) * learningRate * a,
      );
      const t = spectrum.reduce((sum, a, i) => sum + (learningRate * a) / damping[i]!, 0);
      const kappa = t / (1 - t / S);
      spectrum.forEach((a, i) => {
        const printed =
          (labelVariance / S) * a +
          (labelVariance / S ** 2) * (1 + kappa / S) * ((learningRate * a) / damping[i]! + t) * a;
        expect(lemma[4 * i]! / printed).toBeCloseTo(1, 13);
        expect(noiseVariances[i]! / printed).toBeCloseTo(1, 13);
      });
    }
  });

  it("near a minimum of positive loss is (2L₀/S)H₀ up to o(L₀): for Gaussian inputs the rest falls as the distance squared", () => {
    const labelVariance = 0.8;
    const rest = [1e-2, 1e-3].map((distance) => {
      const delta = offset.map((value) => distance * value);
      const exact = gaussianNoise({ covariance, offset: delta, labelVariance });
      const { covariance: leading } = minimumNoise({ hessian: covariance, loss: labelVariance / 2, batchSize: 1 });
      return Math.hypot(...exact.centred.map((value, o) => value - leading[o]!));
    });
    expect(rest[0]! / rest[1]!).toBeCloseTo(100, 6);
    expect(rest[1]).toBeLessThan(1e-4);
  });
});
