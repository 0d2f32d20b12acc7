import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { flatten, hessianVectorProduct, installSecondOrderGradients, unflatten } from "../../src/index.js";
import { secondOrderGradients } from "../../src/second-order/install.js";
import { relativeError } from "../fixtures.js";
import { arrayCases } from "./cases/arrays.js";
import { elementwiseCases } from "./cases/elementwise.js";
import { layerCases } from "./cases/layers.js";
import { directionOf, lossOf, paramsOf, reference, type Case } from "./conformance.js";

const originals = new Map(secondOrderGradients.map(({ kernelName }) => [kernelName, gradientOf(kernelName)]));

function gradientOf(kernelName: string): tf.GradConfig | undefined {
  return tf.getGradient(kernelName);
}

/** Runs with the registry as TensorFlow.js fills it. */
function untouched<T>(run: () => T): T {
  for (const [kernelName, config] of originals) {
    if (config !== undefined) tf.registerGradient(config);
    else if (gradientOf(kernelName) !== undefined) tf.unregisterGradient(kernelName);
  }
  return run();
}

function installed<T>(run: () => T): T {
  installSecondOrderGradients();
  return run();
}

/** Gradient of the loss, and H·v by differentiating twice, all by TensorFlow.js itself. */
const gradientOfLoss = (given: Case): Promise<Float64Array> =>
  flattened(tf.tidy(() => gradients(given, paramsOf(given))));

function gradients(given: Case, params: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const xs = Object.values(params);
  const { grads } = tf.engine().gradients(() => lossOf(given)(params), xs);
  return Object.fromEntries(Object.keys(params).map((name, i) => [name, grads[i]!]));
}

const twice = (given: Case, v: Float64Array): Promise<Float64Array> =>
  flattened(
    tf.tidy(() => {
      const params = paramsOf(given);
      const direction = unflatten(v, params);
      const along = (): tf.Tensor => {
        const inner = gradients(given, params);
        return tf.addN(Object.keys(params).map((name) => tf.sum(tf.mul(inner[name]!, direction[name]!))));
      };
      const { grads } = tf.engine().gradients(along, Object.values(params));
      return Object.fromEntries(Object.keys(params).map((name, i) => [name, grads[i]!]));
    }),
  );

async function flattened(tensors: Record<string, tf.Tensor>): Promise<Float64Array> {
  const flat = await flatten(tensors);
  tf.dispose(tensors);
  return flat;
}

const cases = [...elementwiseCases, ...arrayCases, ...layerCases];
const byName = (name: string): Case => cases.find((each) => each.name === name)!;

beforeAll(async () => {
  await prepareBackend("cpu");
});

describe("installSecondOrderGradients", () => {
  // TensorFlow.js itself has a wrong gradient of padded average pooling on cpu, and none of dilation, logic or a split into one.
  const without = /avgPool.*same|dilated by|where by comparison and logic|split, also into one piece/;
  const comparable = cases.filter(({ name }) => !without.test(name));

  it.each(comparable)("leaves the first derivative of $name as it is", async (given) => {
    const before = await untouched(() => gradientOfLoss(given));
    const after = await installed(() => gradientOfLoss(given));
    expect(relativeError(after, before)).toBeLessThan(2e-7);
  });

  it("corrects the first derivative of average pooling near the border", async () => {
    const given = byName("avgPool, 3×3 with stride 2, same padding");
    const { gradient } = reference(given, directionOf(given, 1));
    expect(relativeError(await untouched(() => gradientOfLoss(given)), gradient)).toBeGreaterThan(0.1);
    expect(relativeError(await installed(() => gradientOfLoss(given)), gradient)).toBeLessThan(1e-6);
  });

  it.each(["tanh", "sigmoid", "exp", "softmax"])(
    "corrects the second derivative of %s, silently wrong in TensorFlow.js",
    async (name) => {
      const given = byName(name);
      const v = directionOf(given, 21);
      const { product } = reference(given, v);
      expect(relativeError(await untouched(() => twice(given, v)), product)).toBeGreaterThan(0.1);
      expect(relativeError(await installed(() => twice(given, v)), product)).toBeLessThan(3e-6);
    },
  );

  it.each(["conv2d, same padding", "maxPool, 2×2", "avgPool, 2×2", "elu", "max"])(
    "adds the second derivative of %s, missing in TensorFlow.js",
    async (name) => {
      const given = byName(name);
      const v = directionOf(given, 21);
      expect(() => untouched(() => twice(given, v))).toThrow();
      expect(relativeError(await installed(() => twice(given, v)), reference(given, v).product)).toBeLessThan(3e-6);
    },
  );

  it("comes back when other gradients were registered later", () => {
    installSecondOrderGradients();
    untouched(() => undefined);
    installSecondOrderGradients();
    for (const config of secondOrderGradients) expect(tf.getGradient(config.kernelName)).toBe(config);
  });

  it("says what to import when there are no gradients", () => {
    const sum = gradientOf("Sum")!;
    tf.unregisterGradient("Sum");
    expect(() => installSecondOrderGradients()).toThrow(
      expect.objectContaining({
        code: "GRADIENTS_NOT_REGISTERED",
        message: expect.stringContaining("@tensorflow/tfjs") as string,
      }),
    );
    tf.registerGradient(sum);
  });
});

describe("H·v of sums of squares of activations of XW", () => {
  const [n, d, m] = [4, 3, 5];
  const x = Float32Array.from({ length: n * d }, (_, i) => Math.sin(1 + i * 1.7));
  const w = Float32Array.from({ length: d * m }, (_, i) => Math.cos(2 + i * 2.3));
  const v = Float64Array.from({ length: d * m }, (_, i) => Math.sin(3 + i * 0.9));

  /** ∂²/∂w² of Σᵢₖ s(zᵢₖ), s given by rows: Xᵀ (S″(z) Xv), in Float64. */
  function exact(second: (z: number[], zv: number[]) => number[]): number[] {
    const product = new Array<number>(d * m).fill(0);
    for (let i = 0; i < n; i++) {
      const row = (weights: ArrayLike<number>): number[] =>
        Array.from({ length: m }, (_, k) => {
          let sum = 0;
          for (let j = 0; j < d; j++) sum += x[i * d + j]! * weights[j * m + k]!;
          return sum;
        });
      const curved = second(row(w), row(v));
      for (let j = 0; j < d; j++) for (let k = 0; k < m; k++) product[j * m + k]! += x[i * d + j]! * curved[k]!;
    }
    return product;
  }

  const elementwise =
    (f: (z: number) => [value: number, first: number, second: number]) =>
    (z: number[], zv: number[]): number[] =>
      z.map((each, k) => {
        const [value, first, second] = f(each);
        return 2 * (first * first + value * second) * zv[k]!;
      });

  const activations = [
    {
      name: "tanh",
      op: tf.tanh,
      second: elementwise((z) => {
        const t = Math.tanh(z);
        return [t, 1 - t * t, -2 * t * (1 - t * t)];
      }),
    },
    {
      name: "sigmoid",
      op: tf.sigmoid,
      second: elementwise((z) => {
        const s = 1 / (1 + Math.exp(-z));
        return [s, s * (1 - s), s * (1 - s) * (1 - 2 * s)];
      }),
    },
    {
      // With p = softmax(z), l = log p and S = Σ l: ∂/∂z of the gradient 2 (l − p S).
      name: "logSoftmax",
      op: (z: tf.Tensor) => tf.logSoftmax(z),
      second: (z: number[], zv: number[]): number[] => {
        const norm = Math.log(z.reduce((sum, each) => sum + Math.exp(each), 0));
        const l = z.map((each) => each - norm);
        const p = l.map(Math.exp);
        const mean = p.reduce((sum, each, k) => sum + each * zv[k]!, 0);
        const lv = zv.map((each) => each - mean);
        const total = l.reduce((sum, each) => sum + each, 0);
        const totalV = lv.reduce((sum, each) => sum + each, 0);
        return lv.map((each, k) => 2 * (each - p[k]! * lv[k]! * total - p[k]! * totalV));
      },
    },
  ];

  it.each(activations)(
    "is off by more than 10 % for $name in TensorFlow.js, and right here",
    async ({ op, second }) => {
      const expected = exact(second);
      const params = { w: tf.tensor(w, [d, m]) };
      const direction = unflatten(v, params);
      const inputs = tf.tensor(x, [n, d]);
      const loss = (at: Record<string, tf.Tensor>): tf.Tensor => tf.sum(tf.square(op(tf.matMul(inputs, at["w"]!))));
      const theirs = untouched(() =>
        tf.tidy(() => {
          const gradient = tf.grad((each: tf.Tensor) => loss({ w: each }));
          return tf.grad((each: tf.Tensor) => tf.sum(tf.mul(gradient(each), direction["w"]!)))(params.w);
        }),
      );
      expect(relativeError(await theirs.data(), expected)).toBeGreaterThan(0.1);
      const ours = hessianVectorProduct(loss, params, direction);
      expect(relativeError(await flatten(ours), expected)).toBeLessThan(1e-6);
      tf.dispose([theirs, ours, params, direction, inputs]);
    },
  );
});
