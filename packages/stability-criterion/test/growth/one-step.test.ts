import { noiseStructure } from "@sgdscope/noise-structure";
import { gaussian } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { exactThreshold, oneStepLoss, secondMomentStep, type Sampling } from "../../src/index.js";
import { problem, PROBLEMS, randomProblem, seededRandom } from "../support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

/** `H = JᵀJ/n` applied to a vector of parameters. */
function curvature(jacobian: Float64Array, examples: number, parameters: number) {
  return (v: Float64Array): Float64Array => {
    const out = new Float64Array(parameters);
    for (let o = 0; o < jacobian.length; o += parameters) {
      let product = 0;
      for (let a = 0; a < parameters; a++) product += jacobian[o + a]! * v[a]!;
      for (let a = 0; a < parameters; a++) out[a]! += (product * jacobian[o + a]!) / examples;
    }
    return out;
  };
}
const inner = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

describe("the one-step identity", () => {
  it("contracts by 1 − 2η·δᵀH²δ/δᵀHδ + η²·δᵀH³δ/δᵀHδ = L(θ − η∇L)/L(θ) ≥ 0", () => {
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const random = seededRandom(seed);
      const { system, jacobian, parameters } = randomProblem(random, seed, {
        examples: 8,
        parameters: 8,
        outputs: 1 + (seed % 2),
      });
      const delta = gaussian(parameters, random);
      const residuals = system.residuals.map((_, c) =>
        inner(delta, jacobian.subarray(c * parameters, (c + 1) * parameters)),
      );
      const times = curvature(jacobian, system.examples, parameters);
      const once = times(delta);
      const twice = times(once);
      const eta = 3 * random() * exactThreshold(system, { batchSize: 1 }).criticalLearningRate;
      const expected =
        1 - (2 * eta * inner(once, once)) / inner(delta, once) + (eta ** 2 * inner(once, twice)) / inner(delta, once);
      const { contraction } = oneStepLoss({ ...system, residuals }, eta, { batchSize: 1 });
      expect(Math.abs(contraction - expected)).toBeLessThan(1e-10 * Math.max(1, expected));
      expect(contraction).toBeGreaterThanOrEqual(0);
    }
  });

  it.each(modes)("is L − η‖∇L‖² + (η²/2)[(1−p)∇LᵀH∇L + pTr(HΣ₁)] uncentred, %s", (sampling) => {
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const random = seededRandom(seed);
      const { system } = randomProblem(random, seed, { examples: 8, parameters: 8, outputs: 1 + (seed % 2) });
      const n = system.examples;
      const batchSize = 1 + (seed % n);
      const p = {
        "with-replacement": 1 / batchSize,
        "without-replacement": (n - batchSize) / (batchSize * (n - 1)),
        bernoulli: 1 / batchSize - 1 / n,
      }[sampling as "bernoulli"];
      const keep = sampling === "bernoulli" ? 1 : 1 - p;
      const { loss, gradientNorm, gradientCurvature, traceUncentredNoiseG } = noiseStructure(system);
      const eta = random() / gradientCurvature;
      const expected =
        loss - eta * gradientNorm ** 2 + (eta ** 2 / 2) * (keep * gradientCurvature + p * traceUncentredNoiseG);
      const found = oneStepLoss(system, eta, { batchSize, sampling }).expectedLoss;
      expect(Math.abs(found - expected)).toBeLessThan(1e-11 * Math.max(loss, Math.abs(found)));
    }
  });
});

describe("the step of second moments", () => {
  it("without replacement is that of a single example with probability p, else of the full batch", () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = seededRandom(seed);
      const { system } = randomProblem(random, seed, { examples: 7, parameters: 6, outputs: 1 + (seed % 3) });
      const n = system.examples;
      const size = system.residuals.length;
      const factor = gaussian(size * size, random);
      const moment = Float64Array.from({ length: size * size }, (_, k) => {
        let sum = 0;
        for (let c = 0; c < size; c++) sum += factor[Math.floor(k / size) * size + c]! * factor[(k % size) * size + c]!;
        return sum;
      });
      const step = (batchSize: number): Float64Array => secondMomentStep(system, moment, 0.1, { batchSize });
      const [single, full] = [step(1), step(n)];
      for (let batchSize = 1; batchSize <= n; batchSize++) {
        const p = (n - batchSize) / (batchSize * (n - 1));
        const scale = Math.max(...moment.map(Math.abs), ...single.map(Math.abs));
        step(batchSize).forEach((value, k) =>
          expect(Math.abs(value - p * single[k]! - (1 - p) * full[k]!)).toBeLessThan(1e-12 * scale),
        );
      }
    }
  });

  it("grows E‖δ‖² and E L by the same factor in the end", () => {
    // δ in two dimensions from Z = Jδδᵀ(Jδ)ᵀ: both are linear in E[δδᵀ], and L lies between λ_min‖δ‖²/2 and λ_max‖δ‖²/2.
    const { system } = problem([1, 2, 3, -1, 0.5, 0.2], [0, 0, 0]);
    const eta = 1.4 * exactThreshold(system, { batchSize: 1 }).criticalLearningRate;
    // Left inverse of J.
    const [a, b, d] = [1 + 9 + 0.25, 2 - 3 + 0.1, 4 + 1 + 0.04];
    const determinant = a * d - b * b;
    const inverse = [
      [1, 2],
      [3, -1],
      [0.5, 0.2],
    ].map(([x, y]) => [(d * x! - b * y!) / determinant, (a * y! - b * x!) / determinant] as const);
    let moment: Float64Array = Float64Array.from(
      { length: 9 },
      (_, k) => [3, 2, 0.7][Math.floor(k / 3)]! * [3, 2, 0.7][k % 3]!,
    );
    const distance = (z: Float64Array): number =>
      [0, 1].reduce(
        (sum, axis) =>
          sum + z.reduce((s, v, k) => s + v * inverse[Math.floor(k / 3)]![axis]! * inverse[k % 3]![axis]!, 0),
        0,
      );
    const loss = (z: Float64Array): number => (z[0]! + z[4]! + z[8]!) / 6;
    for (let t = 0; t < 200; t++) moment = secondMomentStep(system, moment, eta, { batchSize: 1 });
    const next = secondMomentStep(system, moment, eta, { batchSize: 1 });
    expect(distance(next) / distance(moment)).toBeGreaterThan(1);
    expect(distance(next) / distance(moment) / (loss(next) / loss(moment))).toBeCloseTo(1, 9);
  });
});
