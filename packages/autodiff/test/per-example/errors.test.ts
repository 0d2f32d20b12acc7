import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { gram, gramSystem, perExampleGradients } from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { inputsOf, jacobianOf, networks, outer, paramsOf, values, type Network } from "./networks.js";

const network = networks.find(({ name }) => name.startsWith("dense, tanh"))!;
let before = 0;

describe("what does not keep examples apart is refused by name:", () => {
  beforeAll(async () => {
    await tf.setBackend("cpu");
  });
  afterEach(() => {
    tf.disposeVariables();
  });

  const cases: { what: string; code: string; message: RegExp; apply: Network["apply"] }[] = [
    {
      what: "statistics of the batch",
      code: "MIXES_EXAMPLES",
      message: /apply must treat each example on its own, but Mean works across the examples of \[5, 6\]/,
      apply: ({ w }, x) => {
        const { mean, variance } = tf.moments(x, 0);
        return tf.matMul(tf.div<tf.Tensor2D>(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1))), w as tf.Tensor2D);
      },
    },
    {
      what: "a sum over examples",
      code: "MIXES_EXAMPLES",
      message: /but Sum works across the examples of \[5, 2\]/,
      apply: ({ w }, x) => {
        const h = tf.matMul(x, w as tf.Tensor2D);
        return tf.add(h, tf.sum(h, 0));
      },
    },
    {
      what: "a product over examples",
      code: "MIXES_EXAMPLES",
      message: /but BatchMatMul works across the examples of \[5, 2\]/,
      apply: ({ w }, x) => {
        const h = tf.matMul(x, w as tf.Tensor2D);
        return tf.matMul(tf.matMul(h, h, false, true), h);
      },
    },
    {
      what: "a reversal of the examples",
      code: "MIXES_EXAMPLES",
      message: /but Reverse works across the examples of \[5, 2\]/,
      apply: ({ w }, x) => tf.reverse(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), 0),
    },
    {
      what: "a parameter for each example",
      code: "MIXES_EXAMPLES",
      message: /but Add takes a parameter \[5, 1\] that runs along the examples of \[5, 2\]/,
      apply: ({ w, each }, x) => tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), each!),
    },
    {
      what: "outputs that do not depend on the parameters",
      code: "NOT_A_FUNCTION_OF_PARAMS",
      message: /the outputs of apply do not depend differentiably on any of the parameters w, each/,
      apply: (_, x) => tf.sum(x, 1),
    },
    {
      what: "outputs that do not depend on the inputs",
      code: "NOT_A_FUNCTION_OF_PARAMS",
      message: /the outputs of apply do not depend differentiably on x/,
      apply: ({ each }) => tf.square(each!),
    },
    {
      what: "outputs of another shape",
      code: "INVALID_ARGUMENT",
      message: /expected apply to give outputs \[5, C\] or \[5\], got \[5, 2, 1\]/,
      apply: ({ w }, x) => tf.expandDims(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), 2),
    },
    {
      what: "examples in another axis",
      code: "NO_PER_EXAMPLE_RULE",
      message: /BatchMatMul moves the examples of \[5, 6\] out of the leading axis/,
      apply: ({ w }, x) => tf.transpose(tf.matMul(w as tf.Tensor2D, x as tf.Tensor2D, true, true)),
    },
    {
      what: "a kernel without a rule",
      code: "NO_PER_EXAMPLE_RULE",
      message: /through Conv3D with a parameter \[1, 1, 1, 1, 2\]/,
      apply: ({ w }, x) => {
        const filter = tf.reshape<tf.Rank.R5>(tf.slice(w!, [0, 0], [1, 2]), [1, 1, 1, 1, 2]);
        return tf.mean(tf.conv3d(tf.reshape<tf.Rank.R5>(x, [-1, 1, 2, 3, 1]), filter, 1, "same"), [1, 2, 3]);
      },
    },
    {
      what: "an operation of the user's own",
      code: "NO_PER_EXAMPLE_RULE",
      message: /(unnamed scope|customGrad) is not known to keep examples apart/,
      apply: ({ w }, x) => own(tf.matMul(x, w as tf.Tensor2D)),
    },
  ];
  const own = tf.customGrad((x) => ({
    value: tf.square(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2),
  }));

  it.each(cases)("$what", async ({ code, message, apply }) => {
    const params = paramsOf({ shapes: { w: [6, 2], each: [5, 1] } });
    if (code === "NO_PER_EXAMPLE_RULE" && /moves/.test(message.source)) params["w"] = values([6, 2], 3);
    const x = inputsOf({ inputShape: [6] }, 5);
    before = tf.memory().numTensors;
    expect(() => perExampleGradients({ apply }, params, x)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error,
    );
    expect(tf.memory().numTensors).toBe(before);
    await expect(gram({ apply }, params, x)).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([params, x]);
  });

  it("residuals, targets, inputs and bytes that do not fit", async () => {
    const params = paramsOf(network);
    const x = inputsOf(network, 5);
    const residuals = values([4, 1], 1);
    const scalar = tf.scalar(1);
    expect(() => perExampleGradients(network, params, x, { residuals })).toThrow(
      /expected residuals \[5, 1\], got \[4, 1\]/,
    );
    expect(() => perExampleGradients(network, params, scalar)).toThrow(
      /expected inputs \[n, ...\] with n > 0, got \[\]/,
    );
    expect(() => perExampleGradients(network, {}, x)).toThrow(/expected params with at least one tensor/);
    await expect(gramSystem(network, params, x, residuals)).rejects.toThrow(
      "gramSystem: expected targets [5, 1] of length 5, got length 4",
    );
    await expect(gram(network, params, x, { chunkBytes: 0 })).rejects.toThrow(
      /expected chunkBytes to be a positive number, got 0/,
    );
    await expect(gram(network, params, new Float32Array(7))).rejects.toThrow(/expected inputs of length n · 6, got 7/);
    await expect(gram({ apply: (at, from) => network.apply(at, from) }, params, new Float32Array(6))).rejects.toThrow(
      /model.inputShape is needed for inputs in an array/,
    );
    tf.dispose([params, x, residuals, scalar]);
  });

  it("two parameters that share their data without being used themselves", () => {
    const w = values([2, 2], 1);
    const alias = tf.clone(w);
    const variable = tf.variable(tf.zeros([2, 2]));
    const x = inputsOf({ inputShape: [2] }, 3);
    const apply = (at: Record<string, tf.Tensor>, from: tf.Tensor): tf.Tensor => {
      variable.assign(at["w"]!);
      return tf.matMul(from, variable);
    };
    expect(() => perExampleGradients({ apply }, { w, alias }, x)).toThrow(
      /parameters w and alias share one tensor; pass each once/,
    );
    tf.dispose([w, alias, x]);
  });
});

describe("a loop over examples", () => {
  const looped: Network = {
    name: "transposed on the way",
    inputShape: [6],
    outputs: 2,
    shapes: { w: [6, 2], b: [2, 1] },
    apply: ({ w, b }, x) =>
      tf.transpose(tf.tanh(tf.add(tf.matMul(w as tf.Tensor2D, x as tf.Tensor2D, true, true), b!))),
  };

  it("does what there is no rule for, when asked to", async () => {
    const params = paramsOf(looped);
    const x = inputsOf(looped, 4);
    const residuals = values([4, 2], 5);
    before = tf.memory().numTensors;
    const expected = await jacobianOf(looped, params, x);
    const rows = perExampleGradients(looped, params, x, { fallback: "loop" });
    expect(rows.shape).toEqual([4, 2, 14]);
    expect(relativeError(await rows.data(), expected)).toBeLessThan(1e-5);
    const weighted = perExampleGradients(looped, params, x, { fallback: "loop", residuals });
    const product = tf.tidy(() => tf.sum(tf.mul(rows, tf.expandDims(residuals, 2)), 1));
    expect(relativeError(await weighted.data(), await product.data())).toBeLessThan(1e-5);
    tf.dispose([rows, weighted, product]);
    const { gram: k } = await gram(looped, params, x, { fallback: "loop", chunkBytes: 3000 });
    expect(relativeError(k, outer(expected, 8))).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([params, x, residuals]);
  });

  it("is not taken for functions that mix examples", () => {
    const params = paramsOf(network);
    const x = inputsOf(network, 4);
    const apply: Network["apply"] = (at, from) => tf.sub(network.apply(at, from), tf.mean(network.apply(at, from)));
    expect(() => perExampleGradients({ apply }, params, x, { fallback: "loop" })).toThrow(
      /but Mean works across the examples of \[4, 1\]/,
    );
    tf.dispose([params, x]);
  });
});

describe("the check against ordinary gradients", () => {
  it("finds examples mixed where the operations do not show it", async () => {
    const { w } = paramsOf({ shapes: { w: [3, 2] } });
    const x = inputsOf({ inputShape: [3] }, 4);
    const mixing = {
      apply: (at: Record<string, tf.Tensor>, from: tf.Tensor) =>
        // Sums over examples in a constant that the tape does not see.
        tf.mul(tf.matMul(from as tf.Tensor2D, at["w"] as tf.Tensor2D), tf.scalar(from.shape[0])),
    };
    before = tf.memory().numTensors;
    await expect(gram(mixing, { w: w! }, x, { check: true })).rejects.toMatchObject({
      code: "PER_EXAMPLE_CHECK_FAILED",
      message: expect.stringMatching(/the per-example gradients of w differ .* by a relative distance of/) as string,
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([w!, x]);
  });
});
