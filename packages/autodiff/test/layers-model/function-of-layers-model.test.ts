import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  AutodiffError,
  flatten,
  functionOfLayersModel,
  gram,
  hessianVectorProduct,
  squareLoss,
  unflatten,
} from "../../src/index.js";
import { fixtureModel, relativeError } from "../fixtures.js";
import { sizeOf, values } from "../second-order/conformance.js";

let before = 0;
beforeAll(async () => {
  await prepareBackend("wasm");
});
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

/** A layers model with deterministic weights. */
function filled<T extends tf.LayersModel>(model: T): T {
  const weights = model.getWeights();
  const fresh = weights.map(({ shape, size }, i) =>
    // Moving variances are weights too, and positive.
    tf.tensor(
      values(size, i + 1, 0.1, 0.9).map((each, j) => (shape.length > 1 && j % 2 === 1 ? -each : each)),
      shape,
    ),
  );
  model.setWeights(fresh);
  tf.dispose(fresh);
  return model;
}

const conv = (): tf.LayersModel =>
  filled(
    tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, padding: "same", activation: "relu" }),
        tf.layers.averagePooling2d({ poolSize: 2 }),
        tf.layers.conv2d({ filters: 8, kernelSize: 3, padding: "same", activation: "relu" }),
        tf.layers.averagePooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 10 }),
      ],
    }),
  );

const normalised = (): tf.LayersModel =>
  filled(
    tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [5], units: 4, activation: "tanh" }),
        tf.layers.batchNormalization(),
        tf.layers.dropout({ rate: 0.5 }),
        tf.layers.dense({ units: 2, activation: "softmax" }),
      ],
    }),
  );

async function consumed(tensors: tf.NamedTensorMap | tf.Tensor): Promise<Float64Array> {
  const flat = await flatten(tensors instanceof tf.Tensor ? { only: tensors } : tensors);
  tf.dispose(tensors);
  return flat;
}

describe("functionOfLayersModel", () => {
  it("computes what the model predicts, batch normalisation and dropout in inference mode", async () => {
    const networks: [tf.LayersModel, number[]][] = [
      [conv(), [3, 8, 8, 3]],
      [normalised(), [3, 5]],
    ];
    for (const [layersModel, shape] of networks) {
      const x = tf.tensor(values(sizeOf(shape), 9), shape);
      const { model, params } = functionOfLayersModel(layersModel);
      expect(model.inputShape).toEqual(shape.slice(1));
      expect(model.outputs).toBe(layersModel.outputShape[1]);
      const expected = await consumed(layersModel.predict(x) as tf.Tensor);
      expect(relativeError(await consumed(model.apply(params, x)), expected)).toBeLessThan(1e-6);
      tf.dispose([x, params]);
      layersModel.dispose();
    }
  });

  it("takes the trainable weights only, under names of their own", () => {
    const layersModel = normalised();
    layersModel.layers[0]!.trainable = false;
    const { params } = functionOfLayersModel(layersModel);
    expect(Object.values(params).map(({ shape }) => shape)).toEqual([[4], [4], [4, 2], [2]]);
    expect(new Set(Object.keys(params)).size).toBe(4);
    tf.dispose(params);
    layersModel.dispose();
  });

  it("gives weights of the same name different ones", () => {
    const [a, b] = [tf.tensor1d([1]), tf.tensor1d([2])];
    const weight = (value: tf.Tensor): { name: string; read: () => tf.Tensor } => ({ name: "w", read: () => value });
    const ends = [{ shape: [null, 1] }];
    const { params } = functionOfLayersModel({
      name: "twins",
      layers: [],
      inputs: ends,
      outputs: ends,
      trainableWeights: [weight(a), weight(b)],
      apply: (x) => x,
    });
    expect(Object.keys(params)).toEqual(["w", "w_1"]);
    tf.dispose([a, b, params]);
  });

  it("evaluates at other parameters without changing the model, also when it throws", async () => {
    const layersModel = normalised();
    const x = tf.tensor(values(15, 9), [3, 5]);
    const { model, params } = functionOfLayersModel(layersModel);
    const original = await consumed(layersModel.predict(x) as tf.Tensor);
    const moved = unflatten(
      (await flatten(params)).map((each) => each + 0.1),
      params,
    );
    const there = await consumed(model.apply(moved, x));
    expect(relativeError(there, original)).toBeGreaterThan(1e-3);
    const wrong = tf.zeros([3, 6]);
    expect(() => model.apply(moved, wrong)).toThrow();
    expect(() => model.apply({}, x)).toThrow(AutodiffError);
    expect(await consumed(layersModel.predict(x) as tf.Tensor)).toEqual(original);
    tf.dispose([x, params, moved, wrong]);
    layersModel.dispose();
  });

  it("gives a convolutional network the H·v of the same network written with operations", async () => {
    const layersModel = conv();
    const x = tf.tensor(values(3 * 192, 9), [3, 8, 8, 3]);
    const y = tf.tensor(values(30, 10), [3, 10]);
    const { model, params } = functionOfLayersModel(layersModel);
    const names = ["conv1.kernel", "conv1.bias", "conv2.kernel", "conv2.bias", "dense.kernel", "dense.bias"];
    const renamed = Object.fromEntries(Object.values(params).map((tensor, i) => [names[i]!, tensor]));
    const flat = Float64Array.from(values(738, 11));
    const [v, w] = [unflatten(flat, params), unflatten(flat, renamed)];
    const ours = hessianVectorProduct((at) => squareLoss(model, at, x, y), params, v);
    const theirs = hessianVectorProduct((at) => squareLoss(fixtureModel, at, x, y), renamed, w);
    expect(relativeError(await consumed(ours), await consumed(theirs))).toBeLessThan(2e-6);
    tf.dispose([x, y, params, v, w]);
    layersModel.dispose();
  });

  it("gives H·v through batch normalisation and softmax: the derivative of the gradient, by smooth differences", async () => {
    const layersModel = normalised();
    const x = tf.tensor(values(15, 9), [3, 5]);
    const y = tf.tensor(values(6, 10), [3, 2]);
    const { model, params } = functionOfLayersModel(layersModel);
    const loss = (at: tf.NamedTensorMap): tf.Tensor => squareLoss(model, at, x, y);
    const point = await flatten(params);
    const v = Float64Array.from(values(point.length, 12));
    const gradientAt = async (step: number): Promise<Float64Array> => {
      const at = unflatten(
        point.map((each, i) => each + step * v[i]!),
        params,
      );
      const { value, grads } = tf.engine().gradients(() => loss(at), Object.values(at));
      const flat = await flatten(Object.fromEntries(grads.map((each, i) => [`g${i}`, each])));
      tf.dispose([at, value, grads]);
      return flat;
    };
    const step = 0.02;
    const [far, near, back, further] = [
      await gradientAt(2 * step),
      await gradientAt(step),
      await gradientAt(-step),
      await gradientAt(-2 * step),
    ];
    const difference = near.map((each, i) => (8 * (each - back[i]!) - (far[i]! - further[i]!)) / (12 * step));
    const direction = unflatten(v, params);
    const product = hessianVectorProduct(loss, params, direction);
    expect(relativeError(await consumed(product), difference)).toBeLessThan(1e-3);
    tf.dispose([x, y, params, direction]);
    layersModel.dispose();
  });

  it("names the layer of what products refuse, and of what has no rule for single examples", async () => {
    const volumes = tf.sequential({
      layers: [
        tf.layers.conv3d({ inputShape: [3, 3, 3, 1], filters: 2, kernelSize: 2, name: "volume" }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 1 }),
      ],
    });
    const series = tf.sequential({
      layers: [
        tf.layers.masking({ inputShape: [3, 2] }),
        tf.layers.lstm({ units: 2, name: "memory" }),
        tf.layers.dense({ units: 1 }),
      ],
    });
    const inputs: [tf.LayersModel, tf.Tensor, gradients: string | undefined, gram: string][] = [
      [
        volumes,
        tf.ones([2, 3, 3, 3, 1]),
        'of Conv3D in Conv3D "volume" is not verified',
        'through Conv3D in Conv3D "volume"',
      ],
      [series, tf.ones([2, 3, 2]), undefined, 'in LSTM "memory"'],
    ];
    const refusal = (code: string, text: string): Error =>
      expect.objectContaining({ code, message: expect.stringContaining(text) as string }) as Error;
    for (const [layersModel, x, unverified, withoutRule] of inputs) {
      const { model, params } = functionOfLayersModel(layersModel);
      const product = (): tf.NamedTensorMap =>
        hessianVectorProduct((at) => tf.sum(tf.square(model.apply(at, x))), params, params);
      if (unverified === undefined) tf.dispose(product());
      else expect(product).toThrow(refusal("KERNEL_NOT_VERIFIED", unverified));
      await expect(gram(model, params, x)).rejects.toThrow(refusal("NO_PER_EXAMPLE_RULE", withoutRule));
      // One example after the other they all can.
      const { gram: matrix } = await gram(model, params, x, { fallback: "loop" });
      for (const [i, example] of [tf.slice(x, 0, 1), tf.slice(x, 1, 1)].entries()) {
        const { gram: alone } = await gram(model, params, example, { fallback: "loop" });
        expect(Math.abs(matrix[3 * i]! / alone[0]! - 1)).toBeLessThan(1e-5);
        example.dispose();
      }
      tf.dispose([x, params]);
      // Their layers are as they were.
      expect(layersModel.layers.some((layer) => Object.hasOwn(layer, "call"))).toBe(false);
      layersModel.dispose();
    }
  });

  it("refuses by name what it cannot express", () => {
    const refusal = (text: string): Error =>
      expect.objectContaining({
        code: "UNSUPPORTED_LAYERS_MODEL",
        message: expect.stringContaining(text) as string,
      }) as Error;
    const a = tf.input({ shape: [2], name: "left" });
    const b = tf.input({ shape: [2], name: "right" });
    const sum = tf.layers.add().apply([a, b]) as tf.SymbolicTensor;
    const two = tf.model({ inputs: [a, b], outputs: sum, name: "two" });
    expect(() => functionOfLayersModel(two)).toThrow(
      refusal('"two" must be built and have exactly one input, and has 2'),
    );

    const stateful = tf.sequential({ name: "memory" });
    stateful.add(tf.layers.simpleRNN({ units: 2, batchInputShape: [1, 3, 2], stateful: true, name: "rnn" }));
    expect(() => functionOfLayersModel(stateful)).toThrow(refusal('has the stateful layer SimpleRNN "rnn"'));

    const open = tf.sequential({ name: "open" });
    open.add(tf.layers.conv2d({ inputShape: [null, null, 1], filters: 1, kernelSize: 1 }));
    expect(() => functionOfLayersModel(open)).toThrow(refusal("axis 1 is open"));

    const frozen = tf.sequential({
      name: "frozen",
      layers: [tf.layers.dense({ inputShape: [1], units: 1, trainable: false })],
    });
    expect(() => functionOfLayersModel(frozen)).toThrow(refusal("has no trainable weights"));
    for (const each of [two, stateful, open, frozen]) each.dispose();
    // The state is not freed with its layer.
    tf.dispose((stateful.layers[0] as unknown as { getStates: () => tf.Tensor[] }).getStates());
  });
});
