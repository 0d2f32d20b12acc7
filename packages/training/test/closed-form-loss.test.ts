import { lossNamed } from "@sgdscope/noise-structure/losses";
import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { openSubject, runMinimumTask, type ClosedFormTask } from "../src/index.js";

const task: ClosedFormTask = {
  data: { kind: "sphere", inputs: 6, count: 8, teacher: { kind: "relu", neurons: 3 }, seed: 1 },
  model: { kind: "two-layer-relu", width: 20 },
  ...{ learningRate: 0.05, batchSize: 4, sampling: "without-replacement", momentum: 0, clipNorm: 20, warmUp: 0 },
  ...{ maxSteps: 60_000, lossBelow: 1e-10, every: 200, alignmentAt: [], hessianProducts: 0, seed: 1 },
};

describe.each([
  { loss: "logistic", labelSmoothing: 0.2 },
  { loss: "pseudo-huber", delta: 0.5 },
] as const)("a closed form by another loss: %o", (of) => {
  const own = { ...task, ...of };

  it("steps along the gradient of its loss by central differences, and has its Gauss–Newton system", async () => {
    const subject = await openSubject(own, seededRandom(1));
    const { trainee, closedForm } = subject;
    const { loss: _, ...options } = of;
    const loss = lossNamed(of.loss, options);
    const { model, X, y, parameters } = closedForm!;
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    const targets = of.loss === "logistic" ? y.map((value) => (value > mean ? 1 : 0)) : y;
    expect(new Set(targets).size).toBeGreaterThan(1);
    const lossOf = (theta: Float64Array, batch: readonly number[]): number => {
      const f = model.predict(theta, X);
      return batch.reduce((sum, i) => sum + loss.value([f[i]!], [targets[i]!]), 0) / batch.length;
    };
    const all = Array.from({ length: 8 }, (_, i) => i);
    expect(await trainee.loss()).toBeCloseTo(lossOf(parameters, all), 13);
    const { gram, residuals } = await subject.system();
    const f = model.predict(parameters, X);
    const rows = model.jacobian(parameters, X);
    const [first, second] = [loss.at([f[1]!], [targets[1]!]), loss.at([f[5]!], [targets[5]!])];
    let product = 0;
    for (let k = 0; k < model.parameters; k++) product += rows[model.parameters + k]! * rows[5 * model.parameters + k]!;
    expect(gram[8 + 5]).toBeCloseTo(first.factor[0]! * product * second.factor[0]!, 12);
    expect(residuals[5]).toBeCloseTo(second.residual[0]!, 13);

    const before = parameters.slice();
    const batch = [1, 4, 4];
    const plain = { optimizer: { kind: "sgd" }, clipNorm: Infinity, divisor: batch.length } as const;
    await trainee.step(Int32Array.from(batch), { learningRate: 0.1, ...plain });
    for (let k = 0; k < before.length; k++) {
      const [up, down] = [1e-6, -1e-6].map((step) => lossOf(before.with(k, before[k]! + step), batch));
      expect((before[k]! - parameters[k]!) / 0.1).toBeCloseTo((up! - down!) / 2e-6, 7);
    }
  });
});

it("a closed form that fits smoothed labels ends at their entropy in Float64", async () => {
  const { record } = await runMinimumTask({ ...task, loss: "logistic", labelSmoothing: 0.2 });
  expect(record).toMatchObject({ backend: "float64", interpolates: true });
  expect(record.loss - record.excessLoss!).toBeCloseTo(-0.9 * Math.log(0.9) - 0.1 * Math.log(0.1), 13);
  expect(record.minimum!.naturalScale! / (2 * record.excessLoss!)).toBeCloseTo(1, 3);
});
