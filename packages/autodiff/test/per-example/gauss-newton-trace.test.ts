import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { blockNorms, gaussNewtonTrace, gram, hessianOperator } from "../../src/index.js";
import { inputsOf, networks, paramsOf, values, type Network } from "./networks.js";

describe.each(await backendsUnderTest(["cpu", "wasm", "tensorflow"]))("gaussNewtonTrace on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  it.each(networks)("is Tr K / n, in one piece and in many, of $name", async (network) => {
    const params = paramsOf(network);
    const x = inputsOf(network, 7);
    const { gram: K, outputs } = await gram(network, params, x);
    const size = 7 * outputs;
    let expected = 0;
    for (let a = 0; a < size; a++) expected += K[a * size + a]! / 7;
    const before = tf.memory().numTensors;
    for (const options of [{}, { chunkBytes: 4000, check: true }, { fallback: "loop" as const }])
      expect((await gaussNewtonTrace(network, params, x, options)) / expected).toBeCloseTo(1, 5);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([params, x]);
  });

  it("is Tr H of layers with ReLUs and average pools between, whatever the residuals", async () => {
    const network: Network = {
      name: "convolution, ReLU, pool, dense",
      inputShape: [6, 6, 2],
      outputs: 3,
      shapes: { k: [3, 3, 2, 4], c: [4], w: [16, 3], b: [3] },
      apply: ({ k, c, w, b }, from) => {
        const features = tf.relu(tf.add(tf.conv2d(from as tf.Tensor4D, k as tf.Tensor4D, 1, "valid"), c!));
        const pooled = tf.avgPool(features as tf.Tensor4D, 2, 2, "valid");
        return tf.add(tf.matMul(tf.reshape(pooled, [-1, 16]), w as tf.Tensor2D), b!);
      },
    };
    const params = paramsOf(network);
    const [inputs, targets] = [inputsOf(network, 5), values([5, 3], 8)];
    const hessian = hessianOperator(network, params, { inputs, targets });
    const { traces } = await blockNorms(hessian);
    const expected = traces.reduce((sum, { value }) => sum + value, 0);
    expect((await gaussNewtonTrace(network, params, inputs)) / expected).toBeCloseTo(1, 5);
    hessian.dispose();
    tf.dispose([params, inputs, targets]);
  });

  it("comes from a loop over examples where a kernel has no rule, when asked to", async () => {
    const network: Network = {
      name: "transposed on the way",
      inputShape: [6],
      outputs: 2,
      shapes: { w: [6, 2], b: [2, 1] },
      apply: ({ w, b }, from) => tf.transpose(tf.add(tf.matMul(w!, from, true, true), b!)),
    };
    const params = paramsOf(network);
    const x = inputsOf(network, 5);
    // f is linear: ‖Jᵢ‖² = 2(‖xᵢ‖² + 1).
    const data = await x.data<"float32">();
    const expected = 2 * (data.reduce((sum, value) => sum + value * value, 0) / 5 + 1);
    await expect(gaussNewtonTrace(network, params, x)).rejects.toMatchObject({ code: "NO_PER_EXAMPLE_RULE" });
    expect((await gaussNewtonTrace(network, params, x, { fallback: "loop" })) / expected).toBeCloseTo(1, 5);
    tf.dispose([params, x]);
  });
});
