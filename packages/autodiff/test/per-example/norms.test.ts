import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { exampleGradientNorms, gramSystem, perExampleGradients } from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { inputsOf, jacobianOf, networks, paramsOf, values, type Network } from "./networks.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

/** Small enough that not even two examples fit. */
const littleBytes = 4000;

/** ‖Jᵢᵀrᵢ‖ in Float64. */
function normsOf(jacobian: ArrayLike<number>, residuals: Float64Array, examples: number): Float64Array {
  const outputs = residuals.length / examples;
  const size = jacobian.length / residuals.length;
  return Float64Array.from({ length: examples }, (_, i) => {
    const gradient = Float64Array.from({ length: size }, (__, p) => {
      let sum = 0;
      for (let row = i * outputs; row < (i + 1) * outputs; row++) sum += jacobian[row * size + p]! * residuals[row]!;
      return sum;
    });
    return Math.hypot(...gradient);
  });
}

async function residualsOf(network: Network, params: Record<string, tf.Tensor>, x: tf.Tensor, y: tf.Tensor) {
  const f = tf.tidy(() => network.apply(params, x));
  const [predictions, targets] = [await f.data(), await y.data()];
  f.dispose();
  return Float64Array.from(predictions, (prediction, row) => prediction - targets[row]!);
}

describe.each(backends)("exampleGradientNorms on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  it.each(networks)("are ‖Jᵢᵀrᵢ‖, in one piece and in many, of $name", async (network) => {
    const params = paramsOf(network);
    const x = inputsOf(network, 7);
    const y = values([7, network.outputs], 11);
    const residuals = await residualsOf(network, params, x, y);
    const expected = normsOf(await jacobianOf(network, params, x), residuals, 7);
    const before = tf.memory().numTensors;
    const whole = await exampleGradientNorms(network, params, x, y);
    expect(whole).toBeInstanceOf(Float64Array);
    expect(relativeError(whole, expected)).toBeLessThan(1e-5);
    const chunked = await exampleGradientNorms(network, params, x, y, { chunkBytes: littleBytes, check: true });
    expect(relativeError(chunked, expected)).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([params, x, y]);
  });

  it("are those of the rows that perExampleGradients forms, to rounding", async () => {
    for (const network of networks) {
      const params = paramsOf(network, 4);
      const x = inputsOf(network, 6, 5);
      const y = values([6, network.outputs], 12);
      const norms = await exampleGradientNorms(network, params, x, y);
      const rows = tf.tidy(() => {
        const residuals = tf.sub(tf.reshape(network.apply(params, x), y.shape), y);
        return perExampleGradients(network, params, x, { residuals });
      });
      const [size, data] = [rows.shape[1]!, await rows.data<"float32">()];
      const expected = norms.map((_, i) => Math.hypot(...data.subarray(i * size, (i + 1) * size)));
      expect(relativeError(norms, expected), network.name).toBeLessThan(1e-5);
      tf.dispose([params, x, y, rows]);
    }
  });

  it("are √(rᵢᵀKᵢᵢrᵢ) of the Gram matrix for filters on small images, in pairs of positions or not", async () => {
    for (const positions of [1, 4, 36]) {
      const side = 2 + Math.sqrt(positions);
      const network: Network = {
        name: "filters",
        inputShape: [side, side, 16],
        outputs: 2,
        shapes: { k: [3, 3, 16, 24], w: [positions * 24, 2], b: [2] },
        apply: ({ k, w, b }, from) => {
          const features = tf.tanh(tf.conv2d(from as tf.Tensor4D, k as tf.Tensor4D, 1, "valid"));
          return tf.add(tf.matMul(tf.reshape(features, [-1, positions * 24]), w as tf.Tensor2D), b!);
        },
      };
      const params = paramsOf(network);
      const x = inputsOf(network, 5);
      const y = values([5, 2], 3);
      const { gram, residuals } = await gramSystem(network, params, x, y);
      const expected = Float64Array.from({ length: 5 }, (_, i) => {
        let sum = 0;
        for (let a = 2 * i; a < 2 * i + 2; a++) {
          for (let b = 2 * i; b < 2 * i + 2; b++) sum += residuals[a]! * gram[a * 10 + b]! * residuals[b]!;
        }
        return Math.sqrt(sum);
      });
      const norms = await exampleGradientNorms(network, params, x, y);
      expect(relativeError(norms, expected), `${positions} positions`).toBeLessThan(1e-5);
      tf.dispose([params, x, y]);
    }
  });

  it("of a linear model are |rᵢ|·√(‖xᵢ‖² + 1), from arrays as from tensors", async () => {
    const params = paramsOf({ shapes: { w: [6, 1], b: [1] } });
    const inputs = Float32Array.from({ length: 54 }, (_, i) => Math.fround(Math.sin(i + 1)));
    const targets = Float32Array.from({ length: 9 }, (_, i) => i / 8);
    const apply: Network["apply"] = ({ w, b }, from) => tf.add(tf.matMul(from, w!), b!);
    const model = { inputShape: [6], apply };
    const [w, [b]] = [await params["w"]!.data(), (await params["b"]!.data()) as Float32Array];
    const expected = Float64Array.from(targets, (target, i) => {
      const own = inputs.subarray(6 * i, 6 * i + 6);
      const residual = own.reduce((sum, value, k) => sum + value * w[k]!, b! - target);
      return Math.abs(residual) * Math.hypot(...own, 1);
    });
    expect(relativeError(await exampleGradientNorms(model, params, inputs, targets), expected)).toBeLessThan(1e-6);
    const [x, y] = [tf.tensor2d(inputs, [9, 6]), tf.tensor2d(targets, [9, 1])];
    expect(relativeError(await exampleGradientNorms(model, params, x, y), expected)).toBeLessThan(1e-6);
    const one = await exampleGradientNorms(model, params, inputs.subarray(0, 6), targets.subarray(0, 1));
    expect(relativeError(one, expected.subarray(0, 1))).toBeLessThan(1e-6);
    tf.dispose([params, x, y]);
  });

  it("come from a loop over examples where a kernel has no rule, when asked to", async () => {
    const network: Network = {
      name: "transposed on the way",
      inputShape: [6],
      outputs: 2,
      shapes: { w: [6, 2], b: [2, 1] },
      apply: ({ w, b }, from) => tf.transpose(tf.tanh(tf.add(tf.matMul(w!, from, true, true), b!))),
    };
    const params = paramsOf(network);
    const x = inputsOf(network, 5);
    const y = values([5, 2], 4);
    const residuals = await residualsOf(network, params, x, y);
    const expected = normsOf(await jacobianOf(network, params, x), residuals, 5);
    const before = tf.memory().numTensors;
    await expect(exampleGradientNorms(network, params, x, y)).rejects.toMatchObject({ code: "NO_PER_EXAMPLE_RULE" });
    const norms = await exampleGradientNorms(network, params, x, y, { fallback: "loop", chunkBytes: 400 });
    expect(relativeError(norms, expected)).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([params, x, y]);
  });
});

describe("exampleGradientNorms", () => {
  beforeAll(async () => {
    await tf.setBackend("cpu");
  });

  it("refuses targets, bytes and functions that do not fit", async () => {
    const network = networks.find(({ name }) => name.startsWith("dense, tanh"))!;
    const params = paramsOf(network);
    const x = inputsOf(network, 5);
    const y = new Float32Array(5);
    const before = tf.memory().numTensors;
    await expect(exampleGradientNorms(network, params, x, new Float32Array(4))).rejects.toThrow(
      "exampleGradientNorms: expected targets [5, 1] of length 5, got length 4",
    );
    await expect(exampleGradientNorms(network, params, x, y, { chunkBytes: 0 })).rejects.toThrow(
      "exampleGradientNorms: expected chunkBytes to be a positive number, got 0",
    );
    const mixing = {
      apply: (at: typeof params, from: tf.Tensor) => tf.sub(network.apply(at, from), tf.mean(network.apply(at, from))),
    };
    await expect(exampleGradientNorms(mixing, params, x, y, { fallback: "loop" })).rejects.toMatchObject({
      code: "MIXES_EXAMPLES",
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([params, x]);
  });
});
