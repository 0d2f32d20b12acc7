import { prepareBackend } from "@sgdscope/compute";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  sampler,
  train,
  training,
  vectorTrainee,
  type Checkpoint,
  type Sampling,
  type StepOptions,
  type VectorTrainee,
} from "@sgdscope/sgd";
import { tensorTrainee, type TrainingData as Dataset, type Model, type TensorTrainee } from "@sgdscope/sgd/tensor";

const [n, d, m, outputs] = [12, 6, 5, 2];
const random = seededRandom(21);
const dataset: Dataset = {
  size: n,
  inputShape: [d],
  outputs,
  inputs: Float32Array.from(gaussian(n * d, random)),
  targets: Float32Array.from(gaussian(n * outputs, random)),
};
const start = {
  hidden: Float32Array.from(gaussian(d * m, random)),
  output: Float32Array.from(gaussian(m * outputs, random)),
};

/** f(x) = tanh(xV)A. */
const model: Model = { apply: (params, x) => tf.matMul(tf.tanh(tf.matMul(x, params["hidden"]!)), params["output"]!) };
const params = (): tf.NamedTensorMap => ({
  hidden: tf.tensor(start.hidden, [d, m]),
  output: tf.tensor(start.output, [m, outputs]),
});

/** The same model with its gradient by hand, in Float64. */
function reference(): VectorTrainee {
  const each = (theta: Float64Array, i: number): { h: Float64Array; r: Float64Array } => {
    const h = new Float64Array(m);
    for (let j = 0; j < m; j++) {
      for (let k = 0; k < d; k++) h[j]! += dataset.inputs[i * d + k]! * theta[k * m + j]!;
      h[j] = Math.tanh(h[j]!);
    }
    const r = Float64Array.from({ length: outputs }, (_, c) => -dataset.targets[i * outputs + c]!);
    for (let c = 0; c < outputs; c++) for (let j = 0; j < m; j++) r[c]! += h[j]! * theta[d * m + j * outputs + c]!;
    return { h, r };
  };
  return vectorTrainee({
    parameters: Float64Array.from([...start.hidden, ...start.output]),
    size: n,
    gradient(theta, batch, out) {
      for (const i of batch) {
        const { h, r } = each(theta, i);
        for (let j = 0; j < m; j++) {
          let signal = 0;
          for (let c = 0; c < outputs; c++) {
            out[d * m + j * outputs + c]! += h[j]! * r[c]!;
            signal += r[c]! * theta[d * m + j * outputs + c]!;
          }
          for (let k = 0; k < d; k++) out[k * m + j]! += signal * (1 - h[j]! ** 2) * dataset.inputs[i * d + k]!;
        }
      }
    },
    loss: (theta) => {
      let sum = 0;
      for (let i = 0; i < n; i++) for (const r of each(theta, i).r) sum += r * r;
      return sum / (2 * n);
    },
  });
}

async function flat(tensors: tf.NamedTensorMap): Promise<number[]> {
  const parts = await Promise.all(Object.values(tensors).map((tensor) => tensor.data<"float32">()));
  return parts.flatMap((part) => [...part]);
}

function expectClose(actual: readonly number[], expected: ArrayLike<number>, tolerance: number): void {
  const scale = Math.max(...Array.from(expected, Math.abs));
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(tolerance * scale));
}

describe.each(["cpu", "wasm"] as const)("tensorTrainee on %s", (name) => {
  let initial: tf.NamedTensorMap;
  let trainee: TensorTrainee;
  let tensorsBefore: number;

  beforeEach(async () => {
    await prepareBackend(name);
    tensorsBefore = tf.memory().numTensors;
    initial = params();
    trainee = tensorTrainee(model, dataset, initial);
  });

  afterEach(() => {
    trainee.dispose();
    tf.dispose(initial);
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  it("gives the gradient of a batch, and stays where it is", async () => {
    const exact = reference();
    for (const batch of [Int32Array.of(3), Int32Array.of(0, 5, 5, 2), Int32Array.from({ length: n }, (_, i) => i)]) {
      const before = Float64Array.from(exact.parameters);
      const found = await trainee.gradient(batch, 3);
      exact.step(batch, { learningRate: 1, optimizer: { kind: "sgd" }, clipNorm: Infinity, divisor: 3 });
      expectClose(
        [...found],
        before.map((value, k) => value - exact.parameters[k]!),
        1e-5,
      );
      exact.restore({ ...(await exact.snapshot()), parameters: { shape: [before.length], data: before } });
    }
    expect(await trainee.gradient(Int32Array.of(), 3)).toEqual(new Float64Array(d * m + m * outputs));
    expect(await flat(trainee.parameters)).toEqual(await flat(initial));
  });

  it.each<[string, Partial<StepOptions>, Sampling, number]>([
    ["single examples", {}, "without-replacement", 1],
    ["minibatches", {}, "without-replacement", 4],
    ["repeated examples", {}, "with-replacement", 5],
    ["Bernoulli batches, some empty", {}, "bernoulli", 1],
    ["all examples", {}, "without-replacement", n],
    ["momentum", { optimizer: { kind: "heavy-ball", momentum: 0.9 } }, "epoch-shuffle", 5],
    ["momentum on Bernoulli batches", { optimizer: { kind: "heavy-ball", momentum: 0.5 } }, "bernoulli", 1],
    ["clipping", { clipNorm: 0.5 }, "without-replacement", 4],
    ["clipping that does not bite", { clipNorm: 1e4 }, "without-replacement", 4],
    [
      "clipping and momentum",
      { clipNorm: 0.5, optimizer: { kind: "heavy-ball", momentum: 0.9 } },
      "without-replacement",
      n,
    ],
    ["Nesterov's momentum", { optimizer: { kind: "nesterov", momentum: 0.9 } }, "without-replacement", 4],
    [
      "clipping and Nesterov's momentum",
      { clipNorm: 0.5, optimizer: { kind: "nesterov", momentum: 0.5 } },
      "with-replacement",
      3,
    ],
    ["dampening", { optimizer: { kind: "heavy-ball", momentum: 0.9, dampening: 0.4 } }, "with-replacement", 4],
    [
      "Nesterov's momentum and weight decay",
      { optimizer: { kind: "nesterov", momentum: 0.8, weightDecay: 0.1 } },
      "bernoulli",
      2,
    ],
    ["averaged momentum", { optimizer: { kind: "ema", momentum: 0.9 } }, "without-replacement", 3],
    ["weight decay alone, on Bernoulli batches", { optimizer: { kind: "sgd", weightDecay: 0.3 } }, "bernoulli", 1],
    ["Adam", { optimizer: { kind: "adam", weightDecay: 0.01, epsilon: 1e-3 } }, "without-replacement", 4],
    ["RMSprop", { optimizer: { kind: "rmsprop", epsilon: 1e-3 } }, "without-replacement", 4],
    ["IRE", { optimizer: { kind: "ire", rank: 0.3 } }, "without-replacement", 4],
    ["IRE with all it has", { optimizer: { kind: "ire", momentum: 0.9, weightDecay: 0.1 } }, "bernoulli", 2],
    ["SAM", { optimizer: { kind: "sam", rho: 0.3 } }, "without-replacement", 4],
    ["SAM, clipped", { optimizer: { kind: "sam", rho: 0.3 }, clipNorm: 0.5 }, "bernoulli", 2],
    ["SAM with all it has", { optimizer: { kind: "sam", momentum: 0.9, weightDecay: 0.1 } }, "with-replacement", 4],
    [
      "RMSprop with all it has",
      { optimizer: { kind: "rmsprop", epsilon: 0.1, alpha: 0.9, momentum: 0.5, centered: true, weightDecay: 0.1 } },
      "with-replacement",
      4,
    ],
  ])("steps as the Float64 reference does: %s", async (_, options, kind, batchSize) => {
    const expected = reference();
    const stream = sampler(kind, n, batchSize, seededRandom(4));
    for (let t = 0; t < 25; t++) {
      const batch = stream.next();
      const full: StepOptions = {
        learningRate: 0.02,
        optimizer: { kind: "sgd" },
        clipNorm: Infinity,
        divisor: stream.divisor(batch),
        ...options,
      };
      trainee.step(batch, full);
      expected.step(batch, full);
    }
    expectClose(await flat(trainee.parameters), expected.parameters, 1e-5);
    expect(Math.abs((await trainee.loss()) / expected.loss() - 1)).toBeLessThan(1e-5);
  });

  it("keeps the number of tensors constant over steps", async () => {
    const optimizers: StepOptions["optimizer"][] = [
      { kind: "sgd" },
      { kind: "sgd", weightDecay: 0.1 },
      { kind: "heavy-ball", momentum: 0.9 },
      { kind: "nesterov", momentum: 0.9, weightDecay: 0.1 },
      { kind: "adam" },
      { kind: "rmsprop" },
      { kind: "sam" },
      { kind: "sam", rho: 0.1, momentum: 0.5 },
      { kind: "ire" },
      { kind: "ire", momentum: 0.5 },
      { kind: "rmsprop", momentum: 0.5, centered: true, weightDecay: 0.1 },
      { kind: "sgd" },
    ];
    for (const options of [
      ...optimizers.map((optimizer) => ({ optimizer })),
      { clipNorm: 1 },
      { clipNorm: 1, optimizer: optimizers[2]! },
    ]) {
      const step = (size: number): void =>
        trainee.step(
          Int32Array.from({ length: size }, (_, i) => i),
          { learningRate: 1e-3, optimizer: { kind: "sgd" }, clipNorm: Infinity, divisor: 1, ...options },
        );
      step(1);
      const { numTensors, numBytes } = tf.memory();
      for (const size of [0, 1, 3, n, 1]) step(size);
      await trainee.loss();
      await trainee.snapshot();
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    }
  });

  it("resumes from a checkpoint to the same trajectory bit for bit", async () => {
    const heavy = { kind: "heavy-ball", momentum: 0.9 } as const;
    for (const [kind, optimizer, batchSize, kept] of [
      ["without-replacement", { kind: "sgd" }, 1, []],
      ["bernoulli", heavy, 3, ["velocity"]],
      ["epoch-shuffle", heavy, 5, ["velocity"]],
      ["without-replacement", { kind: "sgd" }, n, []],
      ["bernoulli", { kind: "nesterov", momentum: 0.8, weightDecay: 0.1 }, 2, ["velocity"]],
      ["without-replacement", { ...heavy, dampening: 0.5 }, 4, ["velocity"]],
      ["without-replacement", { kind: "adam" }, 4, ["first-moment", "second-moment"]],
      ["without-replacement", { kind: "rmsprop", centered: true }, 4, ["square-average", "gradient-average"]],
      ["without-replacement", { kind: "sam" }, 4, []],
      ["bernoulli", { kind: "ire", momentum: 0.5 }, 3, ["velocity", "flat-mask"]],
      ["bernoulli", { kind: "sam", momentum: 0.5 }, 3, ["velocity"]],
      ["without-replacement", { kind: "rmsprop", momentum: 0.5 }, 4, ["velocity", "square-average"]],
    ] satisfies [Sampling, StepOptions["optimizer"], number, string[]][]) {
      const options = {
        learningRate: 0.05,
        batchSize,
        sampling: kind,
        optimizer,
        clipNorm: 1,
        maxSteps: 60,
        random: seededRandom(3),
        stop: { lossBelow: 1e-9, every: 7 },
      };
      const [whole, first, second] = [1, 2, 3].map(() => tensorTrainee(model, dataset, initial)) as [
        TensorTrainee,
        TensorTrainee,
        TensorTrainee,
      ];
      const expected = await train(whole, options);
      const run = await training(first, { ...options, random: seededRandom(3) });
      await run.advance(23);
      const { arrays, state } = await run.checkpoint();
      expect(Object.keys(arrays)).toEqual([
        ...["parameters", ...kept].flatMap((each) => [`${each}/hidden`, `${each}/output`]),
        ...(optimizer.kind === "adam" || optimizer.kind === "ire" ? ["optimizer-steps"] : []),
      ]);
      const resume = { arrays, state: JSON.parse(JSON.stringify(state)) as Checkpoint["state"] };
      const result = await train(second, { ...options, resume });
      expect(await flat(second.parameters)).toEqual(await flat(whole.parameters));
      expect(result).toEqual(expected);
      for (const each of [whole, first, second]) each.dispose();
    }
  });

  it("leaves the caller's parameters alive and unchanged", async () => {
    trainee.step(Int32Array.of(0), { learningRate: 1, optimizer: { kind: "sgd" }, clipNorm: Infinity, divisor: 1 });
    expect(await flat(initial)).toEqual([...start.hidden, ...start.output]);
  });

  it("returns divergence as a result", async () => {
    const result = await train(trainee, { learningRate: 10, batchSize: 1, random: seededRandom(1), maxSteps: 5000 });
    expect(result.reason).toBe("diverged");
    expect(Number.isFinite(result.loss)).toBe(false);
  });

  it("evaluates the loss of more than 1024 examples in parts", async () => {
    const copies = 100;
    const repeated = {
      ...dataset,
      size: n * copies,
      inputs: Float32Array.from({ length: n * d * copies }, (_, k) => dataset.inputs[k % (n * d)]!),
      targets: Float32Array.from({ length: n * outputs * copies }, (_, k) => dataset.targets[k % (n * outputs)]!),
    };
    const large = tensorTrainee(model, repeated, initial);
    expect((await large.loss()) / (await trainee.loss())).toBeCloseTo(1, 6);
    large.dispose();
  });

  it("says so when no gradients are registered", () => {
    const gradient = tf.getGradient("BatchMatMul");
    tf.unregisterGradient("BatchMatMul");
    expect(() => tensorTrainee(model, dataset, initial)).toThrow(
      expect.objectContaining({ code: "GRADIENTS_NOT_REGISTERED" }),
    );
    tf.registerGradient(gradient);
  });

  it("refuses use after dispose, and datasets, parameters and snapshots that do not fit", () => {
    const gone = tensorTrainee(model, dataset, initial);
    gone.dispose();
    gone.dispose();
    expect(() =>
      gone.step(Int32Array.of(0), { learningRate: 1, optimizer: { kind: "sgd" }, clipNorm: 1, divisor: 1 }),
    ).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    expect(() => tensorTrainee(model, { ...dataset, inputs: new Float32Array(5) }, initial)).toThrow(
      "tensorTrainee: expected dataset.inputs of length 72, got 5",
    );
    expect(() => tensorTrainee(model, { ...dataset, targets: new Float32Array(5) }, initial)).toThrow(
      expect.objectContaining({ code: "INVALID_DATASET" }),
    );
    expect(() => tensorTrainee(model, dataset, {})).toThrow(expect.objectContaining({ code: "INVALID_PARAMETERS" }));
    expect(() => trainee.restore({ "parameters/hidden": { shape: [1], data: new Float32Array(1) } })).toThrow(
      "restore: expected parameters/hidden to be a Float32Array [6, 5], got Float32Array [1]",
    );
  });
});
