import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  blockNorms,
  functionOfLayersModel,
  gaussNewtonOperator,
  hessianOperator,
  piecewiseLinearInParameters,
  type Applicable,
  type TensorOperator,
} from "../../src/index.js";
import { repetitions } from "../../../../tooling/soak.js";
import { inputsOf, networks, paramsOf, values } from "./networks.js";

const { layers } = tf;
beforeAll(async () => {
  await prepareBackend("cpu");
});

/** Tr H from all columns of H, and Tr G. */
async function traces(
  model: Applicable & { inputShape: number[]; outputs: number },
  params: tf.NamedTensorMap,
  inputs: tf.Tensor,
): Promise<{ H: number; G: number }> {
  const targets = values([inputs.shape[0], model.outputs], 8);
  const flat: Applicable = { apply: (at, x) => tf.reshape(model.apply(at, x), targets.shape) };
  const traceOf = async (operator: TensorOperator): Promise<number> => {
    const { traces } = await blockNorms(operator);
    operator.dispose();
    return traces.reduce((sum, { value }) => sum + value, 0);
  };
  const H = await traceOf(hessianOperator(flat, params, { inputs, targets }));
  const G = await traceOf(gaussNewtonOperator(flat, params, { inputs }));
  targets.dispose();
  return { H, G };
}

async function judged(layersModel: tf.LayersModel): Promise<{ found: unknown; H: number; G: number }> {
  const { model, params } = functionOfLayersModel(layersModel);
  const inputs = values([4, ...model.inputShape], 3);
  const found = piecewiseLinearInParameters(model, params, inputs);
  const both = await traces(model, params, inputs);
  tf.dispose([params, inputs]);
  layersModel.dispose();
  return { found, ...both };
}

const holds = { holds: true };
const seed = (k: number) => ({
  kernelInitializer: tf.initializers.heNormal({ seed: k }),
  biasInitializer: tf.initializers.randomNormal({ seed: k + 50, stddev: 0.3 }),
});

describe("piecewiseLinearInParameters", () => {
  it("holds for convolutions, shortcuts, ReLUs of every kind, pools and normalisation, and then Tr H = Tr G", async () => {
    const input = tf.input({ shape: [6, 6, 2] });
    const chain = (x: tf.SymbolicTensor, ...path: { apply(x: never): unknown }[]): tf.SymbolicTensor =>
      path.reduce<unknown>((value, layer) => layer.apply(value as never), x) as tf.SymbolicTensor;
    const norm = layers.batchNormalization({ name: "norm" });
    const stem = chain(
      input,
      layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", ...seed(1) }),
      norm,
      layers.reLU(),
    );
    const branch = chain(
      stem,
      layers.separableConv2d({
        filters: 3,
        kernelSize: 3,
        padding: "same",
        depthwiseInitializer: tf.initializers.heNormal({ seed: 9 }),
        pointwiseInitializer: tf.initializers.heNormal({ seed: 8 }),
      }),
      layers.leakyReLU({ alpha: 0.2 }),
    );
    const out = chain(
      layers.add().apply([stem, branch]) as tf.SymbolicTensor,
      layers.maxPooling2d({ poolSize: 2 }),
      layers.averagePooling2d({ poolSize: 2, strides: 1 }),
      layers.flatten(),
      layers.dense({ units: 4, activation: "relu6", ...seed(3) }),
      layers.prelu({ alphaInitializer: tf.initializers.constant({ value: 0.3 }) }),
      layers.dense({ units: 2, ...seed(4) }),
    );
    const { found, H, G } = await judged(tf.model({ inputs: input, outputs: out }));
    expect(found).toEqual(holds);
    expect(Math.abs(H / G - 1)).toBeLessThan(1e-5);
  });

  it.each<[string, () => tf.LayersModel, RegExp]>([
    [
      "a smooth activation",
      () =>
        tf.sequential({
          layers: [
            layers.dense({ inputShape: [3], units: 4, activation: "tanh", name: "bent", ...seed(1) }),
            layers.dense({ units: 1, ...seed(2) }),
          ],
        }),
      /^Tanh in Dense "bent" is not piecewise linear$/,
    ],
    [
      "a layer that is applied to its own outputs",
      () => {
        const input = tf.input({ shape: [3] });
        const shared = layers.dense({ units: 3, name: "again", activation: "relu", ...seed(1) });
        const twice = shared.apply(shared.apply(input)) as tf.SymbolicTensor;
        return tf.model({
          inputs: input,
          outputs: layers.dense({ units: 1, ...seed(2) }).apply(twice) as tf.SymbolicTensor,
        });
      },
      /in Dense "again" multiplies two values that both depend on again\/kernel/,
    ],
    [
      "a recurrent layer of ReLUs",
      () =>
        tf.sequential({
          layers: [
            layers.simpleRNN({
              inputShape: [4, 2],
              units: 3,
              activation: "relu",
              name: "memory",
              recurrentInitializer: tf.initializers.heNormal({ seed: 5 }),
              ...seed(1),
            }),
            layers.dense({ units: 1, ...seed(2) }),
          ],
        }),
      /in SimpleRNN "memory" multiplies two values that both depend on .*recurrent_kernel/,
    ],
    [
      "a normalisation by statistics of the example",
      () =>
        tf.sequential({
          layers: [
            layers.dense({ inputShape: [3], units: 4, ...seed(1) }),
            layers.layerNormalization({ name: "levelled" }),
            layers.dense({ units: 1, ...seed(2) }),
          ],
        }),
      /in LayerNormalization "levelled" /,
    ],
    [
      "two branches of one layer that are multiplied",
      () => {
        const input = tf.input({ shape: [3] });
        const branch = layers.dense({ units: 2, name: "branch", ...seed(1) }).apply(input) as tf.SymbolicTensor;
        return tf.model({
          inputs: input,
          outputs: layers.multiply({ name: "gate" }).apply([branch, branch]) as tf.SymbolicTensor,
        });
      },
      /in Multiply "gate" multiplies two values that both depend on branch\/kernel, branch\/bias/,
    ],
  ])("does not hold with %s, named, and there Tr H is another number", async (_title, build, because) => {
    const { found, H, G } = await judged(build());
    expect(found).toEqual({ holds: false, because: expect.stringMatching(because) as string });
    expect(Math.abs(H / G - 1)).toBeGreaterThan(1e-3);
  });

  it.each(networks.filter(({ onlyOneByOne }) => onlyOneByOne !== true))(
    "never says so wrongly: $name",
    async (network) => {
      const params = paramsOf(network);
      const inputs = inputsOf(network, 4);
      const before = tf.memory().numTensors;
      const found = piecewiseLinearInParameters(network, params, inputs);
      expect(tf.memory().numTensors).toBe(before);
      if (found.holds) {
        const { H, G } = await traces(network, params, inputs);
        expect(Math.abs(H / G - 1)).toBeLessThan(1e-4);
      } else expect(found.because).toMatch(/is not piecewise linear|both depend on/);
      tf.dispose([params, inputs]);
    },
  );

  it("never says so wrongly of a random expression of three matrices", async () => {
    const names = ["a", "b", "c"] as const;
    type Tree = { leaf: string } | { op: string; left: Tree; right: Tree };
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom("x", ...names).map((leaf) => ({ leaf })),
        fc.record({
          op: fc.constantFrom("matMul", "mul", "add", "maximum", "relu", "abs", "tanh", "sub", "max"),
          left: tie("tree"),
          right: tie("tree"),
        }),
      ),
    }));
    const binary: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
      matMul: (a, b) => tf.matMul(a, b),
      mul: (a, b) => tf.mul(a, b),
      add: (a, b) => tf.add(a, b),
      sub: (a, b) => tf.sub(a, b),
      maximum: (a, b) => tf.maximum(a, b),
      relu: (a) => tf.relu(a),
      abs: (a) => tf.abs(a),
      tanh: (a) => tf.tanh(a),
      max: (a, b) => tf.add(tf.max(a, 2, true), b),
    };
    const params = Object.fromEntries(names.map((name, k) => [name, values([1, 3, 3], k + 1)]));
    const inputs = values([3, 3, 3], 9);
    let held = 0;
    await fc.assert(
      fc.asyncProperty(tree, async (expression) => {
        const model = {
          inputShape: [3, 3],
          outputs: 9,
          apply: (at: tf.NamedTensorMap, x: tf.Tensor) => {
            const of = (node: Tree): tf.Tensor =>
              "leaf" in node
                ? node.leaf === "x"
                  ? x
                  : tf.tile(at[node.leaf]!, [x.shape[0], 1, 1])
                : binary[node.op]!(of(node.left), of(node.right));
            return tf.reshape(tf.add(of(expression), tf.matMul(x, tf.tile(at["a"]!, [x.shape[0], 1, 1]))), [
              x.shape[0],
              9,
            ]);
          },
        };
        const found = piecewiseLinearInParameters(model, params, inputs);
        if (!found.holds) return;
        held++;
        const { H, G } = await traces(model, params, inputs);
        expect(Math.abs(H - G)).toBeLessThan(1e-4 * (1 + G));
      }),
      { numRuns: repetitions(30, 500), seed: 5 },
    );
    expect(held).toBeGreaterThan(5);
    tf.dispose([params, inputs]);
  });
});
