import { gaussian, seededRandom } from "@sgdscope/random";
import { gramSystemFromJacobian, type GramSystem, type Sampling } from "../../src/index.js";

/** A random system with its Jacobian and the gradients `∇ℓᵢ = Jᵢᵀrᵢ`. */
export interface Problem {
  system: GramSystem;
  jacobian: Float64Array;
  parameters: number;
  gradients: Float64Array;
}

export function randomProblem(
  seed: number,
  outputs = 1,
  shape: { examples?: number; parameters?: number } = {},
): Problem {
  const random = seededRandom(seed);
  const examples = shape.examples ?? 2 + Math.floor(random() * 6);
  const parameters = shape.parameters ?? 1 + Math.floor(random() * 7);
  const jacobian = gaussian(examples * outputs * parameters, random);
  const residuals = gaussian(examples * outputs, random);
  const gradients = new Float64Array(examples * parameters);
  for (let i = 0; i < examples; i++)
    for (let c = i * outputs; c < (i + 1) * outputs; c++)
      for (let a = 0; a < parameters; a++)
        gradients[i * parameters + a]! += residuals[c]! * jacobian[c * parameters + a]!;
  return {
    system: gramSystemFromJacobian(jacobian, residuals, { examples, outputs }),
    jacobian,
    parameters,
    gradients,
  };
}

/** Every batch with its probability, as weights on the examples: the minibatch gradient is the weighted sum. */
export function allBatches(
  n: number,
  size: number,
  sampling: Sampling,
): { weights: Float64Array; probability: number }[] {
  const batches: { weights: Float64Array; probability: number }[] = [];
  const members = sampling === "with-replacement" ? n ** size : 2 ** n;
  for (let code = 0; code < members; code++) {
    const weights = new Float64Array(n);
    let count = 0;
    if (sampling === "with-replacement")
      for (let k = 0, rest = code; k < size; k++, rest = Math.floor(rest / n)) weights[rest % n]! += 1 / size;
    else
      for (let i = 0; i < n; i++)
        if ((code >> i) & 1) {
          weights[i]! += 1 / size;
          count++;
        }
    if (sampling === "without-replacement" && count !== size) continue;
    const share = size / n;
    batches.push({ weights, probability: sampling === "bernoulli" ? share ** count * (1 - share) ** (n - count) : 1 });
  }
  const total = batches.reduce((sum, { probability }) => sum + probability, 0);
  return batches.map(({ weights, probability }) => ({ weights, probability: probability / total }));
}

/** The gradient of a batch. */
export function batchGradient(gradients: Float64Array, weights: Float64Array): Float64Array {
  const parameters = gradients.length / weights.length;
  const sum = new Float64Array(parameters);
  for (let i = 0, o = 0; i < weights.length; i++)
    for (let a = 0; a < parameters; a++, o++) sum[a]! += weights[i]! * gradients[o]!;
  return sum;
}

export const squaredNorm = (v: Float64Array): number => v.reduce((sum, value) => sum + value * value, 0);

/** Mean over independent runs against the exact value, and standard errors against the scatter, in standard deviations. */
export function scatter(
  runs: { value: number; standardError: number }[],
  exact: number,
): { bias: number; honesty: number } {
  const count = runs.length;
  const mean = runs.reduce((sum, { value }) => sum + value / count, 0);
  const variance = runs.reduce((sum, { value }) => sum + (value - mean) ** 2 / (count - 1), 0);
  const claimed = runs.reduce((sum, { standardError }) => sum + standardError ** 2 / count, 0);
  return { bias: Math.abs(mean - exact) / Math.sqrt(variance / count), honesty: Math.sqrt(claimed / variance) };
}
