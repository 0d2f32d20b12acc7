import { multiply, transpose } from "@sgdscope/linear-algebra";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { expectedLoss, prepareMinimum, type Sampling } from "../../src/index.js";
import { optimizerThreshold, type Optimizer } from "../../src/optimizers.js";
import { stationaryCovariance } from "../../src/stationary.js";
import {
  batchesOf,
  batchHessian,
  randomOptimizer,
  randomProblem,
  samplings,
  stepMatrix,
  type Problem,
} from "./problems.js";

/** `E L_t` over every batch: second moments of the state (θ, v, 1), which a batch maps linearly, from (0, 0, 1). */
function lossesByEnumeration(
  problem: Problem,
  residuals: Float64Array,
  {
    eta,
    optimizer,
    batchSize,
    sampling,
    steps,
  }: {
    eta: number;
    optimizer: Optimizer;
    batchSize: number;
    sampling: Sampling;
    steps: number;
  },
): number[] {
  const { examples: n, outputs, parameters: d, jacobian } = problem;
  const size = 2 * d + 1;
  const maps = batchesOf(n, batchSize, sampling).map(({ members, chance }) => {
    const gradient = new Float64Array(d);
    for (const i of members)
      for (let row = i * outputs; row < (i + 1) * outputs; row++)
        for (let k = 0; k < d; k++) gradient[k]! += (jacobian[row * d + k]! * residuals[row]!) / batchSize;
    const linear = stepMatrix(batchHessian(problem, members, batchSize), d, eta, optimizer);
    const map = new Float64Array(size * size);
    for (let a = 0; a < 2 * d; a++) for (let b = 0; b < 2 * d; b++) map[a * size + b] = linear[a * 2 * d + b]!;
    // A gradient enters as a velocity does, but for the weight that the velocity keeps and the gradient has.
    const { momentum: beta } = optimizer as { momentum: number };
    const dampening =
      optimizer.kind === "ema" ? beta : optimizer.kind === "heavy-ball" ? (optimizer.dampening ?? 0) : 0;
    for (let k = 0; k < d; k++) {
      map[k * size + 2 * d] = -eta * (optimizer.kind === "nesterov" ? 1 + beta : 1 - dampening) * gradient[k]!;
      map[(d + k) * size + 2 * d] = (1 - dampening) * gradient[k]!;
    }
    map[size * size - 1] = 1;
    return { map, chance };
  });
  let moment = new Float64Array(size * size);
  moment[size * size - 1] = 1;
  const losses: number[] = [];
  for (let t = 0; t <= steps; t++) {
    let loss = 0;
    for (let row = 0; row < n * outputs; row++) {
      const functional = new Float64Array(size);
      for (let k = 0; k < d; k++) functional[k] = jacobian[row * d + k]!;
      functional[2 * d] = residuals[row]!;
      for (let a = 0; a < size; a++)
        for (let b = 0; b < size; b++) loss += (functional[a]! * moment[a * size + b]! * functional[b]!) / (2 * n);
    }
    losses.push(loss);
    const next = new Float64Array(size * size);
    for (const { map, chance } of maps) {
      const image = multiply(multiply(map, moment, size, size, size), transpose(map, size, size), size, size, size);
      image.forEach((value, k) => (next[k]! += chance * value));
    }
    moment = next;
  }
  return losses;
}

describe("second moments with momentum", () => {
  it("give the expected loss that enumeration of every batch gives, residuals realizable or not", () => {
    const random = seededRandom(3);
    for (let k = 0; k < 30; k++) {
      const problem = randomProblem(random);
      const { examples, outputs } = problem;
      const residuals = gaussian(examples * outputs, random);
      const minimum = prepareMinimum(gramSystemFromJacobian(problem.jacobian, residuals, { examples, outputs }));
      const optimizer = { ...randomOptimizer(random), weightDecay: 0 };
      const batchSize = 1 + Math.floor(random() * Math.min(2, examples));
      const sampling = samplings[Math.floor(3 * random())]!;
      const { criticalLearningRate } = optimizerThreshold(minimum, { optimizer, batchSize, sampling });
      for (const eta of [0.5 * criticalLearningRate, 1.5 * criticalLearningRate]) {
        const { losses } = expectedLoss(minimum, { learningRate: eta, steps: 12, optimizer, batchSize, sampling });
        const expected = lossesByEnumeration(problem, residuals, { eta, optimizer, batchSize, sampling, steps: 12 });
        losses.forEach((loss, t) => {
          // What has decayed carries the rounding of what there was.
          const scale = Math.max(expected[0]!, expected[t]!);
          expect(Math.abs(loss - expected[t]!) / scale, `${k}, t = ${t}`).toBeLessThan(1e-11);
        });
      }
    }
  });

  it("settle in the cloud of that optimizer", () => {
    const random = seededRandom(5);
    let clouds = 0;
    while (clouds < 8) {
      const problem = randomProblem(random);
      const { examples, outputs } = problem;
      const residuals = gaussian(examples * outputs, random);
      const minimum = prepareMinimum(gramSystemFromJacobian(problem.jacobian, residuals, { examples, outputs }));
      const optimizer = { ...randomOptimizer(random), weightDecay: 0 };
      const batches = { optimizer, batchSize: 1, sampling: "with-replacement" as const };
      const eta = 0.5 * optimizerThreshold(minimum, batches).criticalLearningRate;
      const steps = 4000;
      const { losses, floor } = expectedLoss(minimum, { learningRate: eta, steps, ...batches });
      // Slow modes have not settled by then.
      if (Math.abs(losses[steps]! / losses[steps / 2]! - 1) > 1e-10 || floor === 0) continue;
      const { excessLoss } = stationaryCovariance(minimum, { learningRate: eta, ...batches });
      expect(Math.abs((losses[steps]! - floor) / excessLoss - 1)).toBeLessThan(1e-7);
      clouds++;
    }
  });

  it("refuse weight decay, whose pull no Gram matrix knows", () => {
    const minimum = prepareMinimum(
      gramSystemFromJacobian(Float64Array.of(1, 2), Float64Array.of(1, 1), { examples: 2, outputs: 1 }),
    );
    const optimizer = { kind: "heavy-ball", momentum: 0.5, weightDecay: 0.1 } as const;
    for (const ask of [
      () => expectedLoss(minimum, { learningRate: 0.1, steps: 2, batchSize: 1, optimizer }),
      () => stationaryCovariance(minimum, { learningRate: 0.1, batchSize: 1, optimizer }),
    ])
      expect(ask).toThrow(/expected options\.optimizer without weight decay/);
  });
});
