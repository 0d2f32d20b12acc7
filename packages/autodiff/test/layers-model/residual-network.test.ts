import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { flatten, functionOfLayersModel, gaussNewtonOperator, gram, hessianOperator } from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { convolve, convolveDepthwise, multiply, normalised, relu, type Window } from "../second-order/cases/layers.js";
import { reference, values, type Case } from "../second-order/conformance.js";
import { HyperDual, lift, total } from "../second-order/hyper-dual.js";

const [n, side, channels, filters, outputs] = [3, 4, 2, 3, 2];
const epsilon = 1e-3;
const inputs = Float32Array.from(values(n * side * side * channels, 1));

/** As people build them: convolution, batch normalisation, a block with a shortcut, one that halves the map, and a dense layer. */
function residualNetwork(): tf.LayersModel {
  const { layers } = tf;
  const conv = (name: string, more: object = {}) =>
    layers.conv2d({ filters, kernelSize: 3, padding: "same", useBias: false, name, ...more });
  const norm = (name: string) => layers.batchNormalization({ epsilon, name });
  const input = tf.input({ shape: [side, side, channels] });
  const apply = (x: unknown, ...chain: { apply(x: never): unknown }[]): tf.SymbolicTensor =>
    chain.reduce((value, layer) => layer.apply(value as never), x) as tf.SymbolicTensor;
  const stem = apply(input, conv("stem"), norm("stem-norm"), layers.reLU());
  const first = layers
    .add()
    .apply([apply(stem, conv("first"), norm("first-norm"), layers.reLU(), conv("second"), norm("second-norm")), stem]);
  const active = apply(first, layers.activation({ activation: "relu" }));
  const branch = apply(
    active,
    layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: "same", useBias: false, name: "depthwise" }),
    norm("depthwise-norm"),
  );
  const shortcut = apply(active, conv("projection", { kernelSize: 1, strides: 2 }), norm("projection-norm"));
  const second = layers.add().apply([branch, shortcut]) as tf.SymbolicTensor;
  const out = apply(
    second,
    layers.reLU(),
    layers.globalAveragePooling2d({}),
    layers.dense({ units: outputs, name: "dense" }),
  );
  const model = tf.model({ inputs: input, outputs: out });
  // As after a training: any weights, moving means of either sign, moving variances about 1.
  const weights = model.weights.map(({ originalName, shape }, i) => {
    const size = tf.util.sizeFromShape(shape as number[]);
    const numbers = originalName.endsWith("moving_variance") ? values(size, i, 0.5, 1.5) : values(size, i, -0.7, 0.7);
    return tf.tensor(numbers, shape as number[]);
  });
  // In the order of getWeights: trainable ones first.
  const byShape = model.getWeights();
  expect(byShape.map(({ shape }) => shape)).toEqual(weights.map(({ shape }) => shape));
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

type Values = Record<string, HyperDual[]>;

/** The same network with loops, in Float64 or beyond. */
function forward(params: Values, statistics: Record<string, number[]>): HyperDual[] {
  const norm = (x: HyperDual[], name: string): HyperDual[] =>
    x.map((each, i) => {
      const c = i % filters;
      const statistic = (which: string): HyperDual => lift(statistics[`${name}/moving_${which}`]![c]!);
      const [gamma, beta] = [params[`${name}/gamma`]![c]!, params[`${name}/beta`]![c]!];
      return normalised([each, statistic("mean"), statistic("variance"), gamma, beta], epsilon);
    });
  const window = (depth: number, size = 3, stride = 1): Window => ({
    shape: [n, side, side, depth],
    size,
    stride,
    pad: "same",
  });
  const conv = (x: HyperDual[], name: string, at: Window): HyperDual[] =>
    norm(convolve(x, params[`${name}/kernel`]!, at, filters), `${name}-norm`);
  const sum = (a: HyperDual[], b: HyperDual[]): HyperDual[] => a.map((each, i) => each.plus(b[i]!));
  const x = Array.from(inputs, (each) => lift(each));
  const stem = conv(x, "stem", window(channels)).map(relu);
  const inner = conv(stem, "first", window(filters)).map(relu);
  const first = sum(conv(inner, "second", window(filters)), stem).map(relu);
  const depthwise = convolveDepthwise(first, params["depthwise/depthwise_kernel"]!, window(filters, 3, 2), 1);
  const shortcut = conv(first, "projection", window(filters, 1, 2));
  const second = sum(norm(depthwise, "depthwise-norm"), shortcut).map(relu);
  const cells = second.length / (n * filters);
  const pooled = Array.from({ length: n * filters }, (_, at) => {
    const [example, c] = [Math.floor(at / filters), at % filters];
    const own = Array.from({ length: cells }, (__, cell) => second[(example * cells + cell) * filters + c]!);
    return total(own).over(cells);
  });
  return multiply(pooled, params["dense/kernel"]!, filters).map((each, i) =>
    each.plus(params["dense/bias"]![i % outputs]!),
  );
}

describe("a residual LayersModel with batch normalisation in inference mode", () => {
  beforeAll(async () => {
    await prepareBackend("wasm");
  });

  it("has H·v, G·v and K of the same network in Float64, written with loops", async () => {
    const layersModel = residualNetwork();
    const before = tf.memory().numTensors;
    const { model, params } = functionOfLayersModel(layersModel);
    const statistics: Record<string, number[]> = {};
    for (const weight of layersModel.nonTrainableWeights)
      statistics[weight.originalName] = Array.from(await weight.read().data());
    expect(Object.keys(statistics)).toHaveLength(10);

    const numbers: [string, { shape: number[]; values: number[] }][] = [];
    for (const [name, tensor] of Object.entries(params))
      numbers.push([name, { shape: tensor.shape, values: Array.from(await tensor.data()) }]);
    const network: Case = {
      name: "residual network",
      params: Object.fromEntries(numbers),
      tensors: (at) => at["dense/bias"]!,
      duals: (at) => forward(at, statistics),
    };
    // The loss of the reference is Σ wⱼ fⱼ + ½ fⱼ², so the square loss for targets −w but for 1/n and a constant.
    const targets = Float32Array.from(values(n * outputs, 3), (weight) => -weight);
    const data = { size: n, inputShape: [side, side, channels], outputs, inputs, targets };
    const flat = await flatten(params);
    const size = flat.length;
    const v = Float64Array.from(values(size, 9));

    const { product } = reference(network, v);
    const hessian = hessianOperator(model, params, data, { chunkSize: 2 });
    const scaled = (await hessian.apply(v)).map((each) => each * n);
    expect(relativeError(scaled, product)).toBeLessThan(5e-6);

    // Columns of J, each the derivative along one parameter.
    const columns = Array.from({ length: size }, (_, j) => {
      let at = 0;
      const along = numbers.map(([name, { values: own }]): [string, HyperDual[]] => [
        name,
        own.map((value) => new HyperDual(value, +(at++ === j))),
      ]);
      return network.duals(Object.fromEntries(along)).map(({ b }) => b);
    });
    const rows = Array.from({ length: n * outputs }, (_, row) => columns.map((column) => column[row]!));
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Array.from(a).reduce((s, x, i) => s + x * b[i]!, 0);
    const images = rows.map((row) => dot(row, v));
    const expected = columns.map((column) => dot(column, images) / n);
    const gaussNewton = gaussNewtonOperator(model, params, data, { chunkSize: 2 });
    expect(relativeError(await gaussNewton.apply(v), expected)).toBeLessThan(5e-6);

    const x = tf.tensor(inputs, [n, side, side, channels]);
    const { gram: matrix, predictions } = await gram(model, params, x, { check: true });
    expect(
      relativeError(
        matrix,
        rows.flatMap((row) => rows.map((other) => dot(row, other))),
      ),
    ).toBeLessThan(5e-6);
    const values64 = forward(
      Object.fromEntries(numbers.map(([name, { values: own }]) => [name, own.map((each) => lift(each))])),
      statistics,
    );
    expect(
      relativeError(
        predictions,
        values64.map(({ a }) => a),
      ),
    ).toBeLessThan(2e-6);
    hessian.dispose();
    gaussNewton.dispose();
    tf.dispose([params, x]);
    expect(tf.memory().numTensors).toBe(before);
    layersModel.dispose();
  });
});
