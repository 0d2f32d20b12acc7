import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { loadLayersModel, saveLayersModel } from "@sgdscope/models-cnn/layers-model";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sgdscope, type Outcome } from "./support.js";

// Whole measurements; seconds on a quiet machine.
vi.setConfig({ testTimeout: 240_000 });

const [n, side, channels] = [10, 8, 2];
const inputs = Float32Array.from(gaussian(n * side * side * channels, seededRandom(5)));

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const { layers } = tf;

/** A network as people build them with tf.layers: batch normalisation, shortcuts, a depthwise convolution. */
function residualNetwork(): tf.LayersModel {
  const seeded = { kernelInitializer: tf.initializers.heNormal({ seed: 4 }), useBias: false };
  const input = tf.input({ shape: [side, side, channels] });
  const chain = (x: unknown, ...path: { apply(x: never): unknown }[]): tf.SymbolicTensor =>
    path.reduce((value, layer) => layer.apply(value as never), x) as tf.SymbolicTensor;
  const conv = (name: string) => layers.conv2d({ filters: 2, kernelSize: 3, padding: "same", name, ...seeded });
  const stem = chain(input, conv("stem"), layers.batchNormalization({ name: "stem_norm" }), layers.reLU());
  const branch = chain(
    stem,
    layers.depthwiseConv2d({
      kernelSize: 3,
      padding: "same",
      name: "depthwise",
      depthwiseInitializer: tf.initializers.heNormal({ seed: 5 }),
      useBias: false,
    }),
    layers.batchNormalization({ name: "depthwise_norm" }),
    layers.reLU(),
    conv("mix"),
  );
  const sum = layers.add({ name: "shortcut" }).apply([branch, stem]);
  const head = layers.dense({ units: 1, name: "head", kernelInitializer: tf.initializers.heNormal({ seed: 6 }) });
  const model = tf.model({
    inputs: input,
    outputs: chain(sum, layers.reLU(), layers.globalAveragePooling2d({}), head),
  });
  for (const name of ["stem_norm", "depthwise_norm"]) {
    const statistics = [0, 1, 2, 3].map((k) => tf.tensor1d([0.8 + k / 9, 1 - k / 7]));
    model.getLayer(name).setWeights(statistics);
    tf.dispose(statistics);
  }
  return model;
}

const measure = (model: string, data: string, ...more: string[]): Promise<Outcome> =>
  sgdscope(
    ...["measure", "--model", at(model), "--inputs", `${at(data)}:x`, "--targets", `${at(data)}:y`, "--quiet", ...more],
  );
async function save(name: string, model: tf.LayersModel): Promise<void> {
  await saveLayersModel(model, at(name));
  model.dispose();
}
async function saveData(name: string, shape: number[]): Promise<void> {
  const random = seededRandom(7);
  const size = shape.reduce((a, b) => a * b, 1);
  await writeArrays(at(name), {
    x: { shape, data: Float32Array.from(gaussian(size, random)) },
    y: { shape: [shape[0]!], data: Float32Array.from(gaussian(shape[0]!, random)) },
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-layers-"));
  await writeArrays(at("images.npz"), {
    x: { shape: [n, side, side, channels], data: inputs },
    y: { shape: [n], data: Float32Array.from(gaussian(n, seededRandom(6))) },
  });
  await save("residual", residualNetwork());
  await saveData("series.npz", [4, 3, 2]);
  await save(
    "recurrent",
    tf.sequential({
      layers: [
        layers.masking({ inputShape: [3, 2] }),
        layers.lstm({ units: 2, name: "memory" }),
        layers.dense({ units: 1 }),
      ],
    }),
  );
  await saveData("volumes.npz", [4, 3, 3, 3, 1]);
  await save(
    "volumetric",
    tf.sequential({
      layers: [
        layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 3, 3, 1], name: "volume" }),
        layers.flatten(),
        layers.dense({ units: 1 }),
      ],
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  parameters: number;
  examples: number;
  analysis: { noise: { frobeniusG: number } } | null;
  traceIdentity: object;
  gaussNewton: { trace: Measured; norm: Measured };
  hessian: { trace: Measured; norm: Measured };
  layers: { layer: string; parameters: number; gaussNewton: { trace: Measured }; hessian: { trace: Measured } }[];
}
interface Measured {
  value: number;
  standardError: number;
}

/** Σᵢ ‖∇f(xᵢ)‖² / n by TensorFlow.js' own first derivatives, one example after the other. */
async function traceOfG(): Promise<number> {
  const model = await loadLayersModel(at("residual"));
  const weights = model.trainableWeights.map((weight) => (weight as unknown as { val: tf.Variable }).val);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const squares = tf.tidy(() => {
      const width = side * side * channels;
      const x = tf.tensor(inputs.slice(i * width, (i + 1) * width), [1, side, side, channels]);
      const { grads } = tf.variableGrads(() => tf.sum(model.apply(x, { training: false }) as tf.Tensor), weights);
      return tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient))));
    });
    sum += (await squares.data())[0]!;
    squares.dispose();
  }
  model.dispose();
  return sum / n;
}

describe("measure --model", () => {
  it("measures a network with batch normalisation, shortcuts and a depthwise convolution", async () => {
    const { stdout, stderr, exitCode } = await measure(
      "residual",
      "images.npz",
      "--json",
      "--layers",
      "--products",
      "999",
    );
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const found = JSON.parse(stdout) as Document;
    expect(found).toMatchObject({ parameters: 36 + 4 + 18 + 4 + 36 + 3, examples: n });
    const trace = await traceOfG();
    expect(Math.abs(found.gaussNewton.trace.value / trace - 1)).toBeLessThan(1e-4);
    // ReLU: the outputs are piecewise linear in each parameter alone, so H has the diagonal of G.
    expect(found.hessian.trace.standardError).toBe(0);
    expect(found.traceIdentity).toEqual({ holds: true });
    expect(Math.abs(found.hessian.trace.value / trace - 1)).toBeLessThan(1e-4);
    expect(found.hessian.norm.value).toBeGreaterThan(found.gaussNewton.norm.value);
    expect(found.layers.map(({ layer, parameters }) => `${layer} ${parameters}`)).toEqual([
      "stem 36",
      "stem_norm 4",
      "depthwise 18",
      "depthwise_norm 4",
      "mix 36",
      "head 3",
    ]);
    for (const matrix of ["gaussNewton", "hessian"] as const) {
      const sum = found.layers.reduce((total, layer) => total + layer[matrix].trace.value, 0);
      expect(Math.abs(sum / trace - 1)).toBeLessThan(1e-4);
    }
  });

  it("prints the same twice, and a table of the layers", async () => {
    const first = await measure("residual", "images.npz", "--layers", "--products", "24");
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/layer +parameters +Tr G +‖G‖_F +Tr H +‖H‖_F/);
    expect(first.stdout).toMatch(/depthwise_norm +4 +\S+ exact +\S+ exact +\S+ exact +\S+ ± \S+/);
    expect(first.stdout).toContain("Tr H = Tr G: the outputs are piecewise linear in each parameter\n");
    expect(await measure("residual", "images.npz", "--layers", "--products", "24")).toEqual(first);
  });

  it("takes labels on request only, and refuses inputs and targets in another order", async () => {
    const x = { shape: [n, channels, side, side], data: inputs };
    const y = { shape: [1, n], data: Float32Array.from({ length: n }, (_, i) => i) };
    await writeArrays(at("other.npz"), { x, y });
    const transposed = await measure("residual", "other.npz");
    expect(transposed).toMatchObject({ exitCode: 2, stdout: "" });
    expect(transposed.stderr).toBe(
      `error: --inputs: expected shape [n, ${side}, ${side}, ${channels}], got [${n}, ${channels}, ${side}, ${side}]: its channels come first, the model's last\n` +
        "help: pass x.transpose(0, 2, 3, 1)\n",
    );
    await writeArrays(at("labels.npz"), {
      x: { shape: [4, 3], data: Float32Array.from(gaussian(12, seededRandom(8))) },
      y: { shape: [4], data: Int32Array.of(2, 0, 1, 1) },
      rows: { shape: [4, 3], data: Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0) },
    });
    await save("classifier", tf.sequential({ layers: [layers.dense({ units: 3, inputShape: [3] })] }));
    const refused = await measure("classifier", "labels.npz");
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/^error: --one-hot: targets of shape \[4\] are one number per example/);
    const [asked, rows] = [
      await measure("classifier", "labels.npz", "--one-hot"),
      await measure("classifier", "labels.npz", "--targets", `${at("labels.npz")}:rows`),
    ];
    expect(asked.exitCode).toBe(0);
    expect(asked.stdout).toBe(rows.stdout);
  });

  it("names regularizers and says how batch normalisation and dropout are evaluated", async () => {
    const kernelRegularizer = tf.regularizers.l2({ l2: 0.5 });
    const model = tf.sequential({
      layers: [
        layers.dense({ units: 2, inputShape: [3], kernelRegularizer, name: "decayed" }),
        layers.batchNormalization({ name: "norm" }),
        layers.dropout({ rate: 0.5, name: "drop" }),
        layers.dense({ units: 1 }),
      ],
    });
    await save("regularized", model);
    await writeArrays(at("rows.npz"), {
      x: { shape: [4, 3], data: Float32Array.from(gaussian(12, seededRandom(8))) },
      y: { shape: [4], data: Float32Array.of(1, 2, 3, 4) },
    });
    const { stdout, exitCode } = await measure("regularized", "rows.npz");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      'the model has regularizers, not part of the loss, G or H: Dense "decayed": kernelRegularizer l2 0.5\n' +
        'in inference mode: BatchNormalization "norm" by its moving statistics; Dropout "drop" as the identity\n',
    );
  });

  it("names a layer without rule for single examples, and measures it one example at a time or without them", async () => {
    const refused = await measure("recurrent", "series.npz");
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(
      /^error: gram: Transpose moves the examples of \[2, 3, 2\] out of the leading axis — in LSTM "memory"\n/,
    );
    expect(refused.stderr).toMatch(/help: --per-example loop takes one backward pass/);
    const found: Document[] = [];
    for (const how of ["loop", "none"]) {
      const { stdout, exitCode } = await measure(
        "recurrent",
        "series.npz",
        "--json",
        "--top",
        "1",
        "--products",
        "50",
        "--per-example",
        how,
      );
      expect(exitCode).toBe(0);
      found.push(JSON.parse(stdout) as Document);
    }
    const [loop, none] = found as [Document, Document];
    expect(loop.traceIdentity).toEqual({
      holds: false,
      because: expect.stringContaining('in LSTM "memory"') as string,
    });
    expect(loop.analysis!.noise.frobeniusG).toBeGreaterThan(0);
    expect(none.analysis).toBeNull();
    // 43 parameters: 50 products are all of G, as exact as the Gram matrix.
    expect(Math.abs(none.gaussNewton.trace.value / loop.gaussNewton.trace.value - 1)).toBeLessThan(1e-4);
    expect(Math.abs(none.gaussNewton.norm.value / loop.gaussNewton.norm.value - 1)).toBeLessThan(1e-4);
    const thresholds = await measure("recurrent", "series.npz", "--per-example", "none", "--batch-size", "2");
    expect(thresholds).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--per-example none") as string });
  });

  it("names a layer whose second derivatives are not known, and one that TensorFlow.js does not know", async () => {
    const unverified = await measure("volumetric", "volumes.npz", "--per-example", "none");
    expect(unverified.exitCode).toBe(2);
    expect(unverified.stderr).toBe(
      'error: jacobianAt: the second derivative of Conv3D in Conv3D "volume" is not verified\n' +
        "help: --vouch-for <kernel> accepts it, if you know that its gradient can be differentiated again\n",
    );
    const file = at("volumetric", "model.json");
    await writeFile(file, (await readFile(file, "utf8")).replace('"Conv3D"', '"GatedMixture"'));
    const unknown = await measure("volumetric", "volumes.npz");
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toMatch(/TensorFlow\.js has no layer GatedMixture; if it is your own/);
  });
});
