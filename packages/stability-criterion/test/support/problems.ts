import { gramSystemFromJacobian, type GramSystem } from "@sgdscope/noise-structure";
import { gaussian, seededRandom, type SeededRandom } from "@sgdscope/random";
import type { Sampling } from "../../src/index.js";
import { repetitions } from "../../../../tooling/soak.js";

/** How many random problems a fact about all problems is checked on. */
export const PROBLEMS = repetitions(50, 300);

/** A linear model given by its Jacobian. */
export interface Problem {
  system: GramSystem;
  jacobian: Float64Array;
  parameters: number;
}

/** A system with the Gram matrix of a Jacobian. */
export function problem(jacobian: ArrayLike<number>, residuals: ArrayLike<number>, outputs = 1): Problem {
  const j = Float64Array.from(jacobian);
  const examples = residuals.length / outputs;
  return {
    system: gramSystemFromJacobian(j, Float64Array.from(residuals), { examples, outputs }),
    jacobian: j,
    parameters: j.length / residuals.length,
  };
}

/** A Gram matrix given directly, with residuals of one. */
export function gramProblem(rows: readonly (readonly number[])[]): GramSystem {
  return {
    examples: rows.length,
    outputs: 1,
    gram: Float64Array.from(rows.flat()),
    residuals: new Float64Array(rows.length).fill(1),
  };
}

/** Random problems of three kinds: Gaussian, with scales that differ by example, and with a common direction. */
export function randomProblem(
  random: SeededRandom,
  kind: number,
  limits: { examples: number; parameters: number; outputs?: number } = { examples: 10, parameters: 12 },
): Problem {
  const outputs = limits.outputs ?? 1;
  const examples = 2 + Math.floor(random() * (limits.examples - 1));
  const parameters = 1 + Math.floor(random() * limits.parameters);
  const jacobian = gaussian(examples * outputs * parameters, random);
  const common = gaussian(parameters, random);
  for (let i = 0; i < examples; i++) {
    const scale = kind % 3 === 1 ? -2 * Math.log(1 - random()) : 1;
    for (let k = 0; k < outputs * parameters; k++)
      jacobian[i * outputs * parameters + k] =
        scale * jacobian[i * outputs * parameters + k]! + (kind % 3 === 2 ? 2 * common[k % parameters]! : 0);
  }
  return problem(jacobian, gaussian(examples * outputs, random), outputs);
}

/** Residuals that a displacement of the parameters explains. */
export function realizable({ system, jacobian, parameters }: Problem, random: SeededRandom): GramSystem {
  const delta = gaussian(parameters, random);
  const residuals = system.residuals.map((_, a) => {
    let sum = 0;
    for (let k = 0; k < parameters; k++) sum += jacobian[a * parameters + k]! * delta[k]!;
    return sum;
  });
  return { ...system, residuals };
}

/** All minibatches as weights of the examples (how often an example enters, over B) with their probabilities. */
export function allBatches(
  examples: number,
  batchSize: number,
  sampling: Sampling,
): { weights: number[]; probability: number }[] {
  const batches: { weights: number[]; probability: number }[] = [];
  const visit = (weights: number[], left: number, from: number): void => {
    if (left === 0) batches.push({ weights: weights.map((w) => w / batchSize), probability: 1 });
    else
      for (let i = from; i < examples; i++)
        visit(
          weights.map((w, j) => (j === i ? w + 1 : w)),
          left - 1,
          sampling === "with-replacement" ? 0 : i + 1,
        );
  };
  const none = Array.from({ length: examples }, () => 0);
  if (sampling === "bernoulli") {
    const chance = batchSize / examples;
    for (let mask = 0; mask < 1 << examples; mask++) {
      const chosen = none.map((_, i) => (mask >> i) & 1);
      const size = chosen.reduce((sum, one) => sum + one, 0);
      batches.push({
        weights: chosen.map((one) => one / batchSize),
        probability: chance ** size * (1 - chance) ** (examples - size),
      });
    }
    return batches;
  }
  visit(none, batchSize, 0);
  return batches.map(({ weights }) => ({ weights, probability: 1 / batches.length }));
}

/** The residuals after a step with the given example weights: `r − ηKWr`. */
export function stepResiduals(system: GramSystem, residuals: Float64Array, weights: number[], eta: number) {
  const { outputs, gram } = system;
  const size = residuals.length;
  return residuals.map((r, a) => {
    let sum = 0;
    for (let b = 0; b < size; b++) sum += gram[a * size + b]! * weights[Math.floor(b / outputs)]! * residuals[b]!;
    return r - eta * sum;
  });
}

export const lossOf = (residuals: Float64Array, examples: number): number =>
  residuals.reduce((sum, r) => sum + r * r, 0) / (2 * examples);

export { seededRandom };
