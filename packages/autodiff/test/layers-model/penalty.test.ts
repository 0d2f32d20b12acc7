import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { functionOfLayersModel, gaussNewtonOperator, hessianOperator } from "../../src/index.js";
import { values } from "../second-order/conformance.js";

beforeAll(async () => {
  await prepareBackend("cpu");
});

const { layers, regularizers } = tf;

async function scalar(tensor: tf.Tensor): Promise<number> {
  const [value] = await tensor.data<"float32">();
  tensor.dispose();
  return value!;
}

/** Σ of squares and of magnitudes, in Float64. */
async function sums(tensor: tf.Tensor): Promise<{ squares: number; magnitudes: number }> {
  const numbers = [...(await tensor.data<"float32">())];
  return {
    squares: numbers.reduce((sum, x) => sum + x * x, 0),
    magnitudes: numbers.reduce((sum, x) => sum + Math.abs(x), 0),
  };
}

describe("the penalty of a layers model", () => {
  it("is the sum of its weight regularizers at the parameters that are passed, and absent without any", async () => {
    const model = tf.sequential({
      layers: [
        layers.dense({
          units: 3,
          inputShape: [4],
          name: "first",
          kernelRegularizer: regularizers.l2({ l2: 0.5 }),
          biasRegularizer: regularizers.l1({ l1: 0.25 }),
          biasInitializer: tf.initializers.randomNormal({ seed: 2 }),
        }),
        layers.dense({ units: 1, name: "second" }),
      ],
    });
    const { model: f, params } = functionOfLayersModel(model);
    const before = tf.memory().numTensors;
    const doubled = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tf.mul(value, 2)]));
    const kernel = await sums(params["first/kernel"]!);
    const bias = await sums(params["first/bias"]!);
    expect(await scalar(f.penalty!(params))).toBeCloseTo(0.5 * kernel.squares + 0.25 * bias.magnitudes, 5);
    expect(await scalar(f.penalty!(doubled))).toBeCloseTo(2 * kernel.squares + 0.5 * bias.magnitudes, 5);
    tf.dispose(doubled);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(params);
    model.dispose();
    const plain = tf.sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
    const own = functionOfLayersModel(plain);
    expect(own.model.penalty).toBeUndefined();
    tf.dispose(own.params);
    plain.dispose();
  });

  it("finds the regularizers of cells and of layers inside of layers, and counts a shared layer once", async () => {
    const shared = layers.dense({ units: 3, name: "shared", kernelRegularizer: regularizers.l2({ l2: 1 }) });
    const input = tf.input({ shape: [3] });
    const once = shared.apply(input) as tf.SymbolicTensor;
    const twice = tf.model({ inputs: input, outputs: shared.apply(once) as tf.SymbolicTensor });
    const recurrent = tf.sequential({
      layers: [
        layers.simpleRNN({
          units: 2,
          inputShape: [3, 2],
          name: "recurrent",
          recurrentRegularizer: regularizers.l2({ l2: 1 }),
        }),
        layers.dense({ units: 1 }),
      ],
    });
    for (const [model, name] of [
      [twice, "shared/kernel"],
      [recurrent, "recurrent/recurrent_kernel"],
    ] as const) {
      const { model: f, params } = functionOfLayersModel(model);
      const found = Object.keys(params).find((each) => each.endsWith(name))!;
      expect(await scalar(f.penalty!(params))).toBeCloseTo((await sums(params[found]!)).squares, 5);
      tf.dispose(params);
      model.dispose();
    }
  });

  it("adds 2·l2 to the diagonal of the Hessian for any size of chunks, and nothing for l1", async () => {
    const model = tf.sequential({
      layers: [
        layers.dense({ units: 2, inputShape: [3], kernelRegularizer: regularizers.l1l2({ l1: 0.3, l2: 0.25 }) }),
      ],
    });
    const { model: f, params } = functionOfLayersModel(model);
    const data = {
      size: 7,
      inputShape: [3],
      outputs: 2,
      inputs: Float32Array.from(values(21, 1)),
      targets: Float32Array.from(values(14, 2)),
    };
    const v = Float64Array.from(values(8, 3));
    const gaussNewton = gaussNewtonOperator(f, params, data);
    const plain = await gaussNewton.apply(v);
    const [kernel] = gaussNewton.layout.filter(({ size }) => size === 6);
    for (const chunkSize of [7, 3, 1]) {
      const penalised = hessianOperator(f, params, data, { chunkSize, penalty: f.penalty! });
      const product = await penalised.apply(v);
      product.forEach((value, k) => {
        const inKernel = k >= kernel!.start && k < kernel!.start + kernel!.size;
        expect(value - plain[k]!).toBeCloseTo(inKernel ? 0.5 * v[k]! : 0, 5);
      });
      penalised.dispose();
    }
    gaussNewton.dispose();
    tf.dispose(params);
    model.dispose();
  });

  it("refuses a regularizer whose weight it does not know", () => {
    const model = tf.sequential({ layers: [layers.dense({ units: 1, inputShape: [2], name: "odd" })] });
    (model.layers[0] as unknown as Record<string, unknown>)["otherRegularizer"] = regularizers.l2({ l2: 1 });
    const { model: f, params } = functionOfLayersModel(model);
    expect(() => f.penalty!(params)).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED_LAYERS_MODEL",
        message: expect.stringContaining('the otherRegularizer of Dense "odd"') as string,
      }),
    );
    tf.dispose(params);
    model.dispose();
  });
});
