import "@tensorflow/tfjs";
import { formatSafetensors, parseSafetensors, readArrays, writeArrays } from "@sgdscope/array-files";
import {
  fullyConnected,
  loadModel,
  loadParameters,
  parametersToArrays,
  resnet,
  saveModel,
  saveParameters,
  smallCnn,
} from "@sgdscope/models-cnn";
import { seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { usedBuffers } from "../cases.js";

let folder: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "models-cnn-"));
});
afterAll(() => rm(folder, { recursive: true }));

const network = smallCnn({ inputShape: [8, 8, 3], channels: [4, 8], outputs: 10 });

describe.each([".safetensors", ".npz"])("parameters through %s", (extension) => {
  test("come back as they were, in their order", async () => {
    const before = tf.memory().numTensors;
    const path = join(folder, `theta${extension}`);
    const params = network.init(seededRandom(1));
    await saveParameters(path, params);
    for (const loaded of [await loadParameters(path), await loadParameters(path, network)]) {
      expect(Object.keys(loaded)).toEqual(Object.keys(params));
      expect(await parametersToArrays(loaded)).toEqual(await parametersToArrays(params));
      tf.dispose(loaded);
    }
    tf.dispose(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("take the model's order, whatever the file's, and Float32, whatever the file's type", async () => {
    const path = join(folder, `shuffled${extension}`);
    const tiny = fullyConnected({ inputShape: [1], widths: [], outputs: 1 });
    await writeArrays(path, {
      "dense1.bias": { shape: [1], data: Int32Array.of(3) },
      "dense1.kernel": { shape: [1, 1], data: Float64Array.of(1 / 3) },
    });
    const loaded = await loadParameters(path, tiny);
    expect(Object.keys(loaded)).toEqual(["dense1.kernel", "dense1.bias"]);
    expect(await values(loaded)).toEqual([Math.fround(1 / 3), 3]);
    tf.dispose(loaded);
  });

  test("say everything that differs from the model", async () => {
    const path = join(folder, `other${extension}`);
    await writeArrays(path, {
      "dense1.kernel": { shape: [2], data: Float32Array.of(1, 2) },
      extra: { shape: [], data: Float32Array.of(1) },
    });
    await expect(loadParameters(path, fullyConnected({ inputShape: [1], widths: [] }))).rejects.toMatchObject({
      name: "ModelsError",
      code: "PARAMETERS",
      message:
        `loadParameters ${path}: expected the 2 arrays of the model, but dense1.kernel has shape 2 instead of 1×1; ` +
        "dense1.bias is missing; extra is not expected",
    });
  });
});

test("metadata goes into the header of safetensors and nowhere else", async () => {
  const params = network.init(seededRandom(1));
  const path = join(folder, "described.safetensors");
  await saveParameters(path, params, { step: "100" });
  expect(parseSafetensors(await readFile(path)).metadata).toEqual({ step: "100" });
  await expect(saveParameters(join(folder, "described.npz"), params, { step: "100" })).rejects.toMatchObject({
    code: "OPTION",
    message: expect.stringContaining("only that format holds metadata") as string,
  });
  await expect(saveParameters(join(folder, "described.h5"), params)).rejects.toMatchObject({ code: "OPTION" });
  tf.dispose(params);
});

describe("a saved model", () => {
  test("computes the same function when it is loaded, buffers and all, from one file", async () => {
    const before = tf.memory().numTensors;
    const path = join(folder, "model.safetensors");
    const fresh = resnet({ inputShape: [8, 8, 3], widths: [2, 3], depth: 6, normalisation: "batch", outputs: 2 });
    const model = fresh.withBuffers(usedBuffers(fresh));
    const params = model.init(seededRandom(3));
    await saveModel(path, model, params, { dataset: "synthetic" });
    expect(await readdir(folder)).not.toContain(expect.stringMatching(/tmp$/));

    const loaded = await loadModel(path);
    expect(loaded.metadata).toEqual({ dataset: "synthetic", name: "resnet-6" });
    expect(loaded.network.config).toEqual(model.config);
    expect(loaded.network.buffers).toEqual(model.buffers);
    const x = tf.ones([2, 8, 8, 3]);
    const [y, z] = [model.apply(params, x), loaded.network.apply(loaded.params, x)];
    expect(await z.data()).toEqual(await y.data());
    tf.dispose([params, loaded.params, x, y, z]);

    // The parameters alone can be had too.
    const alone = await loadParameters(path, model);
    expect(Object.keys(alone)).toEqual(model.parameters.map(({ name }) => name));
    tf.dispose(alone);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("is refused where the file is not there, is no model, or lacks an array", async () => {
    await expect(loadModel(join(folder, "absent.safetensors"))).rejects.toMatchObject({ code: "FILE_MISSING" });
    const path = join(folder, "plain.safetensors");
    await writeArrays(path, { a: { shape: [1], data: Float32Array.of(1) } });
    await expect(loadModel(path)).rejects.toMatchObject({ code: "FILE_CONTENT" });
    await writeFile(path, formatSafetensors({}, { config: "{" }));
    await expect(loadModel(path)).rejects.toMatchObject({ code: "FILE_CONTENT" });

    const model = fullyConnected({ inputShape: [1], widths: [] });
    const params = model.init(seededRandom(1));
    await saveModel(path, model, params);
    const { "dense1.kernel": kernel } = await readArrays(path);
    await writeArrays(path, { "dense1.kernel": kernel! }, { metadata: { config: JSON.stringify(model.config) } });
    await expect(loadModel(path)).rejects.toThrow(/dense1\.bias is missing/);
    await expect(saveModel(path, model, {})).rejects.toThrow(/dense1\.kernel is missing; dense1\.bias is missing/);
    tf.dispose(params);
  });
});

const values = async (params: tf.NamedTensorMap): Promise<number[]> =>
  (await Promise.all(Object.values(params).map((tensor) => tensor.data()))).flatMap((data) => Array.from(data));
