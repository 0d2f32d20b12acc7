import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { saveLayersModel } from "@sgdscope/models-cnn/layers-model";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sgdscope, type Outcome } from "./support.js";

vi.setConfig({ testTimeout: 120_000 });

const [n, d, C] = [12, 4, 3];
const x = Float32Array.from(gaussian(n * d, seededRandom(3)));
const labels = Float32Array.from({ length: n }, (_, i) => (i * 2) % C);
const weights = Float32Array.from(gaussian(d * C, seededRandom(4)));

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

async function save(name: string, model: tf.LayersModel): Promise<void> {
  await saveLayersModel(model, at(name));
  model.dispose();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-measure-losses-"));
  await writeArrays(at("data.npz"), {
    x: { shape: [n, d], data: x },
    y: { shape: [n], data: labels },
    sign: { shape: [n], data: labels.map((y) => (y > 0 ? 1 : 0)) },
  });
  await tf.setBackend("cpu");
  const regression = tf.sequential({
    layers: [tf.layers.dense({ units: C, inputShape: [d], activation: "softmax", useBias: false, name: "head" })],
  });
  regression.layers[0]!.setWeights([tf.tensor2d(weights, [d, C])]);
  await save("softmax", regression);
  const start = (seed: number) => tf.initializers.heNormal({ seed });
  await save(
    "sigmoid",
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, inputShape: [d], activation: "tanh", kernelInitializer: start(1) }),
        tf.layers.dense({ units: 1, activation: "sigmoid", kernelInitializer: start(2) }),
      ],
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const measure = (model: string, y: string, ...more: string[]): Promise<Outcome> =>
  sgdscope(
    ...["measure", "--model", at(model), "--inputs", `${at("data.npz")}:x`, "--targets", `${at("data.npz")}:${y}`],
    ...["--backend", "wasm", ...more],
  );

interface Document {
  lossConvention: string;
  loss: string;
  hessianDistance: { value: number; standardError: number } | null;
  gaussNewton: { trace: { value: number } };
  hessian: { trace: { value: number; standardError: number }; norm: { value: number } };
  analysis: {
    noise: { traceG: number; frobeniusG: number };
    outputLoss: { loss: number; naturalScale: number };
    conditions: { marks: { id: string }[] }[];
  } | null;
}

describe("measure --loss", () => {
  it("takes softmax regression by its logits: G is H, L and m are those of the probabilities", async () => {
    const { exitCode, stdout, stderr } = await measure(
      "softmax",
      "y",
      "--one-hot",
      "--loss",
      "cross-entropy",
      "--json",
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain('note: --model: the softmax of Dense "head" is part of the cross-entropy loss');
    const found = JSON.parse(stdout) as Document;
    let [loss, scale, trace] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const row = x.subarray(i * d, (i + 1) * d);
      const e = [0, 1, 2].map((c) => Math.exp(row.reduce((sum, value, j) => sum + value * weights[j * C + c]!, 0)));
      const q = e.map((value) => value / e.reduce((a, b) => a + b));
      loss -= Math.log(q[labels[i]!]!) / n;
      scale += (1 / q[labels[i]!]! - 1) / n;
      const squares = row.reduce((sum, value) => sum + value * value, 0);
      trace += (squares * q.reduce((sum, value) => sum + value * (1 - value), 0)) / n;
    }
    expect(found).toMatchObject({
      loss: "cross-entropy",
      lossConvention: "L = (1/n) sum loss(f, y): softmax cross-entropy",
    });
    expect(found.analysis!.outputLoss.loss).toBeCloseTo(loss, 5);
    expect(found.analysis!.outputLoss.naturalScale / scale).toBeCloseTo(1, 4);
    expect(found.gaussNewton.trace.value / trace).toBeCloseTo(1, 5);
    expect(found.hessian.trace.value / trace).toBeCloseTo(1, 5);
    expect(found.hessian.norm.value / found.analysis!.noise.frobeniusG).toBeCloseTo(1, 5);
    expect(found.hessianDistance!.value).toBeLessThan(1e-5);
    expect(found.analysis!.conditions[0]!.marks.map(({ id }) => id)).toEqual(["gauss-newton"]);
  });

  it("says how far G is from H where the model is not linear", async () => {
    const { stdout } = await measure("sigmoid", "sign", "--loss", "logistic");
    expect(stdout).toMatch(/backend wasm \(Float32\); logistic loss/);
    const [, value] = /‖H − G‖_F\/‖H‖_F +(0\.\d+) ± /.exec(stdout)!;
    expect(Number(value)).toBeGreaterThan(0.01);
    expect(Number(value)).toBeLessThan(1.5);
    const alone = await measure("sigmoid", "sign", "--loss", "logistic", "--per-example", "none", "--json");
    const { hessianDistance, analysis } = JSON.parse(alone.stdout) as Document;
    expect(analysis).toBeNull();
    expect(hessianDistance!.value).toBeCloseTo(Number(value), 1);
  });

  it("without it is the square loss of the outputs as they are", async () => {
    const { stdout } = await measure("softmax", "y", "--one-hot", "--json", "--quiet");
    expect(JSON.parse(stdout)).toMatchObject({ loss: "square", hessianDistance: null, analysis: { outputLoss: null } });
  });

  it.each<[string, string[], RegExp]>([
    ["a run", ["--run", "somewhere", "--loss", "logistic"], /--loss: expected none beside --run/],
    ["hinge", ["--model", "softmax", "--loss", "hinge"], /hinge loss is piecewise linear/],
    ["δ alone", ["--model", "softmax", "--delta", "2"], /--delta needs --loss <name> beside it/],
    [
      "smoothing of another",
      ["--model", "softmax", "--loss", "poisson", "--label-smoothing", "0.1"],
      /--label-smoothing: expected --loss cross-entropy/,
    ],
  ])("refuses %s with exit code 2", async (_, options, said) => {
    const { exitCode, stderr } = await sgdscope("measure", "--backend", "wasm", ...options);
    expect(stderr).toMatch(said);
    expect(exitCode).toBe(2);
  });

  it("refuses targets that the loss does not take", async () => {
    const { exitCode, stderr } = await measure("sigmoid", "y", "--loss", "logistic", "--quiet");
    expect(stderr).toMatch(/between 0 and 1, got 2 at output 0 of example 1/);
    expect(exitCode).toBe(2);
  });
});
