import { gramOfRows, multiply } from "@sgdscope/linear-algebra";
import { gaussian } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { exactThreshold, prepareMinimum, StabilityError, type Sampling } from "../../src/index.js";
import { regularMinimum, stationaryCovariance } from "../../src/stationary.js";
import { allBatches, problem, seededRandom } from "../support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

/** Random Hessians of rank two, and gradients of mean 0 on the first `reach` axes. */
function randomMinimum(seed: number, n: number, d: number, reach = d, live = d) {
  const random = seededRandom(seed);
  const hessians = new Float64Array(n * d * d);
  const gradients = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    const rows = gaussian(d * 2, random).map((value, k) => (Math.floor(k / 2) < live ? value : 0));
    hessians.set(gramOfRows(rows, d, 2), i * d * d);
    gradients.set(
      gaussian(d, random).map((value, k) => (k < reach ? value : 0)),
      i * d,
    );
  }
  for (let k = 0; k < d; k++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += gradients[i * d + k]! / n;
    for (let i = 0; i < n; i++) gradients[i * d + k]! -= mean;
  }
  return { hessians, gradients, parameters: d };
}

/** `E[δδᵀ]` and `E δ` after steps over all batches, from a start. */
function enumerate(
  { hessians, gradients, parameters: d }: ReturnType<typeof randomMinimum>,
  options: { batchSize: number; sampling: Sampling; learningRate: number; steps: number; start: Float64Array },
): Float64Array {
  const n = gradients.length / d;
  const maps = allBatches(n, options.batchSize, options.sampling).map(({ weights, probability }) => {
    const map = new Float64Array(d * d);
    const push = new Float64Array(d);
    for (let a = 0; a < d; a++) map[a * d + a] = 1;
    weights.forEach((weight, i) => {
      for (let k = 0; k < d * d; k++) map[k]! -= options.learningRate * weight * hessians[i * d * d + k]!;
      for (let a = 0; a < d; a++) push[a]! -= options.learningRate * weight * gradients[i * d + a]!;
    });
    return { map, push, probability };
  });
  let mean = options.start;
  let moment: Float64Array = Float64Array.from({ length: d * d }, (_, k) => mean[Math.floor(k / d)]! * mean[k % d]!);
  for (let t = 0; t < options.steps; t++) {
    const nextMoment = new Float64Array(d * d);
    const nextMean = new Float64Array(d);
    for (const { map, push, probability } of maps) {
      const moved = multiply(map, mean, d, d, 1);
      const turned = multiply(map, moment, d, d, d);
      for (let a = 0; a < d; a++) {
        nextMean[a]! += probability * (moved[a]! + push[a]!);
        for (let b = 0; b < d; b++) {
          let sum = moved[a]! * push[b]! + push[a]! * moved[b]! + push[a]! * push[b]!;
          for (let c = 0; c < d; c++) sum += turned[a * d + c]! * map[b * d + c]!;
          nextMoment[a * d + b]! += probability * sum;
        }
      }
    }
    [moment, mean] = [nextMoment, nextMean];
  }
  return moment;
}

describe.each(modes)("a regular minimum, %s", (sampling) => {
  it("has the covariance, distance, excess loss and gradient of its recursion over all batches", () => {
    for (const batchSize of [1, 2, 4]) {
      const minimum = randomMinimum(3 + batchSize, 5, 3);
      const { criticalLearningRate } = regularMinimum({ ...minimum, learningRate: 1e-3, batchSize, sampling });
      const learningRate = 0.6 * criticalLearningRate;
      const found = regularMinimum({ ...minimum, learningRate, batchSize, sampling });
      const start = Float64Array.of(1, -2, 0.5);
      const limit = enumerate(minimum, { batchSize, sampling, learningRate, steps: 3000, start });
      const scale = Math.max(...limit.map(Math.abs));
      found.covariance!.forEach((value, k) => expect(Math.abs(value - limit[k]!)).toBeLessThan(1e-10 * scale));
      const hessian = new Float64Array(9);
      minimum.hessians.forEach((value, k) => (hessian[k % 9]! += value / 5));
      const curved = multiply(hessian, limit, 3, 3, 3);
      const trace = (m: Float64Array): number => m[0]! + m[4]! + m[8]!;
      expect(found.squaredDistance! / trace(limit)).toBeCloseTo(1, 9);
      expect(found.excessLoss! / (0.5 * trace(curved))).toBeCloseTo(1, 9);
      expect(found.squaredGradient! / trace(multiply(curved, hessian, 3, 3, 3))).toBeCloseTo(1, 9);
      expect(found.drift).toBe(0);
    }
  });

  it("has the threshold of the Gram matrix where Hᵢ = JᵢᵀJᵢ, and its stationary covariance", () => {
    for (const outputs of [1, 2]) {
      const random = seededRandom(outputs);
      const [n, d] = [6, 3];
      const jacobian = gaussian(n * outputs * d, random);
      const minimum = prepareMinimum(problem(jacobian, gaussian(n * outputs, random), outputs).system);
      const { criticalLearningRate } = exactThreshold(minimum, { batchSize: 2, sampling });
      const learningRate = 0.7 * criticalLearningRate;
      const cloud = stationaryCovariance(minimum, { batchSize: 2, sampling, learningRate });
      // The residuals that no parameters explain leave the gradients Jᵢᵀsᵢ.
      const { residuals } = minimum.system;
      const rest = residuals.slice();
      for (let k = 0; k < minimum.rank; k++) {
        const z = minimum.spectrum.vectors.subarray(k * rest.length, (k + 1) * rest.length);
        const product = z.reduce((sum, value, a) => sum + value * residuals[a]!, 0);
        z.forEach((value, a) => (rest[a]! -= product * value));
      }
      const hessians = new Float64Array(n * d * d);
      const gradients = new Float64Array(n * d);
      for (let i = 0; i < n; i++)
        for (let c = i * outputs; c < (i + 1) * outputs; c++)
          for (let a = 0; a < d; a++) {
            gradients[i * d + a]! += rest[c]! * jacobian[c * d + a]!;
            for (let b = 0; b < d; b++) hessians[(i * d + a) * d + b]! += jacobian[c * d + a]! * jacobian[c * d + b]!;
          }
      const found = regularMinimum({ hessians, gradients, parameters: d, batchSize: 2, sampling, learningRate });
      expect(found.criticalLearningRate / criticalLearningRate).toBeCloseTo(1, 11);
      expect(found.squaredDistance! / cloud.squaredDistance).toBeCloseTo(1, 9);
      expect(found.excessLoss! / cloud.excessLoss).toBeCloseTo(1, 9);
      expect(found.squaredGradient! / cloud.squaredGradient).toBeCloseTo(1, 9);
    }
  });

  it("walks off the range of H exactly where single gradients point there, by `drift` a step", () => {
    for (const reach of [2, 3]) {
      // Curvature on the first two of three axes.
      const minimum = randomMinimum(17, 4, 3, reach, 2);
      const { criticalLearningRate } = regularMinimum({ ...minimum, learningRate: 1e-3, batchSize: 2, sampling });
      const learningRate = 0.5 * criticalLearningRate;
      const found = regularMinimum({ ...minimum, learningRate, batchSize: 2, sampling });
      expect(found.rank).toBe(2);
      if (reach === 2) expect(found.drift).toBe(0);
      else expect(found.drift).toBeGreaterThan(0);
      const options = { batchSize: 2, sampling, learningRate, start: Float64Array.of(1, 1, 1) };
      const [early, late] = [400, 1400].map((steps) => enumerate(minimum, { ...options, steps })) as [
        Float64Array,
        Float64Array,
      ];
      expect((late[8]! - early[8]!) / 1000).toBeCloseTo(found.drift, 10);
      for (const k of [0, 1, 3, 4]) expect(found.covariance![k]).toBeCloseTo(late[k]!, 10);
      expect(early[8]).toBeCloseTo(1 + 400 * found.drift, 9);
    }
  });
});

describe("a regular minimum", () => {
  const good = { ...randomMinimum(2, 4, 2), batchSize: 1, learningRate: 0.01 };

  it("has no stationary state from the threshold on, and none of noise at the full batch", () => {
    const { criticalLearningRate } = regularMinimum(good);
    const beyond = regularMinimum({ ...good, learningRate: 1.01 * criticalLearningRate });
    expect(beyond.covariance).toBeUndefined();
    const full = regularMinimum({ ...good, batchSize: 4 });
    expect(full.squaredDistance).toBe(0);
    expect(full.drift).toBe(0);
  });

  it.each([
    ["gradients whose mean is not 0", { gradients: Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0) }, "INVALID_ARGUMENT"],
    ["a Hessian that is indefinite", { hessians: good.hessians.map((v, k) => (k === 0 ? -1 : v)) }, "INVALID_ARGUMENT"],
    ["Hessians of zero", { hessians: new Float64Array(16) }, "NO_CURVATURE"],
    ["too few Hessians", { hessians: new Float64Array(12) }, "SHAPE_MISMATCH"],
    ["half a parameter", { parameters: 1.5 }, "INVALID_ARGUMENT"],
    ["gradients that do not fit", { gradients: new Float64Array(3) }, "SHAPE_MISMATCH"],
  ])("refuses %s", (_, change, code) => {
    expect(() => regularMinimum({ ...good, ...change })).toThrow(
      expect.objectContaining({ name: StabilityError.name, code }) as Error,
    );
  });
});
