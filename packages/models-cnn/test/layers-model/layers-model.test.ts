import * as tfjs from "@tensorflow/tfjs";
import { lenet, type Network, parametersToArrays, resnet, smallCnn, vgg } from "@sgdscope/models-cnn";
import { fromLayersModel, loadLayersModel, saveLayersModel, toLayersModel } from "@sgdscope/models-cnn/layers-model";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { usedBuffers } from "../cases.js";

let root: string;
let folder: string;
let runs = 0;
beforeAll(async () => {
  await tf.setBackend("cpu");
  root = await mkdtemp(join(tmpdir(), "layers-model-"));
});
beforeEach(() => (folder = join(root, String(++runs))));
afterAll(() => rm(root, { recursive: true }));

const { layers } = tfjs;
const input = (shape: number[]): tf.Tensor =>
  tf.tensor(Float32Array.from(gaussian(2 * shape.reduce((a, b) => a * b, 1), seededRandom(9))), [2, ...shape]);
const predict = async (model: LayersModel, x: tf.Tensor): Promise<Float32Array> => {
  const y = model.predict(x) as tf.Tensor;
  const data = await y.data();
  y.dispose();
  return data as Float32Array;
};

/** Everything the converter knows, in one model. */
function everyLayer(): LayersModel {
  const model = tfjs.sequential({ name: "every" });
  const seed = { kernelInitializer: tfjs.initializers.glorotNormal({ seed: 3 }) };
  model.add(layers.conv2d({ inputShape: [11, 11, 2], filters: 3, kernelSize: 3, activation: "relu", ...seed }));
  model.add(layers.batchNormalization({ epsilon: 1e-2 }));
  model.add(layers.averagePooling2d({ poolSize: 2 }));
  model.add(layers.conv2d({ filters: 4, kernelSize: 2, strides: 2, padding: "same", useBias: false, ...seed }));
  model.add(layers.elu());
  model.add(layers.dropout({ rate: 0.5 }));
  model.add(layers.maxPooling2d({ poolSize: 2, strides: 1 }));
  model.add(layers.flatten());
  model.add(layers.dense({ units: 5, activation: "softplus", ...seed }));
  model.add(layers.reLU());
  model.add(layers.activation({ activation: "tanh" }));
  model.add(layers.dense({ units: 2, ...seed }));
  const statistics = ["gamma", "beta", "mean", "variance"].map((_, i) => tf.tensor1d([1 + i, 0.5, 0.25 + i]));
  model.layers[1]!.setWeights(statistics);
  tf.dispose(statistics);
  return model;
}

describe("a LayersModel on disk", () => {
  test("predicts the same after it is saved and loaded, in shards of any size", async () => {
    const model = everyLayer();
    const x = input([11, 11, 2]);
    const expected = await predict(model, x);
    for (const options of [{}, { shardBytes: 100 }]) {
      const file = await saveLayersModel(model, folder, options);
      expect(file).toBe(join(folder, "model.json"));
      for (const path of [file, folder]) {
        const loaded = await loadLayersModel(path);
        expect(await predict(loaded, x)).toEqual(expected);
        loaded.dispose();
      }
    }
    expect((await readdir(folder)).filter((name) => name.endsWith(".bin")).length).toBeGreaterThan(5);
    model.dispose();
    x.dispose();
  });

  test("keeps no shard of an earlier save and touches no other file", async () => {
    const [first, second] = [dense(1), dense(2)];
    await saveLayersModel(first, folder);
    await writeFile(join(folder, "notes.bin"), "mine");
    const [before] = (await readdir(folder)).filter((name) => name.startsWith("weights"));
    await saveLayersModel(second, folder);
    const after = await readdir(folder);
    expect(after).toHaveLength(3);
    expect(after).toContain("notes.bin");
    expect(after).not.toContain(before);
    first.dispose();
    second.dispose();
  });

  test("may have quantised weights, which come back to within half a step", async () => {
    const model = dense(3);
    const file = await saveLayersModel(model, folder);
    const json = JSON.parse(await readFile(file, "utf8")) as {
      weightsManifest: { paths: string[]; weights: { shape: number[]; quantization?: unknown }[] }[];
    };
    const bytes = await readFile(join(folder, json.weightsManifest[0]!.paths[0]!));
    const values = new Float32Array(Uint8Array.from(bytes).buffer);
    const min = Math.min(...values);
    const scale = (Math.max(...values) - min) / 255;
    for (const weight of json.weightsManifest[0]!.weights) weight.quantization = { dtype: "uint8", scale, min };
    json.weightsManifest[0]!.paths = ["quantised.bin"];
    await writeFile(
      join(folder, "quantised.bin"),
      Uint8Array.from(values, (value) => Math.round((value - min) / scale)),
    );
    await writeFile(file, JSON.stringify(json));
    const loaded = await loadLayersModel(file);
    const [kernel] = loaded.getWeights();
    (await kernel!.data()).forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThan(0.51 * scale));
    model.dispose();
    loaded.dispose();
  });

  test("is refused where a file is missing, short, surplus, or something else", async () => {
    await expect(loadLayersModel(folder)).rejects.toMatchObject({
      code: "FILE_MISSING",
      message: expect.stringMatching(/model\.json is missing/) as string,
    });
    const model = dense(1);
    const file = await saveLayersModel(model, folder);
    const shard = join(
      folder,
      (await readdir(folder)).find((name) => name.endsWith(".bin"))!,
    );
    const bytes = await readFile(shard);
    const failing = async (code: string, message: RegExp): Promise<void> => {
      const error = await loadLayersModel(file).catch((e: unknown) => e);
      expect(error).toMatchObject({ name: "ModelsError", code });
      expect((error as Error).message).toMatch(message);
    };
    await writeFile(shard, bytes.subarray(0, bytes.length - 4));
    await failing("FILE_CONTENT", /expected 36 bytes of weights in weights-1-[0-9a-f]+\.bin, got 32/);
    await writeFile(shard, Buffer.concat([bytes, bytes]));
    await failing("FILE_CONTENT", /expected 36 bytes .* got 72/);
    await rm(shard);
    await failing("FILE_MISSING", /the shard weights-1-.* is missing/);
    await writeFile(file, JSON.stringify({ format: "graph-model", modelTopology: {}, weightsManifest: [] }));
    await failing("UNSUPPORTED", /cannot load the graph-model/);
    await writeFile(
      file,
      JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ["../a.bin"], weights: [] }] }),
    );
    await failing("FILE_CONTENT", /the shard "\.\.\/a\.bin" is not beside/);
    await saveLayersModel(model, folder);
    const saved = JSON.parse(await readFile(file, "utf8")) as {
      modelTopology: { config: { layers: { class_name: string; config: { units: number } }[] } };
    };
    const [layer] = saved.modelTopology.config.layers;
    layer!.class_name = "GatedMixture";
    await writeFile(file, JSON.stringify(saved));
    await failing("UNSUPPORTED", /TensorFlow\.js has no layer GatedMixture; if it is your own, register/);
    layer!.class_name = "Dense";
    layer!.config.units = -1;
    await writeFile(file, JSON.stringify(saved));
    await failing("UNSUPPORTED", /cannot build the model in .*: TensorFlow\.js says: .*-1/);
    await writeFile(file, JSON.stringify({ layers: [] }));
    await failing("FILE_CONTENT", /expected modelTopology and weightsManifest in .*, got layers/);
    await writeFile(file, "<html>");
    await failing("FILE_CONTENT", /is not JSON/);
    model.dispose();
  });
});

describe("fromLayersModel", () => {
  test("is the same function of the input, pure in its parameters", async () => {
    const model = everyLayer();
    const before = tf.memory().numTensors;
    const x = input([11, 11, 2]);
    const { network, params } = await fromLayersModel(model);
    expect(network.name).toBe("every");
    expect(Object.keys(params)).toHaveLength(2 + 2 + 1 + 2 + 2);
    const y = network.apply(params, x);
    const [found, expected] = [await y.data(), await predict(model, x)];
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5));
    tf.dispose([x, y, params]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  test.each<[string, () => LayersModel, RegExp]>([
    [
      "a layer it does not know",
      () =>
        tfjs.sequential({
          layers: [layers.flatten({ inputShape: [2, 2] }), layers.layerNormalization({ name: "ln" })],
        }),
      /layer ln \(LayerNormalization\): layers of this class are not supported/,
    ],
    [
      "an activation it does not know",
      () =>
        tfjs.sequential({ layers: [layers.dense({ inputShape: [2], units: 1, activation: "softmax", name: "d" })] }),
      /layer d \(Dense\): activation "softmax" is not one of relu/,
    ],
    [
      "kernels that are not square",
      () =>
        tfjs.sequential({
          layers: [layers.conv2d({ inputShape: [4, 4, 1], filters: 1, kernelSize: [1, 2], name: "c" })],
        }),
      /layer c \(Conv2D\): kernelSize must be square, and is \[1,2\]/,
    ],
    [
      "dilation",
      () =>
        tfjs.sequential({
          layers: [layers.conv2d({ inputShape: [4, 4, 1], filters: 1, kernelSize: 2, dilationRate: 2, name: "c" })],
        }),
      /layer c .*dilation is not supported/,
    ],
    [
      "padded pools",
      () =>
        tfjs.sequential({
          layers: [layers.averagePooling2d({ inputShape: [4, 4, 1], poolSize: 2, padding: "same", name: "p" })],
        }),
      /layer p .*padding "valid" only, not "same"/,
    ],
    [
      "branches",
      () => {
        const a = tfjs.input({ shape: [2] });
        const b = layers.dense({ units: 2 }).apply(a) as tfjs.SymbolicTensor;
        return tfjs.model({ inputs: a, outputs: layers.add({ name: "sum" }).apply([a, b]) as tfjs.SymbolicTensor });
      },
      /layer sum \(Add\): it is shared or has other inputs than the layer before it/,
    ],
    [
      "inputs of open size",
      () => tfjs.sequential({ layers: [layers.conv2d({ inputShape: [null, 4, 1], filters: 1, kernelSize: 2 })] }),
      /expected one input of fixed shape and one output, got 1 input of \[null,4,1\] and 1 output/,
    ],
  ])("refuses %s", async (_title, build, message) => {
    const model = build();
    const error = await fromLayersModel(model).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "ModelsError", code: "UNSUPPORTED" });
    expect((error as Error).message).toMatch(message);
    model.dispose();
  });
});

describe("toLayersModel", () => {
  test.each<[string, Network]>([
    ["a small CNN", smallCnn({ inputShape: [4, 4, 2], channels: [3], outputs: 2, activation: "gelu" })],
    ["LeNet", lenet({ inputShape: [16, 16, 1], channels: [2, 3], widths: [4] })],
    ["VGG with batch normalisation", vgg({ inputShape: [4, 4, 3], features: [3, "pool"], normalisation: "batch" })],
    ["a residual network", resnet({ inputShape: [8, 8, 3], widths: [2, 3], depth: 10, outputs: 2 })],
    [
      "a residual network with projections and PyTorch's padding",
      resnet({
        inputShape: [7, 8, 3],
        widths: [2, 3],
        depth: 6,
        shortcut: "projection",
        stridePadding: "symmetric",
        normalisation: "batch",
      }),
    ],
  ])("predicts what %s computes, also after a way to disk and back", async (_title, fresh) => {
    const before = tf.memory().numTensors;
    const network = fresh.withBuffers(usedBuffers(fresh));
    const params = network.init(seededRandom(4));
    const x = input(network.inputShape);
    const y = network.apply(params, x);
    const expected = await y.data();
    const model = await toLayersModel(network, params);
    tf.dispose(params); // the model has copies of its own
    const loaded = await loadLayersModel(await saveLayersModel(model, folder));
    for (const found of [await predict(model, x), await predict(loaded, x)])
      found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5));
    model.dispose();
    loaded.dispose();
    tf.dispose([x, y]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("and fromLayersModel are inverses where there are no branches", async () => {
    const network = smallCnn({ inputShape: [4, 4, 2], channels: [3], outputs: 2 });
    const params = network.init(seededRandom(4));
    const model = await toLayersModel(network, params);
    const back = await fromLayersModel(model);
    expect(await parametersToArrays(back.params)).toEqual(await parametersToArrays(params));
    tf.dispose([params, back.params]);
    model.dispose();
  });

  test("refuses parameters that are not the network's", async () => {
    await expect(toLayersModel(smallCnn(), {})).rejects.toMatchObject({ code: "PARAMETERS" });
  });
});

function dense(seed: number): LayersModel {
  const kernelInitializer = tfjs.initializers.glorotNormal({ seed });
  return tfjs.sequential({ layers: [layers.dense({ inputShape: [2], units: 3, kernelInitializer })] });
}
