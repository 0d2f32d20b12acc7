import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  afterGradientStep,
  alignmentRange,
  directionalAlignment,
  gramSpectrum,
  gramSystemFromJacobian,
  noiseStructure,
  type GramSystem,
  type NoiseStructure,
} from "../src/index.js";
import { repetitions } from "../../../tooling/soak.js";

interface Problem {
  system: GramSystem;
  jacobian: Float64Array;
  parameters: number;
}

function randomProblem(seed: number, outputs: number): Problem {
  const random = seededRandom(seed);
  const examples = 2 + Math.floor(random() * 7);
  const parameters = 1 + Math.floor(random() * 11);
  const jacobian = gaussian(examples * outputs * parameters, random);
  const residuals = gaussian(examples * outputs, random);
  return { system: gramSystemFromJacobian(jacobian, residuals, { examples, outputs }), jacobian, parameters };
}

/** G, Σ₁, Σ and ∇L as dense matrices in the space of parameters. */
function dense({ system, jacobian, parameters: p }: Problem) {
  const { examples: n, outputs, residuals } = system;
  const g = new Float64Array(p * p);
  const second = new Float64Array(p * p);
  const gradient = new Float64Array(p);
  for (let i = 0; i < n; i++) {
    const own = new Float64Array(p);
    for (let c = i * outputs; c < (i + 1) * outputs; c++) {
      const row = jacobian.subarray(c * p, (c + 1) * p);
      for (let a = 0; a < p; a++) {
        own[a]! += residuals[c]! * row[a]!;
        for (let b = 0; b < p; b++) g[a * p + b]! += (row[a]! * row[b]!) / n;
      }
    }
    for (let a = 0; a < p; a++) {
      gradient[a]! += own[a]! / n;
      for (let b = 0; b < p; b++) second[a * p + b]! += (own[a]! * own[b]!) / n;
    }
  }
  const noise = second.map((value, k) => value - gradient[Math.floor(k / p)]! * gradient[k % p]!);
  const trace = (m: Float64Array): number => m.reduce((sum, value, k) => (k % (p + 1) === 0 ? sum + value : sum), 0);
  const inner = (m: Float64Array, other: Float64Array): number =>
    m.reduce((sum, value, k) => sum + value * other[k]!, 0);
  const form = (m: Float64Array): number =>
    m.reduce((sum, value, k) => sum + gradient[Math.floor(k / p)]! * value * gradient[k % p]!, 0);
  return { g, second, gradient, noise, trace, inner, form };
}

describe.each([1, 2, 4])("against dense matrices of the parameters, %d outputs", (outputs) => {
  it("has every trace, norm and ratio", () => {
    for (let seed = 0; seed < 60; seed++) {
      const problem = randomProblem(100 * outputs + seed, outputs);
      const { g, second, gradient, noise, trace, inner, form } = dense(problem);
      const found = noiseStructure(problem.system);
      const loss = problem.system.residuals.reduce((sum, r) => sum + r * r, 0) / (2 * problem.system.examples);
      const frobenius = (m: Float64Array): number => Math.sqrt(inner(m, m));
      const decoupling = second.map((value, k) => value - 2 * loss * g[k]!);
      const expected: Partial<NoiseStructure> = {
        loss,
        gradientNorm: Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0)),
        gradientCurvature: form(g),
        traceG: trace(g),
        frobeniusG: frobenius(g),
        traceNoise: trace(noise),
        traceUncentredNoise: trace(second),
        traceNoiseG: inner(noise, g),
        traceUncentredNoiseG: inner(second, g),
        frobeniusNoise: frobenius(noise),
        frobeniusUncentredNoise: frobenius(second),
        alignmentFactor: inner(noise, g) / (2 * loss * inner(g, g)),
        uncentredAlignmentFactor: inner(second, g) / (2 * loss * inner(g, g)),
        directionAlignment: inner(noise, g) / (frobenius(noise) * frobenius(g)),
        noiseMagnitude: frobenius(noise) / (2 * loss * frobenius(g)),
        decouplingError: frobenius(decoupling) / (2 * loss * frobenius(g)),
      };
      for (const [name, value] of Object.entries(expected))
        expect(
          Math.abs((found[name as keyof NoiseStructure] as number) - (value as number)),
          `${name}, ${seed}`,
        ).toBeLessThan(1e-10 * Math.max(1, Math.abs(value as number)));
    }
  });

  it("has μ = αβ, μ ≤ μ₁, and μ₁ between the extremes of χ over its mean for one output", () => {
    for (let seed = 0; seed < 60; seed++) {
      const { system } = randomProblem(1000 * outputs + seed, outputs);
      const found = noiseStructure(system);
      expect(found.directionAlignment! * found.noiseMagnitude!).toBeCloseTo(found.alignmentFactor!, 12);
      expect(found.uncentredDirectionAlignment! * found.uncentredNoiseMagnitude!).toBeCloseTo(
        found.uncentredAlignmentFactor!,
        12,
      );
      expect(found.alignmentFactor!).toBeLessThanOrEqual(found.uncentredAlignmentFactor!);
      const mean = found.chi.reduce((sum, value) => sum + value, 0) / system.examples;
      expect(Math.sqrt(mean)).toBeCloseTo(found.frobeniusG, 10);
      if (outputs === 1) {
        expect(found.uncentredAlignmentFactor!).toBeGreaterThanOrEqual(Math.min(...found.chi) / mean - 1e-12);
        expect(found.uncentredAlignmentFactor!).toBeLessThanOrEqual(Math.max(...found.chi) / mean + 1e-12);
      }
    }
  });

  it("has μ within its range for realizable residuals, and reaches the infimum", () => {
    for (let seed = 0; seed < repetitions(6, 20); seed++) {
      const problem = randomProblem(2000 * outputs + seed, outputs);
      const { system, jacobian, parameters: p } = problem;
      const range = alignmentRange(system);
      const random = seededRandom(seed);
      let least = Infinity;
      for (let draw = 0; draw < 60; draw++) {
        const delta = gaussian(p, random);
        const residuals = system.residuals.map((_, a) =>
          delta.reduce((sum, value, k) => sum + value * jacobian[a * p + k]!, 0),
        );
        const found = noiseStructure({ ...system, residuals });
        least = Math.min(least, found.alignmentFactor!);
        expect(found.alignmentFactor!).toBeGreaterThan(range.infimum - 1e-9);
        expect(found.alignmentFactor!).toBeLessThan(range.supremum + 1e-9);
        expect(found.uncentredAlignmentFactor!).toBeGreaterThan(range.uncentredInfimum - 1e-9);
        expect(found.uncentredAlignmentFactor!).toBeLessThan(range.uncentredSupremum + 1e-9);
      }
      if (p === 1) expect(least).toBeCloseTo(range.infimum, 9);
    }
  });

  it("spreads the noise over eigendirections: they sum to Tr Σ, and weighted by curvature to Tr(ΣG)", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system } = randomProblem(3000 * outputs + seed, outputs);
      const found = noiseStructure(system);
      const directions = directionalAlignment(system);
      const sum = (pick: (d: (typeof directions)[number]) => number): number =>
        directions.reduce((total, d) => total + pick(d), 0);
      expect(sum((d) => d.noise)).toBeCloseTo(found.traceNoise, 9);
      expect(sum((d) => d.uncentredNoise)).toBeCloseTo(found.traceUncentredNoise, 9);
      expect(sum((d) => d.noise * d.curvature)).toBeCloseTo(found.traceNoiseG, 9);
      for (const d of directions) expect(d.alignment! * 2 * found.loss * d.curvature).toBeCloseTo(d.noise, 9);
      expect(directionalAlignment(system, { count: 1 })).toHaveLength(1);
    }
  });
});

describe("invariances", () => {
  it("factors ignore the scale of residuals and of the Jacobian; curvatures scale with c²", () => {
    const { system } = randomProblem(5, 2);
    const before = noiseStructure(system);
    const after = noiseStructure({
      ...system,
      gram: system.gram.map((k) => 9 * k),
      residuals: system.residuals.map((r) => 1e-4 * r),
    });
    for (const name of [
      "alignmentFactor",
      "uncentredAlignmentFactor",
      "directionAlignment",
      "noiseMagnitude",
      "decouplingError",
    ] as const)
      expect(after[name]! / before[name]!).toBeCloseTo(1, 11);
    for (const name of ["traceG", "frobeniusG", "largestEigenvalue"] as const)
      expect(after[name] / before[name]).toBeCloseTo(9, 10);
  });

  it("the largest eigenvalue is the same by Lanczos, from all eigenvalues and from a spectrum", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system } = randomProblem(4000 + seed, 1 + (seed % 3));
      const spectrum = gramSpectrum(system);
      const { eigenvalues, largestEigenvalue } = noiseStructure(system, { eigenvalues: 3, spectrum });
      expect(noiseStructure(system).largestEigenvalue / largestEigenvalue).toBeCloseTo(1, 12);
      noiseStructure(system, { eigenvalues: 3 }).eigenvalues.forEach((value, k) =>
        expect(value).toBeCloseTo(eigenvalues[k]!, 10),
      );
    }
  });

  it("a gradient step lowers the loss by η‖∇L‖² to first order", () => {
    const { system } = randomProblem(6, 2);
    const before = noiseStructure(system);
    const after = noiseStructure(afterGradientStep(system, 1e-7));
    expect((before.loss - after.loss) / 1e-7 / before.gradientNorm ** 2).toBeCloseTo(1, 5);
  });
});

describe("where ratios have no value", () => {
  const { system } = randomProblem(7, 1);

  it("says that the loss is too small", () => {
    const found = noiseStructure({ ...system, residuals: system.residuals.map((r) => 1e-12 * r) });
    expect(found.alignmentFactor).toBeUndefined();
    expect(found.decouplingError).toBeUndefined();
    expect(found.undefinedBecause).toMatch(/loss is below 1e-20/);
    expect(found.traceG).toBeGreaterThan(0);
  });

  it("says that there is no curvature", () => {
    const found = noiseStructure({ ...system, gram: new Float64Array(system.gram.length) });
    expect(found.alignmentFactor).toBeUndefined();
    expect(found.undefinedBecause).toMatch(/zero/);
    expect(found.largestEigenvalue).toBe(0);
  });

  it("has μ = 0 and no direction where identical examples make no noise", () => {
    const same = gramSystemFromJacobian(Float64Array.of(1, 2, 1, 2, 1, 2), Float64Array.of(1, 1, 1), {
      examples: 3,
      outputs: 1,
    });
    const found = noiseStructure(same);
    expect(found.alignmentFactor).toBeCloseTo(0, 15);
    expect(alignmentRange(same).infimum).toBeCloseTo(0, 15);
  });
});
