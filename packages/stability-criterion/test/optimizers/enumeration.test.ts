import { multiply, symmetricEigen } from "@sgdscope/linear-algebra";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { repetitions } from "../../../../tooling/soak.js";
import { prepareMinimum, type Sampling } from "../../src/index.js";
import { optimizerGrowth, optimizerThreshold, type Optimizer } from "../../src/optimizers.js";
import {
  batchesOf,
  batchHessian,
  randomOptimizer,
  randomProblem,
  samplings,
  stepMatrix,
  type Problem,
} from "./problems.js";

/** The growth of the joint second moment: the spectral radius of Σ chance·T⊗T, by squaring it again and again. */
function growthByEnumeration(
  problem: Problem,
  eta: number,
  optimizer: Optimizer,
  batchSize: number,
  sampling: Sampling,
): number {
  const { examples, parameters: d } = problem;
  const size = 2 * d;
  const squared = size * size;
  let operator = new Float64Array(squared * squared);
  for (const { members, chance } of batchesOf(examples, batchSize, sampling)) {
    const hessian = batchHessian(problem, members, batchSize);
    const step = stepMatrix(hessian, d, eta, optimizer);
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++)
        for (let k = 0; k < size; k++)
          for (let l = 0; l < size; l++)
            operator[(a * size + b) * squared + k * size + l]! += chance * step[a * size + k]! * step[b * size + l]!;
  }
  // log‖Q^(2^k)‖/2^k; each scale counts for as much as the power it belongs to.
  let log = 0;
  for (let k = 0; k < 48; k++) {
    const norm = Math.hypot(...operator);
    log += Math.log(norm) / 2 ** k;
    const scaled = operator.map((value) => value / norm);
    operator = multiply(scaled, scaled, squared, squared, squared) as Float64Array<ArrayBuffer>;
  }
  return Math.exp(log);
}

describe("thresholds of optimizers against enumeration of every batch", () => {
  const count = repetitions(10, 240);
  it(`holds on ${count} random problems: second moments neither grow nor fall at η*`, () => {
    const random = seededRandom(7);
    let worst = 0;
    for (let k = 0; k < count; k++) {
      const problem = randomProblem(random);
      const { examples, outputs, parameters, jacobian } = problem;
      const minimum = prepareMinimum(
        gramSystemFromJacobian(jacobian, new Float64Array(examples * outputs), { examples, outputs }),
      );
      // Flat directions stay where they are: enumeration has no range to restrict itself to.
      if (minimum.rank < parameters) continue;
      const optimizer = randomOptimizer(random);
      const sampling = samplings[Math.floor(3 * random())]!;
      const batchSize = 1 + Math.floor(random() * Math.min(2, examples));
      const options = { optimizer, batchSize, sampling };
      const { criticalLearningRate, converged } = optimizerThreshold(minimum, options);
      expect(converged).toBe(true);
      const growth = growthByEnumeration(problem, criticalLearningRate, optimizer, batchSize, sampling);
      worst = Math.max(worst, Math.abs(growth - 1));
      expect(Math.abs(growth - 1), JSON.stringify({ ...options, k })).toBeLessThan(1e-9);
      const beyond = 1.3 * criticalLearningRate;
      const { spectralRadius } = optimizerGrowth(minimum, beyond, options);
      expect(
        Math.abs(growthByEnumeration(problem, beyond, optimizer, batchSize, sampling) / spectralRadius - 1),
        `growth of ${JSON.stringify({ ...options, k })}`,
      ).toBeLessThan(1e-9);
    }
    console.info(`worst distance of ρ from 1 at η*: ${worst.toExponential(1)}`);
  });

  it("have modes that are positive semidefinite", () => {
    const random = seededRandom(11);
    for (let k = 0; k < 20; k++) {
      const { examples, outputs, jacobian } = randomProblem(random);
      const minimum = prepareMinimum(
        gramSystemFromJacobian(jacobian, new Float64Array(examples * outputs), { examples, outputs }),
      );
      const { mode } = optimizerThreshold(minimum, { optimizer: randomOptimizer(random), batchSize: 1 });
      const { values } = symmetricEigen(mode, minimum.rank);
      expect(Math.min(...values)).toBeGreaterThan(-1e-9);
    }
  });
});
