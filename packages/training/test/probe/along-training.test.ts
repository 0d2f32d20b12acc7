import { edgeRatioOf } from "@sgdscope/analysis";
import { prepareBackend } from "@sgdscope/compute";
import { NoiseStructureError, noiseStructure } from "@sgdscope/noise-structure";
import { noiseScale } from "@sgdscope/noise-structure/noise-scale";
import { seededRandom } from "@sgdscope/random";
import type { Checkpoint } from "@sgdscope/sgd";
import { batchSharpness } from "@sgdscope/stability-criterion";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { repetitions } from "../../../../tooling/soak.js";
import { probeIds } from "../../src/defaults.js";
import { probesAlong } from "../../src/probe/along-training.js";
import {
  openSubject,
  optimizerMinimum,
  probesOf,
  runMinimumTask,
  trainingDefaults,
  type MetricRecord,
  type MinimumTask,
  type ProbeId,
  type RunHooks,
} from "../../src/index.js";

const inputShape = [32, 32, 3];
const task: MinimumTask = {
  ...trainingDefaults,
  data: { kind: "synthetic", classes: 2, count: 12, targets: "plus-minus-one", seed: 0 },
  model: { kind: "fully-connected", inputShape, widths: [6], outputs: 1, bias: false, activation: "tanh" },
  learningRate: 0.02,
  batchSize: 3,
  alignmentAt: [],
  warmUp: 0,
  every: 10,
  maxSteps: 40,
  hessianProducts: 0,
  measured: false,
};
/** A network whose loss is quadratic. */
const linear: MinimumTask["model"] = { kind: "fully-connected", inputShape, widths: [], outputs: 1, bias: false };
/** Optimizers, losses and layers whose steps a probe could disturb. */
const trainings: [string, Partial<MinimumTask>][] = [
  ["heavy balls", { momentum: 0.9, learningRate: 0.005 }],
  [
    "Adam on a CNN",
    { optimizer: "adam", learningRate: 0.001, model: { kind: "small-cnn", inputShape, channels: [2, 3], outputs: 1 } },
  ],
  [
    "cross-entropy on Bernoulli batches",
    {
      loss: "cross-entropy",
      sampling: "bernoulli",
      batchSize: 1.5,
      data: { kind: "synthetic", classes: 3, count: 12, targets: "one-hot", seed: 0 },
      model: { kind: "fully-connected", inputShape, widths: [6], outputs: 3, bias: false },
    },
  ],
  ["Nesterov with weight decay", { momentum: 0.9, nesterov: true, weightDecay: 0.01, learningRate: 0.005 }],
  ["SGD", {}],
];

async function run(
  more: Partial<MinimumTask> = {},
  hooks: RunHooks = {},
): Promise<{ metrics: MetricRecord[] } & Awaited<ReturnType<typeof runMinimumTask>>> {
  const metrics: MetricRecord[] = [];
  const finished = await runMinimumTask({ ...task, ...more }, { progress: (metric) => metrics.push(metric), ...hooks });
  return { metrics, ...finished };
}
const all = (every: number): RunHooks => ({ probe: { ids: probeIds, every } });
const numbersOf = async (more: Partial<MinimumTask>, ...ids: ProbeId[]): Promise<MetricRecord[]> =>
  (await run(more, { probe: { ids, every: 10 } })).metrics;

beforeAll(async () => {
  await prepareBackend("wasm");
});

describe.each(trainings.slice(0, repetitions(3, 5)))("a training with probes: %s", (_, more) => {
  it("is the same to the last bit as one without, also from a checkpoint, and leaves no tensors", async () => {
    const short = { ...more, every: 5, maxSteps: 20 };
    const plain = await run(short);
    const tensors = tf.memory().numTensors;
    const saved: Checkpoint[] = [];
    const save = (checkpoint: Checkpoint): Promise<void> => {
      saved.push(structuredClone(checkpoint));
      return Promise.resolve();
    };
    const probed = await run(short, { ...all(7), checkpoint: { every: 10, save } });
    const rest = await run(short, { ...all(7), resume: saved[0]! });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(probed.arrays).toEqual(plain.arrays);
    expect(rest.arrays).toEqual(plain.arrays);
    expect({ ...probed.record, seconds: 0 }).toEqual({ ...plain.record, seconds: 0 });
    const losses = new Map(probed.metrics.map(({ step, loss }) => [step, loss]));
    for (const { step, loss } of plain.metrics) expect(losses.get(step)).toBe(loss);
    expect(probed.metrics.map(({ step }) => step)).toEqual([0, 5, 7, 10, 14, 15, 20]);
    expect(probed.metrics.filter(({ traceH }) => traceH !== undefined).map(({ step }) => step)).toEqual([0, 7, 14]);
    expect(saved[0]!.state.step).toBe(10);
    expect(rest.metrics).toEqual(probed.metrics.filter(({ step }) => step > 10));
  });
});

describe("the margin along a training", () => {
  it.each(trainings.filter(([, { optimizer, loss }]) => optimizer === undefined && loss === undefined))(
    "is what the record says of the same point: %s",
    async (_, more) => {
      const { metrics, record } = await run({ ...more, measured: true }, { probe: { ids: ["margin"], every: 20 } });
      expect(metrics.at(-1)).toMatchObject({ step: 40, margin: 1 / record.minimum!.edgeRatio });
    },
  );

  it("is that of cross-entropy, and of Adam with its second moment as it stands", async () => {
    for (const [, more] of trainings.slice(1, 3)) {
      const whole = { ...task, ...more };
      const metrics = await numbersOf(more, "margin");
      const subject = await openSubject(whole, seededRandom(task.seed));
      const at = { step: 0, snapshot: await subject.trainee.snapshot(), system: await subject.system() };
      const minimum = await optimizerMinimum(subject, whole, at);
      // Before its first step Adam has no second moment.
      expect(minimum === undefined).toBe(more.optimizer === "adam");
      expect(metrics[0]!.margin).toBe(minimum === undefined ? undefined : 1 / edgeRatioOf(minimum));
      expect(metrics.at(-1)!.margin).toBeGreaterThan(0);
      subject.dispose();
    }
  });

  it("is refused where the theory has none: Adam with weight decay", async () => {
    const more = { optimizer: "adam", weightDecay: 0.1, learningRate: 1e-3 } as const;
    await expect(numbersOf(more, "margin")).rejects.toThrow(
      "probe: cannot give margin: the theory does not judge Adam with weight decay",
    );
    expect(probesOf({ ...task, ...more })).toEqual(probeIds.filter((id) => id !== "margin"));
    expect(probesOf(task)).toEqual([...probeIds]);
  });
});

describe("probes of a quadratic loss", () => {
  const quadratic = { model: linear, learningRate: 0.001, clipNorm: 1e6 };
  /** K and r at the start. */
  const start = async (more: Partial<MinimumTask> = {}) => {
    const subject = await openSubject({ ...task, ...quadratic, ...more }, seededRandom(task.seed));
    const system = await subject.system();
    subject.dispose();
    return system;
  };

  it("give gᵀHg/‖g‖² of gradient descent, by the Hessian and by values of the loss", async () => {
    const { gram, residuals, examples: n } = await start();
    const image = residuals.map((_, i) => residuals.reduce((sum, r, j) => sum + gram[i * n + j]! * r, 0));
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const expected = dot(image, image) / dot(residuals, image) / n;
    const [first] = await numbersOf({ ...quadratic, batchSize: n }, "batch-sharpness", "critical-sharpness");
    expect(first!.batchSharpness! / expected).toBeCloseTo(1, 4);
    expect(first!.batchSharpnessStandardError).toBe(0);
    expect(first!.criticalSharpness! / expected).toBeCloseTo(1, 3);
    expect(first!.updateSharpness).toBeUndefined();
  });

  it("give the batch sharpness within its standard errors, Tr G for batches of one", async () => {
    const metrics = await numbersOf(
      { ...quadratic, batchSize: 1, maxSteps: 200, learningRate: 1e-6 },
      "batch-sharpness",
    );
    const expected = batchSharpness(await start());
    const errors = metrics.map((each) => (each.batchSharpness! - expected) / each.batchSharpnessStandardError!);
    expect(metrics).toHaveLength(21);
    const mean = errors.reduce((sum, each) => sum + each, 0) / Math.sqrt(errors.length);
    expect(Math.abs(mean)).toBeLessThan(4);
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(6);
  });

  it("along momentum give uᵀHu/(u·g) of full batches, by the Hessian", async () => {
    const [first, second] = await numbersOf({ ...quadratic, batchSize: 12, momentum: 0.9 }, "batch-sharpness");
    // At the start u = g.
    expect(first!.updateSharpness! / first!.batchSharpness!).toBeCloseTo(1, 6);
    expect(first!.updateSharpnessStandardError).toBe(0);
    expect(second!.updateSharpness).not.toBeCloseTo(second!.batchSharpness!, 3);
  });

  it("along SAM give uᵀHu/(u·g) with the gradient u of the perturbed point, by the Hessian and by values of the loss", async () => {
    const rho = 0.5;
    const { gram, residuals, examples: n } = await start();
    // gᵀHᵏg = rᵀ(K/n)ᵏ⁺¹r/n, and u = g + (ρ/‖g‖)Hg.
    const moments: number[] = [];
    for (let k = 0, power = residuals; k < 4; k++) {
      power = power.map((_, i) => power.reduce((sum, value, j) => sum + gram[i * n + j]! * value, 0) / n);
      moments.push(power.reduce((sum, value, i) => sum + (value * residuals[i]!) / n, 0));
    }
    const [m0, m1, m2, m3] = moments as [number, number, number, number];
    const c = rho / Math.sqrt(m0);
    const expected = (m1 + 2 * c * m2 + c * c * m3) / (m0 + c * m1);
    const sam = { ...quadratic, batchSize: n, optimizer: "sam", rho } as const;
    const [first] = await numbersOf(sam, "batch-sharpness", "critical-sharpness");
    expect(first!.updateSharpness! / expected).toBeCloseTo(1, 4);
    expect(first!.criticalSharpness! / expected).toBeCloseTo(1, 3);
    expect(first!.batchSharpness! / expected).not.toBeCloseTo(1, 1);
    await expect(numbersOf(sam, "margin")).rejects.toThrow("probe: cannot give margin: the theory does not judge SAM");
  });

  it("give λ_max and Tr of H = G, and the noise scales of K and r", async () => {
    const system = await start();
    const noise = noiseStructure(system);
    const [first] = await numbersOf(quadratic, "largest-eigenvalue", "trace", "noise-scale");
    expect(first!.largestEigenvalueH! / noise.largestEigenvalue).toBeCloseTo(1, 4);
    expect(first!.largestEigenvalueHResidual! / noise.largestEigenvalue).toBeLessThan(1e-3);
    expect(Math.abs(first!.traceH! - noise.traceG)).toBeLessThan(5 * first!.traceHStandardError!);
    expect(first!.traceHStandardError! / noise.traceG).toBeLessThan(0.2);
    const { simple, curvatureWeighted } = noiseScale(noise);
    expect(first).toMatchObject({
      noiseScale: simple,
      curvatureNoiseScale: curvatureWeighted,
      alignmentFactor: noise.alignmentFactor,
    });
  });

  it("do not depend on which others are asked for", async () => {
    const alone = await numbersOf({}, "trace");
    const together = await numbersOf({}, ...probeIds);
    expect(together.map(({ traceH }) => traceH)).toEqual(alone.map(({ traceH }) => traceH));
  });
});

describe("a point that a theory refuses", () => {
  const measureAt = async (error: Error) => {
    const subject = await openSubject(task, seededRandom(task.seed));
    const refusing = { ...subject, system: () => Promise.reject(error) };
    const along = probesAlong(refusing, task, { ids: ["margin", "critical-sharpness"], every: 1 });
    try {
      expect(along.due(0, true)).toBe(true);
      return { numbers: await along.measure(0, 1), summary: along.summary() };
    } finally {
      subject.dispose();
    }
  };

  it("does not end the training, keeps what others found, and is told", async () => {
    const refusal = new NoiseStructureError("NOT_FINITE", "checkGramSystem: expected finite gram, got Infinity.");
    const { numbers, summary } = await measureAt(refusal);
    expect(Object.keys(numbers)).toEqual(["criticalSharpness"]);
    expect(summary.failed).toEqual({ margin: { times: 1, reason: refusal.message } });
  });

  it("is not what any other fault is taken for", async () => {
    await expect(measureAt(new TypeError("x is not a function"))).rejects.toThrow("x is not a function");
  });
});

describe("probes that are none", () => {
  it.each<[RunHooks["probe"], string]>([
    [{ ids: [], every: 1 }, "probe: expected some of margin, batch-sharpness, critical-sharpness, "],
    [{ ids: ["sharpness" as ProbeId], every: 1 }, "noise-scale, got sharpness"],
    [{ ids: ["trace"], every: 1.5 }, "probeEvery: expected a whole number from 1 up, got 1.5"],
    [{ ids: ["trace"], overhead: 0 }, "probeOverhead: expected a positive number, got 0"],
  ])("are refused: %j", async (probe, message) => {
    await expect(runMinimumTask(task, { probe: probe! })).rejects.toThrow(message);
    await expect(runMinimumTask(task, { probe: probe! })).rejects.toMatchObject({ code: "INVALID_SETTINGS" });
  });

  it("are refused of a closed form where they need single examples, and its margin is given", async () => {
    const closed = {
      ...task,
      data: { kind: "sphere", inputs: 3, count: 12, teacher: { kind: "linear", outputs: 1 }, seed: 1 },
      model: { kind: "linear" },
    } as const;
    const found: MetricRecord[] = [];
    const hooks = (ids: ProbeId[]): RunHooks => ({
      probe: { ids, every: 40 },
      progress: (metric) => found.push(metric),
    });
    await expect(runMinimumTask(closed, hooks(["trace", "margin"]))).rejects.toThrow(
      "probe: expected a network for trace, got linear",
    );
    expect(probesOf(closed)).toEqual(["margin", "noise-scale"]);
    await runMinimumTask({ ...closed, lossBelow: 1e-300 }, hooks(["margin"]));
    expect(found.at(-1)!.margin).toBeGreaterThan(0);
  });
});
