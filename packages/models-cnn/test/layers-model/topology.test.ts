import "@tensorflow/tfjs";
import { loadLayersModel } from "@sgdscope/models-cnn/layers-model";
import * as tf from "@tensorflow/tfjs-core";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let root: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
  root = await mkdtemp(join(tmpdir(), "topology-"));
});
afterAll(() => rm(root, { recursive: true }));

interface Layer {
  class_name: string;
  config: Record<string, unknown>;
}
type Weights = Record<string, { shape: number[]; values: number[] }>;

/** A model of one input of shape `shape` with one layer behind it, as Keras 3 writes a functional model. */
function functional({ class_name, config }: Layer, shape: number[], kwargs: object = {}): object {
  const tensor = {
    class_name: "__keras_tensor__",
    config: { shape: [null, ...shape], dtype: "float32", keras_history: ["x", 0, 0] },
  };
  const dtype = { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null };
  return {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name: "outer",
      trainable: true,
      layers: [
        {
          module: "keras.layers",
          class_name: "InputLayer",
          config: { batch_shape: [null, ...shape], dtype: "float32", sparse: false, ragged: false, name: "x" },
          registered_name: null,
          name: "x",
          inbound_nodes: [],
        },
        {
          module: "keras.layers",
          class_name,
          config: { name: "layer", dtype, ...config },
          registered_name: null,
          build_config: { input_shape: [null, ...shape] },
          name: "layer",
          inbound_nodes: [{ args: [tensor], kwargs }],
        },
      ],
      input_layers: ["x", 0, 0],
      output_layers: ["layer", 0, 0],
    },
    registered_name: "Functional",
  };
}

async function save(topology: object, weights: Weights = {}): Promise<string> {
  await writeFile(
    join(root, "model.json"),
    JSON.stringify({
      format: "layers-model",
      modelTopology: { keras_version: "3.15.1", backend: "tensorflow", model_config: topology },
      weightsManifest: [
        {
          paths: ["weights.bin"],
          weights: Object.entries(weights).map(([name, { shape }]) => ({ name, shape, dtype: "float32" })),
        },
      ],
    }),
  );
  const values = Float32Array.from(Object.values(weights).flatMap((weight) => weight.values));
  await writeFile(join(root, "weights.bin"), new Uint8Array(values.buffer));
  return root;
}

async function outputs(topology: object, x: number[][], weights?: Weights): Promise<number[]> {
  const model = await loadLayersModel(await save(topology, weights));
  const y = tf.tidy(() => model.predict(tf.tensor(x)) as tf.Tensor);
  const values = [...(await y.data())];
  y.dispose();
  model.dispose();
  return values;
}

const dense: Weights = { "layer/kernel": { shape: [2, 1], values: [3, -1] } };
const constructed = (name: string, config: object): object => ({ module: "keras", class_name: name, config });

describe("a topology of Keras 3", () => {
  test("of a functional model computes what it says, with regularisers and seeds as objects", async () => {
    const layer = {
      class_name: "Dense",
      config: {
        units: 1,
        use_bias: false,
        kernel_initializer: constructed("GlorotUniform", { seed: constructed("SeedGenerator", { seed: 1 }) }),
        kernel_regularizer: constructed("L2", { l2: 0.5 }),
      },
    };
    expect(await outputs(functional(layer, [2], { mask: null }), [[1, 2]], dense)).toEqual([1]);
    const model = await loadLayersModel(await save(functional(layer, [2]), dense));
    const { kernelRegularizer } = model.getLayer("layer") as unknown as { kernelRegularizer: { l2: number } };
    expect(kernelRegularizer.l2).toBe(0.5);
    model.dispose();
  });

  test("has the weights of the file, whatever a constraint would make of them", async () => {
    const config = { units: 1, use_bias: false, kernel_constraint: constructed("NonNeg", {}) };
    const before = tf.memory().numTensors;
    expect(await outputs(functional({ class_name: "Dense", config }, [2]), [[1, 2]], dense)).toEqual([1]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("may have the slope of a leaky ReLU under its new name", async () => {
    const leaky = { class_name: "LeakyReLU", config: { negative_slope: 0.25 } };
    expect(await outputs(functional(leaky, [2]), [[-4, 8]])).toEqual([-1, 8]);
  });

  test("of a sequential model has its weights under the model's name", async () => {
    const sequential = {
      class_name: "Sequential",
      config: {
        name: "chain",
        layers: [
          { class_name: "InputLayer", config: { batch_shape: [null, 2], name: "x" } },
          { class_name: "Dense", config: { name: "layer", units: 1, use_bias: false } },
        ],
      },
    };
    const named = { "chain/layer/kernel": dense["layer/kernel"]! };
    expect(await outputs(sequential, [[1, 2]], named)).toEqual([1]);
  });
});

describe("what TensorFlow.js would leave out in silence is refused, naming the layer", () => {
  test.each<[string, Layer, number[]]>([
    ["negative_slope 0.1", { class_name: "ReLU", config: { negative_slope: 0.1 } }, [2]],
    ["threshold 1", { class_name: "ReLU", config: { threshold: 1 } }, [2]],
    ["rms_scaling true", { class_name: "LayerNormalization", config: { axis: -1, rms_scaling: true } }, [2]],
    [
      "dilation_rate [2,2]",
      { class_name: "DepthwiseConv2D", config: { kernel_size: 2, dilation_rate: [2, 2] } },
      [4, 4, 1],
    ],
    ["groups 2", { class_name: "Conv2D", config: { filters: 2, kernel_size: 1, groups: 2 } }, [4, 4, 2]],
    ["time_major true", { class_name: "SimpleRNN", config: { units: 1, time_major: true } }, [3, 2]],
  ])("%s", async (what, layer, shape) => {
    const before = tf.memory().numTensors;
    const error = await loadLayersModel(await save(functional(layer, shape))).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "ModelsError", code: "UNSUPPORTED" });
    expect((error as Error).message).toContain(
      `layer layer (${layer.class_name}) has ${what}, which TensorFlow.js leaves out`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("an argument that is a tensor, training=True, a function of Python", async () => {
    const relu: Layer = { class_name: "ReLU", config: {} };
    for (const [topology, message] of [
      [functional(relu, [2], { training: true }), /layer layer \(ReLU\) is called with training=True/],
      [functional(relu, [2], { mask: constructed("__keras_tensor__", {}) }), /the tensor argument "mask"/],
      [
        functional({ class_name: "Activation", config: { activation: constructed("function", {}) } }, [2]),
        /the function \{\} is not known/,
      ],
    ] as const)
      await expect(loadLayersModel(await save(topology))).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: expect.stringMatching(message) as string,
      });
  });
});

describe("a graph that never ends", () => {
  const chain = (from: string, node: number): object => {
    const topology = functional({ class_name: "ReLU", config: {} }, [2]) as {
      config: { layers: { inbound_nodes: unknown[] }[] };
    };
    topology.config.layers[1]!.inbound_nodes = [[[from, node, 0, {}]]];
    return topology;
  };
  test.each([
    ["nobody", 0, /layer "layer" reads output 0 of layer "nobody", which does not exist/],
    ["layer", 0, /layer "layer" reads output 0 of layer "layer", which is never computed/],
    ["x", 1, /layer "layer" reads output 1 of layer "x", which is never computed/],
  ])("with a layer that reads %s, output %i, is refused", async (from, node, message) => {
    await expect(loadLayersModel(await save(chain(from, node)))).rejects.toMatchObject({
      code: "FILE_CONTENT",
      message: expect.stringMatching(message) as string,
    });
  });
});

describe("a load that fails leaves no tensor behind", () => {
  const layer = (config: object): Layer => ({ class_name: "Dense", config: { units: 1, use_bias: false, ...config } });
  test.each<[string, object, Weights]>([
    ["layers that ask for more numbers than the file has", functional(layer({ units: 2 ** 40 }), [2]), dense],
    ["a weight of another name", functional(layer({}), [2]), { "other/kernel": dense["layer/kernel"]! }],
    ["a weight of another shape", functional(layer({}), [2]), { "layer/kernel": { shape: [1, 2], values: [1, 2] } }],
    ["a weight too many", functional(layer({}), [2]), { ...dense, "layer/bias": { shape: [1], values: [1] } }],
    ["a layer that is not known, behind one that is", functional({ class_name: "Gate", config: {} }, [2]), dense],
    ["an activation that is not known", functional(layer({ activation: "wave" }), [2]), dense],
  ])("%s", async (_title, topology, weights) => {
    const before = tf.memory().numTensors;
    const path = await save(topology, weights);
    await expect(loadLayersModel(path)).rejects.toMatchObject({ name: "ModelsError" });
    expect(tf.memory().numTensors).toBe(before);
    // And the next load is as if nothing had been.
    const model = await loadLayersModel(await save(functional(layer({}), [2]), dense));
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
