import type { Sampling } from "../../src/index.js";
import type { Optimizer } from "../../src/optimizers.js";

export interface Problem {
  examples: number;
  outputs: number;
  parameters: number;
  jacobian: Float64Array;
}

export function randomProblem(random: () => number): Problem {
  const examples = 2 + Math.floor(3 * random());
  const outputs = 1 + Math.floor(2 * random());
  const parameters = 1 + Math.floor(3 * random());
  const jacobian = Float64Array.from({ length: examples * outputs * parameters }, () => 2 * random() - 1);
  return { examples, outputs, parameters, jacobian };
}

/** Every batch with its probability. */
export function batchesOf(n: number, batchSize: number, sampling: Sampling): { members: number[]; chance: number }[] {
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
export function stepMatrix(hessian: Float64Array, d: number, eta: number, optimizer: Optimizer): Float64Array {
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
    const dampening = optimizer.kind === "heavy-ball" ? (optimizer.dampening ?? 0) : 0;
    const fresh = optimizer.kind === "ema" ? 1 - beta : 1 - dampening;
    const next = velocity.map((value, k) => beta * value + fresh * gradient[k]!);
    const direction = next.map((value, k) => (optimizer.kind === "nesterov" ? gradient[k]! + beta * value : value));
    for (let k = 0; k < d; k++) {
      step[k * size + column] = delta[k]! - eta * direction[k]!;
      step[(k + d) * size + column] = next[k]!;
    }
  }
  return step;
}

/** `(1/B) Σ JᵢᵀJᵢ` over the members of a batch. */
export function batchHessian(
  { outputs, parameters: d, jacobian }: Problem,
  members: readonly number[],
  batchSize: number,
): Float64Array {
  const hessian = new Float64Array(d * d);
  for (const i of members)
    for (let c = 0; c < outputs; c++)
      for (let k = 0; k < d; k++)
        for (let l = 0; l < d; l++)
          hessian[k * d + l]! +=
            (jacobian[(i * outputs + c) * d + k]! * jacobian[(i * outputs + c) * d + l]!) / batchSize;
  return hessian;
}

export const randomOptimizer = (random: () => number): Optimizer => {
  const momentum = 0.95 * random();
  const weightDecay = random() < 0.3 ? 0.2 * random() : 0;
  const kinds = ["heavy-ball", "nesterov", "ema"] as const;
  const kind = kinds[Math.floor(3 * random())]!;
  if (kind !== "heavy-ball") return { kind, momentum, weightDecay };
  const dampening = random() < 0.2 ? random() : 0;
  return { kind, momentum: random() < 0.2 ? -momentum / 2 : momentum, dampening, weightDecay };
};

export const samplings = ["with-replacement", "without-replacement", "bernoulli"] as const;
