import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { describe, expect, it } from "vitest";
import { prepareMinimum } from "../../src/index.js";
import {
  decoupledOptimizerThreshold,
  meanEdge,
  optimizerGrowth,
  optimizerThreshold,
  type Optimizer,
} from "../../src/optimizers.js";

/** Three examples in three parameters, with thresholds that enumeration of all batches confirms. */
const J = Float64Array.of(1, 0, 1, 0, 2, 0, 1, 1, 0);
const minimumOf = (jacobian: Float64Array, examples = 3) =>
  prepareMinimum(gramSystemFromJacobian(jacobian, new Float64Array(examples), { examples, outputs: 1 }));
const minimum = minimumOf(J);
/** `J·P^(−1/2)` with P = diag(1, 4, 2). */
const preconditioned = minimumOf(J.map((value, k) => value / Math.sqrt([1, 4, 2][k % 3]!)));

const answers: [string, Optimizer, number[], (number | undefined)?][] = [
  ["plain", { kind: "sgd" }, [0.572340172017, 0.937005453848, 1.127098316946], 0.779114410091],
  [
    "heavy ball, β = .5",
    { kind: "heavy-ball", momentum: 0.5 },
    [0.426112511654, 1.033959717911, 1.690647475419],
    0.708339172639,
  ],
  [
    "heavy ball, β = .9",
    { kind: "heavy-ball", momentum: 0.9 },
    [0.114250418027, 0.415558651477, 2.141486802197],
    0.223216043012,
  ],
  [
    "Nesterov, β = .5",
    { kind: "nesterov", momentum: 0.5 },
    [0.368986373674, 0.673457421982, 0.845323737709],
    0.536429677806,
  ],
  [
    "Nesterov, β = .9",
    { kind: "nesterov", momentum: 0.9 },
    [0.221599945633, 0.566993946018, 0.76481671507],
    0.406261715904,
  ],
  [
    "averaged, β = .9",
    { kind: "ema", momentum: 0.9 },
    [1.142504180273, 4.155586514769, 21.414868021973],
    2.232160430118,
  ],
  [
    "heavy ball, β = .9, weight decay .1",
    { kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 },
    [0.124859868016, 0.445433105913, 2.027241763228],
  ],
  ["plain, weight decay .1", { kind: "sgd", weightDecay: 0.1 }, [0.577423655942, 0.90525802417, 1.066969349068]],
];

describe("the thresholds of optimizers", () => {
  it.each(answers)("of %s are those of enumeration", (_, optimizer, without, withReplacement) => {
    without.forEach((answer, k) => {
      const found = optimizerThreshold(minimum, { optimizer, batchSize: k + 1 });
      expect(Math.abs(found.criticalLearningRate / answer - 1)).toBeLessThan(1e-11);
      expect(found.converged).toBe(true);
    });
    if (withReplacement !== undefined) {
      const options = { optimizer, batchSize: 2, sampling: "with-replacement" } as const;
      const { criticalLearningRate } = optimizerThreshold(minimum, options);
      expect(Math.abs(criticalLearningRate / withReplacement - 1)).toBeLessThan(1e-11);
    }
  });

  it("with a fixed preconditioner are those of JP⁻¹Jᵀ", () => {
    const plain = [1.471711754746, 2.175373352492, 2.437718804043];
    const averaged = [2.857974933254, 10.16146279056, 46.316657276812];
    for (const batchSize of [1, 2, 3]) {
      const of = (optimizer: Optimizer) =>
        optimizerThreshold(preconditioned, { optimizer, batchSize }).criticalLearningRate;
      expect(of({ kind: "sgd" })).toBeCloseTo(plain[batchSize - 1]!, 11);
      expect(of({ kind: "ema", momentum: 0.9 })).toBeCloseTo(averaged[batchSize - 1]!, 9);
    }
  });

  it("of orthogonal rows are in closed form, and of identical rows the edge of the mean", () => {
    const orthogonal = minimumOf(
      Float64Array.from({ length: 16 }, (_, k) => (k % 5 === 0 ? 2 : 0)),
      4,
    );
    for (const [momentum, batchSize, answer] of [
      [0.5, 1, 0.3],
      [0.5, 2, 0.75],
      [0.9, 1, 1.9 / 29],
      [0.9, 2, 0.19],
    ] as const)
      expect(
        optimizerThreshold(orthogonal, { optimizer: { kind: "heavy-ball", momentum }, batchSize }).criticalLearningRate,
      ).toBeCloseTo(answer, 11);
    const identical = minimumOf(Float64Array.of(1, 2, 1, 2, 1, 2));
    for (const kind of ["heavy-ball", "nesterov", "ema"] as const)
      for (const batchSize of [1, 2, 3]) {
        const optimizer = { kind, momentum: 0.7 };
        const { criticalLearningRate } = optimizerThreshold(identical, { optimizer, batchSize });
        expect(criticalLearningRate / meanEdge(optimizer, 5)).toBeCloseTo(1, 9);
      }
  });

  it("have the growth rates of enumeration beside them", () => {
    const optimizer = { kind: "heavy-ball", momentum: 0.9 } as const;
    for (const [eta, answer] of [
      [0.05, 0.943473499331],
      [0.1, 0.986708953934],
      [0.2, 1.088624245571],
    ] as const)
      expect(optimizerGrowth(minimum, eta, { optimizer, batchSize: 1 }).spectralRadius).toBeCloseTo(answer, 11);
  });

  it("under decoupled noise are the closed form: of heavy balls, and by summed impulse responses of Nesterov's momentum", () => {
    const [noise, eigenvalues] = [1 / 2, [...minimum.eigenvalues]];
    const batches = { batchSize: 2, sampling: "with-replacement" } as const;
    for (const [momentum, dampening] of [
      [0, 0],
      [0.5, 0],
      [0.9, 0.9],
      [-0.3, 0.2],
    ] as const) {
      const eta = decoupledOptimizerThreshold(minimum, {
        ...batches,
        optimizer: { kind: "heavy-ball", momentum, dampening: momentum === 0 ? 0 : dampening },
      });
      const rate = eta * (1 - dampening);
      const sum = eigenvalues.reduce(
        (total, value) => total + (noise * rate * value) / ((1 - momentum) * (2 - (rate * value) / (1 + momentum))),
        0,
      );
      expect(sum).toBeCloseTo(1, 11);
    }
    const beta = 0.8;
    const eta = decoupledOptimizerThreshold(minimum, { ...batches, optimizer: { kind: "nesterov", momentum: beta } });
    let total = 0;
    for (const value of eigenvalues) {
      let [position, velocity] = [-eta * (1 + beta), 1];
      for (let k = 0; k < 3000; k++) {
        total += noise * value ** 2 * position ** 2;
        const kept = beta * velocity + value * position;
        [position, velocity] = [position - eta * (value * position + beta * kept), kept];
      }
    }
    expect(total).toBeCloseTo(1, 10);
    expect(
      decoupledOptimizerThreshold(minimum, { batchSize: 3, optimizer: { kind: "heavy-ball", momentum: 0.9 } }),
    ).toBe(meanEdge({ kind: "heavy-ball", momentum: 0.9 }, eigenvalues[0]!));
  });

  it("scale with the curvature: η* by 1/s, growth at sη not at all", () => {
    for (const exponent of [-60, -20, 20, 60]) {
      const s = 2 ** exponent;
      const scaled = minimumOf(J.map((value) => value * 2 ** (exponent / 2)));
      for (const [, optimizer] of answers.slice(1, 6)) {
        const of = (one: typeof minimum): number =>
          optimizerThreshold(one, { optimizer, batchSize: 1 }).criticalLearningRate;
        expect((of(scaled) * s) / of(minimum)).toBeCloseTo(1, 11);
        const growth = (one: typeof minimum, eta: number): number =>
          optimizerGrowth(one, eta, { optimizer, batchSize: 1 }).spectralRadius;
        expect(growth(scaled, 0.3 / s)).toBeCloseTo(growth(minimum, 0.3), 10);
      }
    }
  });
});
