import { symmetricEigenvalues } from "@sgdscope/linear-algebra";
import { describe, expect, it } from "vitest";
import { decoupling, decouplingSpectra, noiseStructure } from "../../src/index.js";
import { randomProblem, type Problem } from "./problems.js";

/** `(1/n) Σ ℓᵢCᵢ` and `L·G` in the space of parameters. */
function dense({ system, jacobian, parameters: p }: Problem) {
  const { examples: n, outputs, residuals } = system;
  const losses = Array.from({ length: n }, (_, i) =>
    residuals.subarray(i * outputs, (i + 1) * outputs).reduce((sum, r) => sum + (r * r) / 2, 0),
  );
  const loss = losses.reduce((sum, value) => sum + value / n, 0);
  const coupled = new Float64Array(p * p);
  const decoupled = new Float64Array(p * p);
  for (let c = 0; c < n * outputs; c++)
    for (let o = 0; o < p * p; o++) {
      const product = jacobian[c * p + Math.floor(o / p)]! * jacobian[c * p + (o % p)]!;
      coupled[o]! += (losses[Math.floor(c / outputs)]! * product) / n;
      decoupled[o]! += (loss * product) / n;
    }
  return { coupled, decoupled };
}

describe("the decoupling diagnostic", () => {
  it.each([1, 3])("is that of dense matrices, %d outputs", (outputs) => {
    for (let seed = 0; seed < 20; seed++) {
      const problem = randomProblem(seed, outputs);
      const { coupled, decoupled } = dense(problem);
      const p = problem.parameters;
      const trace = (m: Float64Array): number =>
        m.reduce((sum, value, o) => (o % (p + 1) === 0 ? sum + value : sum), 0);
      const norm = (m: Float64Array): number => Math.sqrt(m.reduce((sum, value) => sum + value * value, 0));
      const found = decoupling(problem.system);
      expect(found.traceRatio).toBeCloseTo(trace(coupled) / trace(decoupled), 12);
      expect(found.relativeError).toBeCloseTo(norm(coupled.map((v, o) => v - decoupled[o]!)) / norm(decoupled), 10);
      const spectra = decouplingSpectra(problem.system);
      const k = Math.min(p, problem.system.residuals.length);
      for (const name of ["coupled", "decoupled"] as const) {
        const expected = symmetricEigenvalues(name === "coupled" ? coupled : decoupled, p);
        for (let j = 0; j < k; j++) expect(spectra[name][j]).toBeCloseTo(expected[j]!, 11);
        for (let j = k; j < spectra[name].length; j++) expect(spectra[name][j]).toBeLessThan(1e-12 * expected[0]!);
      }
    }
  });

  it("has the decoupling error of noiseStructure with one output", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system } = randomProblem(seed, 1);
      expect(decoupling(system).relativeError).toBeCloseTo(noiseStructure(system).decouplingError!, 9);
    }
  });

  it("is perfect when all losses are equal, without a correlation", () => {
    const { system } = randomProblem(5, 1, { examples: 6 });
    const found = decoupling({ ...system, residuals: system.residuals.map((r) => 0.3 * Math.sign(r)) });
    expect(found.traceRatio).toBeCloseTo(1, 14);
    expect(found.relativeError).toBeCloseTo(0, 7);
    expect(found.correlation).toBeUndefined();
  });

  it("has correlation 1 when losses are proportional to curvatures", () => {
    const { system } = randomProblem(6, 1, { examples: 6 });
    const residuals = system.residuals.map((_, i) => Math.sqrt(system.gram[i * 7]!));
    const found = decoupling({ ...system, residuals });
    expect(found.correlation).toBeCloseTo(1, 12);
    expect(found.traceRatio).toBeGreaterThan(1);
  });

  it("refuses an interpolated system and a Gram matrix of zeros", () => {
    const { system } = randomProblem(7);
    expect(() => decoupling({ ...system, residuals: system.residuals.map(() => 1e-12) })).toThrow(/loss of at least/);
    expect(() => decoupling({ ...system, gram: system.gram.map(() => 0) })).toThrow(/gram is zero/);
  });
});
