import { describe, expect, it } from "vitest";
import { prepareMinimum, samplingWeights } from "../../src/index.js";
import { chiJensenBound, frobeniusBound, simpleTraceBound, traceBound, traceJensenBound } from "../../src/bounds.js";
import { problem } from "../support/problems.js";

const jacobian = [1, 2, 0, 1, 1, 1, 2, 1, -1, 0, 3, 1];

describe.each([1, 2, 3])("the bounds by traces of a minimum with %d outputs", (outputs) => {
  const examples = 6 / outputs;
  const minimum = prepareMinimum(problem(jacobian, [1, -1, 0.5, 1, 2, -1], outputs).system);
  const powers = [1, 2, 3, 4].map((power) => minimum.eigenvalues.reduce((sum, value) => sum + value ** power, 0));
  const [t1, t2, t3, t4] = powers as [number, number, number, number];
  /** (1/n) Σ‖Hᵢ‖_F² of Hᵢ = JᵢᵀJᵢ, from the 2 × 2 matrices themselves. */
  let meanSquaredH = 0;
  for (let i = 0; i < examples; i++) {
    const h = [0, 0, 0, 0];
    for (let c = 0; c < outputs; c++) {
      const [a, b] = [jacobian[2 * (i * outputs + c)]!, jacobian[2 * (i * outputs + c) + 1]!];
      [a * a, a * b, a * b, b * b].forEach((value, k) => (h[k]! += value));
    }
    meanSquaredH += h.reduce((sum, value) => sum + value ** 2, 0) / examples;
  }

  it.each([1, 2])("are their formulas at B = %d", (batchSize) => {
    const weights = samplingWeights(examples, { batchSize });
    const p = weights.noise;
    const rateOf = (bound: (m: typeof minimum, w: typeof weights) => { criticalLearningRate: number }): number =>
      bound(minimum, weights).criticalLearningRate;
    expect(rateOf(traceBound)).toBeCloseTo((2 * t1) / ((1 - p) * t2 + p * meanSquaredH), 12);
    expect(rateOf(traceJensenBound)).toBeCloseTo((2 * t1) / ((1 - p) * t2 + (p * t1 ** 2) / outputs), 12);
    expect(rateOf(chiJensenBound)).toBeCloseTo((2 * t3) / ((1 - p) * t4 + (p * t2 ** 2) / outputs), 12);
    const simple = simpleTraceBound(minimum, weights);
    const frobenius = frobeniusBound(minimum, weights);
    if (p === 0) expect([simple, frobenius].map((bound) => bound.criticalLearningRate)).toEqual([Infinity, Infinity]);
    else {
      expect(simple.criticalLearningRate).toBeCloseTo((2 * outputs) / (p * t1), 12);
      expect(frobenius.criticalLearningRate).toBeCloseTo((2 * Math.sqrt(outputs / p)) / Math.sqrt(t2), 12);
    }
    expect(simple.curvature).toMatchObject({
      quantity: "Tr H",
      limitTimesLearningRate: p === 0 ? Infinity : (2 * outputs) / p,
    });
    expect(simple.curvature!.value).toBeCloseTo(t1, 12);
  });
});
