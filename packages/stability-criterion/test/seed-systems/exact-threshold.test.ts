import { multiply, symmetricEigen } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  criticalLearningRates,
  exactThreshold,
  gaussianKernelNorm,
  gaussianThreshold,
  prepareMinimum,
  StabilityError,
  type Sampling,
} from "../../src/index.js";
import { stationaryCovariance } from "../../src/stationary.js";
import { allBatches, gramProblem, problem, type Problem } from "../support/problems.js";

const [n, d] = [6, 2];
const gaussianProblem = (seed: number): Problem => {
  const random = seededRandom(seed);
  return problem(gaussian(n * d, random), gaussian(n, random));
};
const hessianOf = (jacobian: Float64Array, weights: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: d * d }, (_, k) =>
    Array.from(weights).reduce(
      (sum, weight, i) => sum + weight * jacobian[i * d + Math.floor(k / d)]! * jacobian[i * d + (k % d)]!,
      0,
    ),
  );
const contraction = (hessian: Float64Array, eta: number): Float64Array =>
  hessian.map((value, k) => (k % (d + 1) === 0 ? 1 : 0) - eta * value);
const kronecker = (a: Float64Array, b: Float64Array): Float64Array =>
  Float64Array.from({ length: d ** 4 }, (_, k) => {
    const [row, column] = [Math.floor(k / d ** 2), k % d ** 2];
    return a[Math.floor(row / d) * d + Math.floor(column / d)]! * b[(row % d) * d + (column % d)]!;
  });
/** ρ of the mean of A⊗A. */
function radius(maps: { map: Float64Array; probability: number }[]): number {
  const mean = new Float64Array(d ** 4);
  for (const { map, probability } of maps) kronecker(map, map).forEach((value, k) => (mean[k]! += probability * value));
  return Math.max(...symmetricEigen(mean, d * d).values.map(Math.abs));
}

const cases: [Sampling, number][] = [
  ["without-replacement", 1],
  ["without-replacement", 2],
  ["without-replacement", 3],
  ["without-replacement", 6],
  ["with-replacement", 1],
  ["with-replacement", 2],
  ["with-replacement", 3],
];

describe("all minibatches of six examples in two dimensions", () => {
  it.each(cases)("have ρ(Q) = 1.000000000 at the exact threshold, %s, B = %d", (sampling, batchSize) => {
    for (let seed = 0; seed < 10; seed++) {
      const { system, jacobian } = gaussianProblem(seed);
      const { criticalLearningRate } = exactThreshold(system, { batchSize, sampling });
      const at = (eta: number): number =>
        radius(
          allBatches(n, batchSize, sampling).map(({ weights, probability }) => ({
            map: contraction(hessianOf(jacobian, weights), eta),
            probability,
          })),
        );
      expect(Math.abs(at(criticalLearningRate) - 1)).toBeLessThan(1e-9);
      expect(at(1.001 * criticalLearningRate)).toBeGreaterThan(1);
    }
  });

  it.each(cases)("are one example with chance p, else the full batch, %s, B = %d", (sampling, batchSize) => {
    const { jacobian } = gaussianProblem(3);
    const p = sampling === "with-replacement" ? 1 / batchSize : (n - batchSize) / (batchSize * (n - 1));
    const full = hessianOf(jacobian, new Array<number>(n).fill(1 / n));
    for (const eta of [0.1, 0.7, 2]) {
      const batches = allBatches(n, batchSize, sampling).map(({ weights, probability }) => ({
        map: contraction(hessianOf(jacobian, weights), eta),
        probability,
      }));
      const mixture = Array.from({ length: n }, (_, i) => ({
        map: contraction(hessianOf(jacobian.subarray(i * d, (i + 1) * d), [1]), eta),
        probability: p / n,
      }));
      mixture.push({ map: contraction(full, eta), probability: 1 - p });
      expect(radius(mixture) / radius(batches)).toBeCloseTo(1, 13);
    }
  });

  it("meet both necessary conditions, at their printed values", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { system, jacobian } = gaussianProblem(seed);
      const [batchSize, p] = [2, (n - 2) / (2 * (n - 1))];
      const hessian = hessianOf(jacobian, new Array<number>(n).fill(1 / n));
      const { values, vectors } = symmetricEigen(hessian, d);
      const [largest, trace, square] = [values[0]!, values[0]! + values[1]!, values[0]! ** 2 + values[1]! ** 2];
      let [variance, singles] = [0, 0];
      for (let i = 0; i < n; i++) {
        const [x, y] = [jacobian[2 * i]!, jacobian[2 * i + 1]!];
        variance += ((x * vectors[0]! + y * vectors[1]!) ** 2 - largest) ** 2 / n;
        singles += (x * x + y * y) ** 2 / n;
      }
      const rows = criticalLearningRates(prepareMinimum(system), { batchSize, sampling: "without-replacement" });
      const row = (name: string): number => rows.find((bound) => bound.id === name)!.criticalLearningRate;
      expect(row("top-eigenvector") / ((2 * largest) / (largest ** 2 + p * variance))).toBeCloseTo(1, 12);
      expect(row("trace") / ((2 * trace) / ((1 - p) * square + p * singles))).toBeCloseTo(1, 12);
      for (const name of ["top-eigenvector", "trace"])
        expect(row(name)).toBeGreaterThanOrEqual(row("exact") * (1 - 1e-12));
    }
  });

  it("give the bound 2/η ≥ max_v vᵀHv + p·Var(vᵀHᵢv)/vᵀHv its maximum, by a scan of directions", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { system, jacobian } = gaussianProblem(seed);
      for (const batchSize of [1, 2, 5]) {
        const p = (n - batchSize) / (batchSize * (n - 1));
        let highest = 0;
        for (let k = 0; k < 4000; k++) {
          const angle = (Math.PI * k) / 4000;
          const squares = Array.from(
            { length: n },
            (_, i) => (jacobian[2 * i]! * Math.cos(angle) + jacobian[2 * i + 1]! * Math.sin(angle)) ** 2,
          );
          const mean = squares.reduce((sum, value) => sum + value / n, 0);
          const variance = squares.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
          highest = Math.max(highest, mean + (p * variance) / mean);
        }
        const rows = criticalLearningRates(system, { batchSize, sampling: "without-replacement" });
        const bound = rows.find(({ id }) => id === "rank-one")!.criticalLearningRate;
        expect(Math.abs(bound / (2 / highest) - 1)).toBeLessThan(3e-6);
        expect(bound).toBeGreaterThanOrEqual(rows[0]!.criticalLearningRate * (1 - 1e-9));
      }
    }
  });

  it("settle with label noise where ηp(2C − ηD)†vec Σ_g says: the fixed point over all batches", () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = seededRandom(seed);
      const jacobian = gaussian(n * d, random);
      // Residuals of least squares: labels less their projection on the columns of J.
      const labels = gaussian(n, random);
      const basis = symmetricEigen(hessianOf(jacobian, new Array<number>(n).fill(1)), d);
      const residuals = labels.map((label, i) => {
        let fitted = 0;
        for (let a = 0; a < d; a++) {
          const along = (row: number): number =>
            jacobian[row * d]! * basis.vectors[a * d]! + jacobian[row * d + 1]! * basis.vectors[a * d + 1]!;
          for (let j = 0; j < n; j++) fitted += (along(i) * along(j) * labels[j]!) / basis.values[a]!;
        }
        return label - fitted;
      });
      const { system } = problem(jacobian, residuals);
      const batchSize = 2;
      const eta = 0.4 * exactThreshold(system, { batchSize, sampling: "without-replacement" }).criticalLearningRate;
      const found = stationaryCovariance(system, { batchSize, sampling: "without-replacement", learningRate: eta });
      const batches = allBatches(n, batchSize, "without-replacement").map(({ weights, probability }) => ({
        probability,
        map: contraction(hessianOf(jacobian, weights), eta),
        push: Float64Array.from({ length: d }, (_, a) =>
          weights.reduce((sum, weight, i) => sum - eta * weight * residuals[i]! * jacobian[i * d + a]!, 0),
        ),
      }));
      let covariance = new Float64Array(d * d);
      for (let t = 0; t < 600; t++) {
        const next = new Float64Array(d * d);
        for (const { map, push, probability } of batches)
          multiply(multiply(map, covariance, d, d, d), map, d, d, d).forEach(
            (value, k) => (next[k]! += probability * (value + push[Math.floor(k / d)]! * push[k % d]!)),
          );
        covariance = next;
      }
      const image = multiply(hessianOf(jacobian, new Array<number>(n).fill(1 / n)), covariance, d, d, d);
      expect(found.squaredDistance / (covariance[0]! + covariance[3]!)).toBeCloseTo(1, 12);
      expect((2 * found.excessLoss) / (image[0]! + image[3]!)).toBeCloseTo(1, 12);
      const determinant = found.covariance[0]! * found.covariance[3]! - found.covariance[1]! * found.covariance[2]!;
      expect(determinant / (covariance[0]! * covariance[3]! - covariance[1]! * covariance[2]!)).toBeCloseTo(1, 10);
    }
  });
});

describe("orthogonal examples of equal norm", () => {
  it.each([
    [1, 0.2958579882],
    [2, 0.5917159763],
    [4, 1.1834319527],
  ])("with H = 1.69·I of four examples are stable up to 2/(r²(1 − p + pn)): B = %d, %d", (batchSize, expected) => {
    const system = gramProblem([0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 4 * 1.3 ** 2 : 0))));
    const { criticalLearningRate } = exactThreshold(system, { batchSize, sampling: "without-replacement" });
    expect(criticalLearningRate).toBeCloseTo(expected, 10);
    const p = (4 - batchSize) / (3 * batchSize);
    expect(criticalLearningRate / (2 / (1.69 * (1 - p + 4 * p)))).toBeCloseTo(1, 13);
  });
});

describe("the kernel norm of Gaussian inputs", () => {
  const spectrum = Float64Array.of(1, 0.5, 0.25, 0.1);

  it.each([1, 2, 7])("is 1 at their critical learning rate, and below 1 below it, B = %d", (batchSize) => {
    const critical = gaussianThreshold(spectrum, batchSize);
    expect(gaussianKernelNorm(spectrum, critical, batchSize)).toBeCloseTo(1, 11);
    expect(gaussianKernelNorm(spectrum, 0.99 * critical, batchSize)).toBeLessThan(1);
    expect(gaussianKernelNorm(spectrum, 1.01 * critical, batchSize)).toBeGreaterThan(1);
  });

  it("is ηTr(A)/(2B) for small steps, and Infinity beyond the pole", () => {
    expect(gaussianKernelNorm(spectrum, 1e-6, 4) / ((1e-6 * 1.85) / 8)).toBeCloseTo(1, 5);
    expect(gaussianKernelNorm(spectrum, 2, 4)).toBe(Infinity);
    expect(() => gaussianKernelNorm(Float64Array.of(-1), 1, 1)).toThrow(StabilityError);
    expect(() => gaussianKernelNorm(spectrum, 0, 1)).toThrow(StabilityError);
  });
});
