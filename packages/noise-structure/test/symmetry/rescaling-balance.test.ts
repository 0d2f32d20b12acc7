import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { expectedImbalanceStep, rescalingBalance, type Sampling } from "../../src/index.js";
import { allBatches, batchGradient, squaredNorm } from "../noise-strength/problems.js";

/** One hidden neuron, `f(x) = w·relu(u·x)` with outputs w: the loss is the same for (cu, w/c). */
function neuron(seed: number) {
  const random = seededRandom(seed);
  const [n, inputs, outputs] = [5, 3, 2];
  const x = gaussian(n * inputs, random);
  const y = gaussian(n * outputs, random);
  const u = gaussian(inputs, random);
  const w = gaussian(outputs, random);
  const first = new Float64Array(n * inputs);
  const second = new Float64Array(n * outputs);
  for (let i = 0; i < n; i++) {
    const row = x.subarray(i * inputs, (i + 1) * inputs);
    const sum = row.reduce((total, value, a) => total + value * u[a]!, 0);
    const active = sum > 0 ? 1 : 0;
    const residuals = w.map((value, c) => value * active * sum - y[i * outputs + c]!);
    const back = residuals.reduce((total, r, c) => total + r * w[c]!, 0);
    row.forEach((value, a) => (first[i * inputs + a] = back * active * value));
    residuals.forEach((r, c) => (second[i * outputs + c] = r * active * sum));
  }
  return { n, u, w, first, second };
}

describe("the noise balance of a rescaling symmetry", () => {
  it.each(["with-replacement", "without-replacement", "bernoulli"] satisfies Sampling[])(
    "is what moves ‖u‖² − ‖w‖², over all batches %s",
    (sampling) => {
      for (const batchSize of [1, 2, 4]) {
        const { n, u, w, first, second } = neuron(batchSize);
        const eta = 0.3;
        let change = 0;
        for (const { weights, probability } of allBatches(n, batchSize, sampling)) {
          const du = batchGradient(first, weights);
          const dw = batchGradient(second, weights);
          const after =
            squaredNorm(u.map((value, a) => value - eta * du[a]!)) -
            squaredNorm(w.map((value, c) => value - eta * dw[c]!));
          change += probability * (after - squaredNorm(u) + squaredNorm(w));
        }
        const balance = rescalingBalance({ examples: n, first, second });
        expect(expectedImbalanceStep(balance, eta, { examples: n, batchSize, sampling })).toBeCloseTo(change, 12);
      }
    },
  );

  it("is the sum of a part of the gradient and a part of the noise, and η² times it for single examples", () => {
    const { n, first, second } = neuron(8);
    const found = rescalingBalance({ examples: n, first, second });
    expect(found.first).toBeCloseTo(squaredNorm(first) / n, 13);
    expect(found.second).toBeCloseTo(squaredNorm(second) / n, 13);
    expect(found.uncentred).toBeCloseTo(found.gradient + found.centred, 13);
    const step = expectedImbalanceStep(found, 0.1, { examples: n, batchSize: 1 });
    expect(step).toBeCloseTo(0.01 * found.uncentred, 14);
  });

  it("is checked against the symmetry where parameters are given", () => {
    const { n, u, w, first, second } = neuron(9);
    const groups = { examples: n, first, second };
    expect(rescalingBalance(groups).symmetryError).toBeUndefined();
    expect(rescalingBalance({ ...groups, parameters: { first: u, second: w } }).symmetryError).toBeLessThan(1e-14);
    const other = w.map((value) => value + 1);
    expect(rescalingBalance({ ...groups, parameters: { first: u, second: other } }).symmetryError).toBeGreaterThan(0.1);
  });

  it("turns round when the groups change places, and scales with c² and 1/c²", () => {
    const { n, first, second } = neuron(10);
    const found = rescalingBalance({ examples: n, first, second });
    const swapped = rescalingBalance({ examples: n, first: second, second: first });
    expect(swapped.centred).toBe(-found.centred);
    const scaled = rescalingBalance({
      examples: n,
      first: first.map((value) => value / 2),
      second: second.map((value) => value * 2),
    });
    expect(scaled.first).toBeCloseTo(found.first / 4, 13);
    expect(scaled.second).toBeCloseTo(found.second * 4, 12);
  });

  it("refuses rows that do not fit, parameters of another length, and batches of an epoch", () => {
    const { n, u, w, first, second } = neuron(11);
    expect(() => rescalingBalance({ examples: n, first: first.subarray(1), second })).toThrow(
      /first of 5 rows, got 14/,
    );
    expect(() => rescalingBalance({ examples: n, first, second, parameters: { first: w, second: u } })).toThrow(
      /parameters.first \[3\]/,
    );
    const balance = rescalingBalance({ examples: n, first, second });
    expect(() => expectedImbalanceStep(balance, 0.1, { examples: n, batchSize: 1, sampling: "epoch-shuffle" })).toThrow(
      /anti-correlated/,
    );
    expect(() => expectedImbalanceStep(balance, 0, { examples: n, batchSize: 1 })).toThrow(/learningRate/);
  });
});
