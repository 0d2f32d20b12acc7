import { edgesOf } from "@sgdscope/analysis";
import { seededRandom } from "@sgdscope/random";
import { preconditionerOf, train } from "@sgdscope/sgd";
import { expect, it } from "vitest";
import { openSubject, optimizerMinimum, optimizerOfTask, type ClosedFormTask } from "../src/index.js";

const base: ClosedFormTask = {
  data: { kind: "gaussian", inputs: 3, count: 6, teacher: { kind: "linear", outputs: 1 }, seed: 1 },
  model: { kind: "linear" },
  learningRate: 0.01,
  batchSize: 2,
  sampling: "without-replacement",
  seed: 1,
  momentum: 0,
  clipNorm: 100,
  warmUp: 0,
  maxSteps: 25,
  lossBelow: 1e-12,
  every: 10,
  alignmentAt: [],
  hessianProducts: 0,
};

/** All pairs of `n` examples. */
const pairs = (n: number): [number, number][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: i }, (_, j): [number, number] => [i, j])).flat();

/** The point of a training of IRE, with its Jacobian and P. */
async function trained(task: ClosedFormTask) {
  const subject = await openSubject(task, seededRandom(task.seed));
  const { learningRate, batchSize, maxSteps } = task;
  const optimizer = optimizerOfTask(task);
  await train(subject.trainee, { learningRate, batchSize, maxSteps, optimizer, random: seededRandom(3) });
  const snapshot = await subject.trainee.snapshot();
  const { model, X, parameters } = subject.closedForm!;
  return {
    jacobian: model.jacobian(parameters, X),
    preconditioner: [...(preconditionerOf(optimizer, snapshot)!["parameters"]!.data as Float64Array)],
    minimum: (await optimizerMinimum(subject, task, { step: maxSteps, snapshot, system: await subject.system() }))!,
  };
}

it.each<[string, Partial<ClosedFormTask>]>([
  ["a linear model", { optimizer: "ire", prog: 2, rank: 0.34 }],
  ["a two-layer ReLU network", { optimizer: "ire", prog: 4, rank: 0.2, model: { kind: "two-layer-relu", width: 7 } }],
])("IRE is judged by JP⁻¹Jᵀ with P = 1/(1 + prog·mask), which is positive: %s", async (_, more) => {
  const { jacobian, preconditioner, minimum } = await trained({ ...base, ...more });
  const size = preconditioner.length;
  expect(new Set(preconditioner)).toEqual(new Set([1, 1 / (1 + more.prog!)]));
  expect(preconditioner.filter((value) => value === 1)).toHaveLength(Math.round(more.rank! * size));
  const { gram, examples } = minimum.system;
  for (let i = 0; i < examples; i++)
    for (let j = 0; j < examples; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += (jacobian[i * size + k]! * jacobian[j * size + k]!) / preconditioner[k]!;
      expect(Math.abs(gram[i * examples + j]! - sum)).toBeLessThan(1e-10 * Math.max(...gram));
    }
});

it("its threshold is that of θ ← θ − ηP⁻¹ĝ over all batches", async () => {
  const { jacobian, preconditioner, minimum } = await trained({ ...base, optimizer: "ire", prog: 2, rank: 0.34 });
  const critical = base.learningRate / edgesOf(minimum).edgeRatio;
  const d = 3;
  /** (I − ηP⁻¹Ĥ) of each pair of examples. */
  const steps = pairs(6).map((batch) =>
    Float64Array.from({ length: d * d }, (_, at) => {
      const [row, column] = [Math.floor(at / d), at % d];
      const curvature = batch.reduce((sum, i) => sum + jacobian[i * d + row]! * jacobian[i * d + column]!, 0) / 2;
      return (row === column ? 1 : 0) - (critical * curvature) / preconditioner[row]!;
    }),
  );
  const product = (a: Float64Array, b: (k: number, column: number) => number): Float64Array =>
    Float64Array.from({ length: d * d }, (_, at) => {
      const [row, column] = [Math.floor(at / d), at % d];
      return [0, 1, 2].reduce((sum, k) => sum + a[row * d + k]! * b(k, column), 0);
    });
  let moments = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  let growth = 0;
  for (let t = 0; t < 3000; t++) {
    const next = new Float64Array(d * d);
    for (const step of steps) {
      const left = product(step, (k, column) => moments[k * d + column]!);
      product(left, (k, column) => step[column * d + k]!).forEach((value, at) => (next[at]! += value / steps.length));
    }
    growth = Math.hypot(...next);
    moments = next.map((value) => value / growth);
  }
  expect(Math.abs(growth - 1)).toBeLessThan(1e-10);
});
