import { multiply, symmetricEigen, symmetricEigenvalues, transpose } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  alignmentRange,
  directionalAlignment,
  fitNoiseStrength,
  gramSystemFromJacobian,
  noiseCovariance,
  noiseStructure,
  sampledAlignment,
  type GramSystem,
} from "../src/index.js";
import { effectiveDimension } from "../src/gaussian-design.js";
import { gaussianNoise } from "../src/gaussian-design.js";
import { gaussianExamples, randomDesign } from "./gaussian-design/quadrature.js";
import { randomProblem } from "./noise-strength/problems.js";

/** Agreement in every printed digit: the value, rounded as the text is, reads the same. */
const digits = (value: number, text: string): void =>
  expect(value.toFixed(text.split(".")[1]!.length)).toBe(text.startsWith(".") ? `0${text}` : text);

const jacobian = Float64Array.of(1, 0, 1, 0, 2, 0, 1, 1, 0);
const system = gramSystemFromJacobian(jacobian, Float64Array.of(1, -1, 2), { examples: 3, outputs: 1 });

describe("J = [[1,0,1],[0,2,0],[1,1,0]], r = (1, −1, 2), to every digit given", () => {
  const found = noiseStructure(system, { eigenvalues: 3 });

  it.each([
    ["frobeniusG", "1.943650631615"],
    ["frobeniusUncentredNoise", "3.711842908553"],
    ["frobeniusNoise", "3.340732528527"],
    ["uncentredAlignmentFactor", ".897058823529"],
    ["alignmentFactor", ".774509803922"],
    ["uncentredDirectionAlignment", ".939462683041"],
    ["uncentredNoiseMagnitude", ".954863710632"],
    ["directionAlignment", ".901225379003"],
    ["noiseMagnitude", ".859396352973"],
  ] as const)("%s %s", (name, text) => digits(found[name]!, text));

  it.each([
    ["loss", 1],
    ["traceG", 8 / 3],
    ["gradientCurvature", 25 / 27],
    ["traceUncentredNoise", 14 / 3],
    ["traceNoise", 32 / 9],
    ["traceUncentredNoiseG", 61 / 9],
    ["traceNoiseG", 158 / 27],
    ["uncentredAlignmentFactor", 61 / 68],
    ["alignmentFactor", 79 / 102],
  ] as const)("%s is the fraction %d", (name, value) => expect(found[name]).toBeCloseTo(value, 14));

  it("the spectrum, χ, ∇L = (1, 0, ⅓), and the ranges of μ and μ₁", () => {
    ["1.77446809", ".78597546", ".10622312"].forEach((text, k) => digits(found.eigenvalues[k]!, text));
    [5 / 3, 20 / 3, 3].forEach((value, i) => expect(found.chi[i]).toBeCloseTo(value, 14));
    const gradients = jacobian.map((value, k) => value * system.residuals[Math.floor(k / 3)]!);
    const { gradient } = noiseCovariance(gradients, { examples: 3, batchSize: 1 });
    [1, 0, 1 / 3].forEach((value, k) => expect(gradient[k]).toBeCloseTo(value, 15));
    expect(found.gradientNorm ** 2).toBeCloseTo(10 / 9, 14);
    const range = alignmentRange(system);
    digits(range.infimum, ".196777476639");
    digits(range.uncentredInfimum, ".441176470588");
  });

  it("relative decoupling error √(1 − 2μ₁ + β₁²)", () =>
    expect(found.decouplingError).toBeCloseTo(Math.sqrt(1 - (2 * 61) / 68 + 0.954863710632 ** 2), 11));
});

/** The residuals of an extreme μ: an eigenvector of `M = blockdiag(χᵢ) − K²/n²` on the range of K. */
function extremeResiduals({ examples: n, outputs, gram, residuals }: GramSystem): [Float64Array, Float64Array] {
  const size = n * outputs;
  const { values, vectors } = symmetricEigen(gram.slice(), size);
  const rank = values.filter((value) => value > 1e-10 * values[0]!).length;
  const squared = multiply(gram, gram, size, size, size);
  const m = squared.map((value, k) => {
    const [a, b] = [Math.floor(k / size), k % size];
    const sameExample = Math.floor(a / outputs) === Math.floor(b / outputs);
    return (sameExample ? value / n : 0) - value / n ** 2;
  });
  const basis = vectors.slice(0, rank * size);
  const inner = multiply(multiply(basis, m, rank, size, size), transpose(basis, rank, size), rank, size, rank);
  const found = symmetricEigen(inner, rank);
  const back = (row: number): Float64Array =>
    multiply(found.vectors.slice(row * rank, (row + 1) * rank), basis, 1, rank, size);
  expect(residuals.length).toBe(size);
  return [back(rank - 1), back(0)];
}

describe("properties of 300 random problems, one to three outputs", () => {
  const each = (visit: (problem: ReturnType<typeof randomProblem>, seed: number) => void): void => {
    for (let seed = 0; seed < 300; seed++) visit(randomProblem(seed, 1 + (seed % 3)), seed);
  };

  it("μ = μ₁ − ∇LᵀG∇L/(2L‖G‖_F²), α in [0, 1], μ = αβ, decoupling error² = 1 − 2μ₁ + β₁²", () => {
    each(({ system: one }) => {
      const s = noiseStructure(one);
      const [mu, mu1] = [s.alignmentFactor!, s.uncentredAlignmentFactor!];
      expect(mu).toBeCloseTo(mu1 - s.gradientCurvature / (2 * s.loss * s.frobeniusG ** 2), 11);
      expect(mu).toBeLessThanOrEqual(mu1 * (1 + 1e-12));
      for (const alpha of [s.directionAlignment!, s.uncentredDirectionAlignment!]) {
        expect(alpha).toBeGreaterThanOrEqual(0);
        expect(alpha).toBeLessThan(1 + 1e-12);
      }
      expect(s.directionAlignment! * s.noiseMagnitude!).toBeCloseTo(mu, 11);
      expect(s.decouplingError! ** 2).toBeCloseTo(1 - 2 * mu1 + s.uncentredNoiseMagnitude! ** 2, 9);
      expect(s.frobeniusG ** 2 / (s.chi.reduce((sum, value) => sum + value, 0) / one.examples)).toBeCloseTo(1, 11);
      expect(s.traceNoise / (s.traceUncentredNoise - s.gradientNorm ** 2)).toBeCloseTo(1, 7);
    });
  });

  it("factors ignore the scale of residuals and Jacobian and rotations of the parameters; curvatures scale with c²", () => {
    let compared = 0;
    each(({ system: one, jacobian: j, parameters }, seed) => {
      const random = seededRandom(5000 + seed);
      const c = Math.exp(4 * random() - 2);
      const v = gaussian(parameters, random);
      const square = v.reduce((sum, value) => sum + value * value, 0);
      const turned = j.slice();
      for (let o = 0; o < j.length; o += parameters) {
        let product = 0;
        for (let k = 0; k < parameters; k++) product += j[o + k]! * v[k]!;
        for (let k = 0; k < parameters; k++) turned[o + k]! -= (2 * product * v[k]!) / square;
      }
      const before = noiseStructure(one);
      const range = alignmentRange(one);
      const louder = { ...one, residuals: one.residuals.map((r) => -c * r) };
      const scaled = { ...one, gram: one.gram.map((k) => c * c * k) };
      const rotated = gramSystemFromJacobian(turned, one.residuals, one);
      for (const [other, factor] of [
        [louder, 1],
        [scaled, c * c],
        [rotated, 1],
      ] as const) {
        const after = noiseStructure(other);
        for (const name of [
          "alignmentFactor",
          "uncentredAlignmentFactor",
          "directionAlignment",
          "noiseMagnitude",
          "uncentredDirectionAlignment",
          "uncentredNoiseMagnitude",
        ] as const) {
          expect(Math.abs(after[name]! - before[name]!), name).toBeLessThan(1e-9 * Math.max(1, before[name]!));
          compared++;
        }
        for (const name of ["traceG", "frobeniusG", "largestEigenvalue"] as const)
          expect(after[name] / before[name]).toBeCloseTo(factor, factor > 1 ? 7 : 9);
        const moved = alignmentRange(other);
        expect(moved.infimum).toBeCloseTo(range.infimum, 8);
        expect(moved.supremum / range.supremum).toBeCloseTo(1, 8);
      }
    });
    console.info(`${compared} factors of 300 problems unmoved by scale and rotation.`);
  });

  it("inf μ and sup μ are reached by realizable residuals; μ₁ lies in (0, n] and, for one output, between χ/mean χ", () => {
    each(({ system: one }) => {
      const range = alignmentRange(one);
      const [least, most] = extremeResiduals(one).map(
        (residuals) => noiseStructure({ ...one, residuals }).alignmentFactor ?? 0,
      ) as [number, number];
      expect(Math.abs(least - range.infimum)).toBeLessThan(1e-9 * Math.max(1, range.supremum));
      expect(Math.abs(most / range.supremum - 1)).toBeLessThan(1e-9);
      expect(range.uncentredInfimum).toBeGreaterThanOrEqual(0);
      expect(range.uncentredSupremum).toBeLessThan(one.examples * (1 + 1e-12));
      if (one.outputs === 1) {
        const { chi } = noiseStructure(one);
        const mean = chi.reduce((sum, value) => sum + value, 0) / one.examples;
        expect(range.uncentredInfimum).toBeGreaterThan(Math.min(...chi) / mean - 1e-10);
        expect(range.uncentredSupremum).toBeLessThan(Math.max(...chi) / mean + 1e-10);
      }
    });
  });

  it("along eigenvectors v·∇L is √(λ/n)(z·r): the centred noise is the uncentred less its square", () => {
    each(({ system: one }) => {
      const spectrum = symmetricEigen(one.gram.slice(), one.residuals.length);
      const directions = directionalAlignment(one, { count: 2 });
      directions.forEach((d, k) => {
        const size = one.residuals.length;
        const gap = k + 1 < size ? spectrum.values[k]! - spectrum.values[k + 1]! : Infinity;
        if (gap < 1e-4 * spectrum.values[0]!) return;
        const z = spectrum.vectors.subarray(k * size, (k + 1) * size);
        const slope =
          Math.sqrt(d.curvature / one.examples) * z.reduce((sum, value, a) => sum + value * one.residuals[a]!, 0);
        expect(Math.abs(d.uncentredNoise - d.noise - slope ** 2)).toBeLessThan(1e-9 * Math.max(1, d.uncentredNoise));
      });
    });
  });
});

describe("equal χ for all examples", () => {
  it("has inf μ = 1 − λ₁²/Σλ² and sup μ = 1 − λ_n²/Σλ², as a kernel that looks the same from every input", () => {
    const first = [5, 2, 0.5, 0.3, 0.5, 2];
    const gram = Float64Array.from({ length: 36 }, (_, k) => first[((k % 6) - Math.floor(k / 6) + 6) % 6]!);
    const range = alignmentRange({ examples: 6, outputs: 1, gram, residuals: new Float64Array(6).fill(1) });
    const values = symmetricEigenvalues(gram.slice(), 6);
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    expect(range.infimum).toBeCloseTo(1 - values[0]! ** 2 / squares, 13);
    expect(range.supremum).toBeCloseTo(1 - values[5]! ** 2 / squares, 13);
  });
});

describe("a deep linear network on Gaussian inputs", () => {
  it("has Σ₁ = 2LG + 2∇L∇Lᵀ, Σ = 2LG + ∇L∇Lᵀ and 1 ≤ μ ≤ 2 at every θ, by quadrature", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { factor, covariance, offset, random } = randomDesign(seed);
      // f = b·Wx with W 2 × 3 and b of 2: u = Wᵀb, ∂u/∂b = Wᵀ, ∂u/∂W = b ⊗ I.
      const [w, b] = [gaussian(6, random), gaussian(2, random)];
      const parameters = 8;
      const ju = new Float64Array(3 * parameters);
      for (let a = 0; a < 3; a++)
        for (let h = 0; h < 2; h++) {
          ju[a * parameters + h] = w[h * 3 + a]!;
          ju[a * parameters + 2 + h * 3 + a] = b[h]!;
        }
      const { inputs, residuals } = gaussianExamples(factor, offset);
      const rows = multiply(inputs, ju, residuals.length, 3, parameters);
      const gradients = rows.map((value, k) => value * residuals[Math.floor(k / parameters)]!);
      const expected = noiseCovariance(gradients, { examples: residuals.length, batchSize: 1 });
      const found = gaussianNoise({ covariance, offset, jacobian: ju });
      const scale = Math.max(...expected.uncentred.map(Math.abs));
      for (let k = 0; k < parameters ** 2; k++) {
        expect(Math.abs(found.uncentred[k]! - expected.uncentred[k]!)).toBeLessThan(1e-12 * scale);
        expect(Math.abs(found.centred[k]! - expected.centred[k]!)).toBeLessThan(1e-12 * scale);
      }
      const structure = noiseStructure(
        gramSystemFromJacobian(rows, residuals, { examples: residuals.length, outputs: 1 }),
      );
      expect(found.alignmentFactor).toBeCloseTo(structure.alignmentFactor!, 10);
      expect(found.uncentredAlignmentFactor).toBeCloseTo(structure.uncentredAlignmentFactor!, 10);
      expect(found.alignmentFactor!).toBeGreaterThanOrEqual(1);
      expect(found.alignmentFactor!).toBeLessThanOrEqual(2);
    }
  });
});

describe("alignment of linear models and random features, against one draw of another generator", () => {
  const rangeOf = (features: Float64Array, n: number): ReturnType<typeof alignmentRange> =>
    alignmentRange(gramSystemFromJacobian(features, new Float64Array(n).fill(1), { examples: n, outputs: 1 }));

  it.each([
    [50, 2000, 0.88, 1.14, 0.9, 1.163, 0.04],
    [50, 50, 0.44, 1.954, 0.45, 1.991, 0.25],
    [2000, 10, 1.04, 1.19, 1.13, 1.29, 0.06],
  ])("linear, n = %d, d = %d: inf μ %d, sup μ %d, inf μ₁ %d, sup μ₁ %d", (n, d, low, high, low1, high1, band) => {
    // A Gram matrix of 2000 examples is large: here only that μ of draws, by d × d matrices, lies between the extremes.
    if (n > 500) {
      const x = gaussian(n * d, seededRandom(3));
      const random = seededRandom(4);
      for (let draw = 0; draw < 5; draw++) {
        const delta = gaussian(d, random);
        const g = new Float64Array(d * d);
        const second = new Float64Array(d * d);
        const gradient = new Float64Array(d);
        for (let i = 0; i < n; i++) {
          const row = x.subarray(i * d, (i + 1) * d);
          const r = row.reduce((sum, value, a) => sum + value * delta[a]!, 0);
          for (let a = 0; a < d; a++) {
            gradient[a]! += (r * row[a]!) / n;
            for (let c = 0; c < d; c++) {
              g[a * d + c]! += (row[a]! * row[c]!) / n;
              second[a * d + c]! += (r * r * row[a]! * row[c]!) / n;
            }
          }
        }
        const squares = g.reduce((sum, value) => sum + value * value, 0);
        const twice = delta.reduce((sum, value, a) => sum + value * gradient[a]!, 0);
        const mu1 = second.reduce((sum, value, k) => sum + value * g[k]!, 0) / (twice * squares);
        const curved = g.reduce((sum, v, k) => sum + v * gradient[Math.floor(k / d)]! * gradient[k % d]!, 0);
        const mu = mu1 - curved / (twice * squares);
        expect(mu).toBeGreaterThan(low - band);
        expect(mu).toBeLessThan(high + band);
        expect(mu1).toBeGreaterThan(low1 - band);
        expect(mu1).toBeLessThan(high1 + band);
      }
      return;
    }
    const range = rangeOf(gaussian(n * d, seededRandom(3)), n);
    expect(Math.abs(range.infimum - low)).toBeLessThan(band);
    expect(Math.abs(range.supremum - high)).toBeLessThan(2 * band);
    expect(Math.abs(range.uncentredInfimum - low1)).toBeLessThan(band);
    expect(Math.abs(range.uncentredSupremum - high1)).toBeLessThan(2 * band);
  });

  const activations = { relu: (z: number) => Math.max(0, z), tanh: Math.tanh };
  it.each([
    ["relu", 800, 5, 0.29, 0.7, 0.78],
    ["relu", 800, 20, 0.12, 0.71, 0.83],
    ["relu", 800, 100, 0.05, 0.69, 0.76],
    ["relu", 3200, 20, 0.12, 0.88, 0.79],
    ["tanh", 800, 5, 0.7, 0.72, 0.81],
    ["tanh", 800, 20, 0.71, 0.71, 0.95],
    ["tanh", 800, 100, 0.82, 0.83, 0.98],
  ] as const)(
    "%s features, n = 200, m = %d, d = %d: inf μ %d, inf μ₁ %d, typical μ %d",
    (name, m, d, low, low1, typical) => {
      const n = 200;
      const random = seededRandom(m + d);
      const onSphere = (count: number, radius: number): Float64Array => {
        const rows = gaussian(count * d, random);
        for (let i = 0; i < count; i++) {
          const row = rows.subarray(i * d, (i + 1) * d);
          const length = Math.hypot(...row);
          row.forEach((value, a) => (row[a] = (radius * value) / length));
        }
        return rows;
      };
      const products = multiply(onSphere(n, Math.sqrt(d)), transpose(onSphere(m, 1), m, d), n, d, m);
      const features = products.map((z) => activations[name](z) / Math.sqrt(m));
      const one = gramSystemFromJacobian(features, new Float64Array(n).fill(1), { examples: n, outputs: 1 });
      const range = alignmentRange(one);
      // Infima over residuals follow the extreme examples and spread from draw to draw.
      expect(Math.abs(range.infimum - low)).toBeLessThan(0.17);
      expect(Math.abs(range.uncentredInfimum - low1)).toBeLessThan(0.17);
      const factors = Array.from({ length: 20 }, () => {
        const residuals = multiply(features, gaussian(m, random), n, m, 1);
        return noiseStructure({ ...one, residuals }).alignmentFactor!;
      });
      // The mean of 20 draws against another mean of 20.
      const mean = factors.reduce((sum, mu) => sum + mu / 20, 0);
      const deviation = Math.sqrt(factors.reduce((sum, mu) => sum + (mu - mean) ** 2 / 19, 0));
      expect(Math.abs(mean - typical)).toBeLessThan(4 * deviation * Math.sqrt(2 / 20) + 0.02);
      expect(mean).toBeGreaterThan(0.6);
      expect(mean).toBeLessThan(1.1);
    },
  );
});

describe("the sampled alignment", () => {
  it("is unbiased: over all draws it is that of the Gram matrix", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system: one } = randomProblem(seed, 1, { examples: 4 });
      const draws = {
        first: [] as number[],
        second: [] as number[],
        firstResiduals: [] as number[],
        secondResiduals: [] as number[],
      };
      for (let i = 0; i < 4; i++)
        for (let k = 0; k < 4; k++)
          for (let j = 0; j < 4; j++) {
            draws.first.push(one.gram[i * 4 + j]!);
            draws.second.push(one.gram[k * 4 + j]!);
            draws.firstResiduals.push(one.residuals[i]!);
            draws.secondResiduals.push(one.residuals[k]!);
          }
      const found = sampledAlignment(draws);
      const exact = noiseStructure(one);
      expect(found.loss.value / exact.loss).toBeCloseTo(1, 12);
      expect(found.squaredFrobeniusG.value / exact.frobeniusG ** 2).toBeCloseTo(1, 12);
      expect(found.traceUncentredNoiseG.value / exact.traceUncentredNoiseG).toBeCloseTo(1, 12);
      expect(found.gradientCurvature.value).toBeCloseTo(exact.gradientCurvature, 10);
      expect(found.traceNoiseG.value).toBeCloseTo(exact.traceNoiseG, 10);
      expect(found.alignmentFactor).toBeCloseTo(exact.alignmentFactor!, 10);
      expect(found.uncentredAlignmentFactor).toBeCloseTo(exact.uncentredAlignmentFactor!, 10);
    }
  });

  it("has errors that four standard errors cover", () => {
    const { system: one } = randomProblem(3, 1, { examples: 40, parameters: 6 });
    const random = seededRandom(9);
    const pick = (): number => Math.floor(random() * 40);
    const draws = Array.from({ length: 20_000 }, () => [pick(), pick(), pick()] as const);
    const found = sampledAlignment({
      first: draws.map(([i, , j]) => one.gram[i * 40 + j]!),
      second: draws.map(([, k, j]) => one.gram[k * 40 + j]!),
      firstResiduals: draws.map(([i]) => one.residuals[i]!),
      secondResiduals: draws.map(([, k]) => one.residuals[k]!),
    });
    const exact = noiseStructure(one);
    for (const [estimate, value] of [
      [found.loss, exact.loss],
      [found.squaredFrobeniusG, exact.frobeniusG ** 2],
      [found.traceNoiseG, exact.traceNoiseG],
    ] as const)
      expect(Math.abs(estimate.value - value)).toBeLessThan(4 * estimate.standardError);
    expect(
      sampledAlignment({ first: [0, 0], second: [0, 0], firstResiduals: [1, 1], secondResiduals: [1, 1] })
        .alignmentFactor,
    ).toBeUndefined();
  });
});

describe("the effective dimension", () => {
  it("is d for isotropic inputs, 1 for one direction, at most both of Tr S/‖S‖₂ and Tr²S/Tr S²", () => {
    expect(effectiveDimension(new Float64Array(7).fill(0.3))).toBeCloseTo(7, 13);
    expect(effectiveDimension([5, 0, 0])).toBe(1);
    expect(effectiveDimension([2, 1, 1])).toBe(2);
    expect(effectiveDimension([0, 0])).toBe(0);
  });
});

it("the power law of diagonals, C_kk ∝ H_kk^γ, is γ = 1 where noise and curvature decouple and 2 for C ∝ HAH-like noise", () => {
  const { system: one, jacobian: j, parameters } = randomProblem(8, 1, { examples: 30, parameters: 5 });
  const scale = [1, 2, 4, 8, 16];
  const stretched = j.map((value, k) => value * scale[k % parameters]!);
  const signs = one.residuals.map((r) => 0.3 * Math.sign(r));
  const diagonal = (gradients: Float64Array): number[] => {
    const { uncentred } = noiseCovariance(gradients, { examples: 30, batchSize: 1 });
    return scale.map((_, k) => uncentred[k * (parameters + 1)]!);
  };
  const curvature = diagonal(stretched);
  const decoupled = diagonal(stretched.map((value, k) => value * signs[Math.floor(k / parameters)]!));
  expect(fitNoiseStrength(curvature, decoupled).slope.value).toBeCloseTo(1, 12);
  expect(
    fitNoiseStrength(
      curvature,
      curvature.map((value) => 0.1 * value ** 2),
    ).slope.value,
  ).toBeCloseTo(2, 12);
});
