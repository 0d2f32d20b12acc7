import { prepareBackend } from "@sgdscope/compute";
import { generalisedGramSystem, leastMeanLoss, lossNamed } from "@sgdscope/noise-structure/losses";
import { gaussian, seededRandom } from "@sgdscope/random";
import { vectorTrainee } from "@sgdscope/sgd";
import { prepareMinimum } from "@sgdscope/stability-criterion";
import { optimizerThreshold } from "@sgdscope/stability-criterion/optimizers";
import { describe, expect, it } from "vitest";
import { tinyImageTask } from "../../src/claims/settings.js";
import { predict, study, trialDefaults, tryPrediction } from "../../src/index.js";

const [n, d, C] = [4, 3, 3];
const P = d * C;
const shape = { examples: n, outputs: C };

/** Softmax regression whose soft targets are those of its own parameters: a minimum that is fitted exactly. */
function fitted(id: "cross-entropy" | "logistic") {
  const random = seededRandom(3);
  const X = gaussian(n * d, random.stream("inputs"));
  const at = gaussian(P, random.stream("parameters"));
  const loss = lossNamed(id);
  const outputsAt = (theta: Float64Array, i: number): Float64Array =>
    Float64Array.from({ length: C }, (_, c) => {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += X[i * d + k]! * theta[k * C + c]!;
      return sum;
    });
  const outputs = Float64Array.from(Array.from({ length: n }, (_, i) => [...outputsAt(at, i)]).flat());
  const targets = outputs.map((f, a) => {
    const row = outputs.subarray(Math.floor(a / C) * C, Math.floor(a / C) * C + C);
    return id === "logistic" ? 1 / (1 + Math.exp(-f)) : Math.exp(f) / row.reduce((sum, g) => sum + Math.exp(g), 0);
  });
  const target = (i: number): Float64Array => targets.subarray(i * C, (i + 1) * C);
  const jacobian = new Float64Array(n * C * P);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < C; c++) for (let k = 0; k < d; k++) jacobian[(i * C + c) * P + k * C + c] = X[i * d + k]!;
  const trainee = vectorTrainee({
    parameters: at,
    size: n,
    gradient(theta, batch, out) {
      for (const i of batch) {
        const { gradient } = loss.at(outputsAt(theta, i), target(i));
        for (let k = 0; k < d; k++) for (let c = 0; c < C; c++) out[k * C + c]! += X[i * d + k]! * gradient[c]!;
      }
    },
    loss: (theta) =>
      Array.from({ length: n }, (_, i) => loss.value(outputsAt(theta, i), target(i))).reduce((a, b) => a + b) / n,
  });
  /** JᵢᵀSᵢJᵢ, the Hessian of each example at the minimum. */
  const curvatures = Array.from({ length: n }, (_, i) => {
    const { curvature } = loss.at(outputsAt(at, i), target(i));
    return Float64Array.from({ length: P * P }, (_, e) => {
      const [row, column] = [Math.floor(e / P), e % P];
      return (
        X[i * d + Math.floor(row / C)]! * X[i * d + Math.floor(column / C)]! * curvature[(row % C) * C + (column % C)]!
      );
    });
  });
  const system = generalisedGramSystem({ jacobian }, { outputs, targets, loss }, shape);
  return { trainee, curvatures, system, least: leastMeanLoss(loss, targets, shape)! };
}

/** A·B of P × P matrices. */
const product = (A: Float64Array, B: Float64Array): Float64Array =>
  Float64Array.from({ length: P * P }, (_, e) => {
    let sum = 0;
    for (let k = 0; k < P; k++) sum += A[Math.floor(e / P) * P + k]! * B[k * P + (e % P)]!;
    return sum;
  });

/** Takes from parameters what all classes have in common, which softmax does not see. */
const centred = Float64Array.from({ length: P * P }, (_, e) => {
  const [row, column] = [Math.floor(e / P), e % P];
  return (row === column ? 1 : 0) - (Math.floor(row / C) === Math.floor(column / C) ? 1 / C : 0);
});

/** log of what E[δδᵀ] grows by per step of the linearised SGD, over all batches of two, by power iteration. */
function enumerated(id: string, curvatures: readonly Float64Array[], learningRate: number): number {
  const steps: Float64Array[] = [];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      steps.push(
        Float64Array.from(
          { length: P * P },
          (_, e) => (e % (P + 1) === 0 ? 1 : 0) - (learningRate / 2) * (curvatures[i]![e]! + curvatures[j]![e]!),
        ),
      );
  // Directions without curvature never move: the moments stay in the range of the Hessian, whatever rounding adds.
  const inRange = (moments: Float64Array): Float64Array =>
    id === "logistic" ? moments : product(product(centred, moments), centred);
  let moments = curvatures.reduce((sum, H) => sum.map((value, e) => value + H[e]!), new Float64Array(P * P));
  let growth = 0;
  for (let step = 0; step < 3000; step++) {
    const next = new Float64Array(P * P);
    for (const A of steps) product(product(A, moments), A).forEach((value, e) => (next[e]! += value / steps.length));
    const norm = Math.hypot(...next);
    growth = norm / Math.hypot(...moments);
    moments = inRange(next.map((value) => value / norm));
  }
  return Math.log(growth);
}

describe.each(["cross-entropy", "logistic"] as const)("at a minimum where %s fits its soft targets", (id) => {
  const { trainee, curvatures, system, least } = fitted(id);
  const minimum = prepareMinimum(system, { rankTolerance: 1e-10 });
  const batches = { batchSize: 2, sampling: "without-replacement" } as const;
  const optimizer = { kind: "sgd" } as const;
  const { criticalLearningRate } = optimizerThreshold(minimum, { ...batches, optimizer });

  it("nothing is left of the loss but its floor, nor of the noise", () => {
    expect(trainee.loss()).toBeCloseTo(least.loss, 13);
    expect(least.attained).toBe(true);
    expect(system.naturalScale).toBeLessThan(1e-28);
  });

  it.each([0.5, 1, 1.5])("the exact criterion is that of the enumerated batches, at %d times the edge", (multiple) => {
    const learningRate = multiple * criticalLearningRate;
    const { growthRate, predicted } = predict(minimum, { ...batches, optimizer, learningRate });
    expect(growthRate).toBeCloseTo(enumerated(id, curvatures, learningRate), 6);
    if (multiple !== 1) expect(predicted).toBe(growthRate < 0 ? "stays" : "leaves");
    else expect(growthRate).toBeCloseTo(0, 8);
  });

  it.each([0.7, 2])(
    "the training from there does so, by the excess over the floor, at %d times the edge",
    async (multiple) => {
      const at = await trainee.snapshot();
      const prediction = predict(minimum, { ...batches, optimizer, learningRate: multiple * criticalLearningRate });
      const subject = { trainee, leastLoss: least.loss };
      const trial = await tryPrediction(subject, at, prediction, { ...trialDefaults, steps: 1000 }, seededRandom(1));
      expect(trial.observed).toBe(trial.predicted);
      expect(trial.startLoss - trial.startExcess).toBeCloseTo(least.loss, 12);
      expect(trial.startExcess).toBeLessThan(1e-5 * least.loss);
      if (multiple < 1) expect(trial.endRatio).toBeLessThan(1e-2);
      // The loss itself has hardly moved where the excess has climbed a hundredfold: it would have seen nothing.
      else expect((trial.largestRatio * trial.startExcess) / trial.startLoss).toBeLessThan(1);
      // Whoever leaves the floor out sees no climb, and calls what leaves a stay.
      trainee.restore(at);
      const blind = await tryPrediction({ trainee }, at, prediction, { ...trialDefaults, steps: 100 }, seededRandom(1));
      expect(blind.startExcess).toBe(blind.startLoss);
      expect(blind.largestRatio).toBeLessThan(trialDefaults.leavesAbove);
      trainee.restore(at);
    },
  );
});

it("is refused for labels as they are, to which cross-entropy only tends", async () => {
  await prepareBackend("wasm");
  const plain = tinyImageTask(0.1, 2, 1);
  const start = { ...plain, loss: "logistic", lossBelow: 0.5, maxSteps: 50 } as const;
  const task = { start, settings: [], multiples: [], ...trialDefaults };
  await expect(study("prediction", task).next()).rejects.toThrow(
    "expected a loss with a minimum that outputs reach, got logistic of labels as they are",
  );
});
