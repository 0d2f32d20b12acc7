import { multiply, symmetricEigen } from "@sgdscope/linear-algebra";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { repetitions } from "../../../../tooling/soak.js";
import { prepareMinimum, type Sampling } from "../../src/index.js";
import { optimizerGrowth, optimizerThreshold, type Optimizer } from "../../src/optimizers.js";

interface Problem {
  examples: number;
  outputs: number;
  parameters: number;
  jacobian: Float64Array;
}

function randomProblem(random: () => number): Problem {
  const examples = 2 + Math.floor(3 * random());
  const outputs = 1 + Math.floor(2 * random());
  const parameters = 1 + Math.floor(3 * random());
  const jacobian = Float64Array.from({ length: examples * outputs * parameters }, () => 2 * random() - 1);
  return { examples, outputs, parameters, jacobian };
}

/** Every batch with its probability. */
function batchesOf(n: number, batchSize: number, sampling: Sampling): { members: number[]; chance: number }[] {
  if (sampling === "bernoulli") {
    const q = batchSize / n;
    return Array.from({ length: 2 ** n }, (_, bits) => {
      const members = Array.from({ length: n }, (__, i) => i).filter((i) => (bits >> i) & 1);
      return { members, chance: q ** members.length * (1 - q) ** (n - members.length) };
    });
  }
  let all: number[][] = [[]];
  for (let k = 0; k < batchSize; k++)
    all = all.flatMap((batch) =>
      Array.from({ length: n }, (_, i) => i)
        .filter((i) => sampling === "with-replacement" || !batch.includes(i))
        .map((i) => [...batch, i]),
    );
  return all.map((members) => ({ members, chance: 1 / all.length }));
}

/** One step of (δ, m) with a batch Hessian, as a matrix of 2d × 2d, straight from the update rules. */
function stepMatrix(hessian: Float64Array, d: number, eta: number, optimizer: Optimizer): Float64Array {
  const beta = optimizer.kind === "sgd" ? 0 : optimizer.momentum;
  const decay = optimizer.weightDecay ?? 0;
  const size = 2 * d;
  const step = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const delta = Float64Array.from({ length: d }, (_, k) => (k === column ? 1 : 0));
    const velocity = Float64Array.from({ length: d }, (_, k) => (k + d === column ? 1 : 0));
    const gradient = delta.map((value, k) => {
      let sum = decay * value;
      for (let l = 0; l < d; l++) sum += hessian[k * d + l]! * delta[l]!;
      return sum;
    });
    const fresh = optimizer.kind === "ema" ? 1 - beta : 1;
    const next = velocity.map((value, k) => beta * value + fresh * gradient[k]!);
    const direction = next.map((value, k) => (optimizer.kind === "nesterov" ? gradient[k]! + beta * value : value));
    for (let k = 0; k < d; k++) {
      step[k * size + column] = delta[k]! - eta * direction[k]!;
      step[(k + d) * size + column] = next[k]!;
    }
  }
  return step;
}

/** The growth of the joint second moment: the spectral radius of Σ chance·T⊗T, by squaring it again and again. */
function growthByEnumeration(
  { examples, outputs, parameters: d, jacobian }: Problem,
  eta: number,
  optimizer: Optimizer,
  batchSize: number,
  sampling: Sampling,
): number {
  const size = 2 * d;
  const squared = size * size;
  let operator = new Float64Array(squared * squared);
  for (const { members, chance } of batchesOf(examples, batchSize, sampling)) {
    const hessian = new Float64Array(d * d);
    for (const i of members)
      for (let c = 0; c < outputs; c++)
        for (let k = 0; k < d; k++)
          for (let l = 0; l < d; l++)
            hessian[k * d + l]! +=
              (jacobian[(i * outputs + c) * d + k]! * jacobian[(i * outputs + c) * d + l]!) / batchSize;
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

const optimizers = (random: () => number): Optimizer => {
  const momentum = 0.95 * random();
  const weightDecay = random() < 0.3 ? 0.2 * random() : 0;
  const kinds = ["heavy-ball", "nesterov", "ema"] as const;
  const kind = kinds[Math.floor(3 * random())]!;
  return { kind, momentum: kind === "heavy-ball" && random() < 0.2 ? -momentum / 2 : momentum, weightDecay };
};

const samplings = ["with-replacement", "without-replacement", "bernoulli"] as const;

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
      const optimizer = optimizers(random);
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
      const { mode } = optimizerThreshold(minimum, { optimizer: optimizers(random), batchSize: 1 });
      const { values } = symmetricEigen(mode, minimum.rank);
      expect(Math.min(...values)).toBeGreaterThan(-1e-9);
    }
  });
});
