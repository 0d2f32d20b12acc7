import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { beforeAll, describe, expect, it } from "vitest";
import { assertExamplesApart } from "../../src/index.js";
import { inputsOf, networks, paramsOf, values } from "./networks.js";

beforeAll(async () => {
  await prepareBackend("cpu");
});

describe("assertExamplesApart", () => {
  it.each(networks)("accepts $name", async (network) => {
    const [params, inputs] = [paramsOf(network), inputsOf(network, 5)];
    const before = tf.memory().numTensors;
    await expect(assertExamplesApart(network, params, inputs)).resolves.toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([params, inputs]);
  });

  it("refuses statistics of the batch, and outputs that are no numbers", async () => {
    const params = { w: values([3, 2], 1) };
    const inputs = values([5, 3], 2);
    const centred = (x: tf.Tensor): tf.Tensor => tf.sub(x, tf.mean(x, 0, true));
    const refused = (apply: (params: tf.NamedTensorMap, x: tf.Tensor) => tf.Tensor, code: string): Promise<void> =>
      expect(assertExamplesApart({ apply }, params, inputs)).rejects.toMatchObject({ code });
    await refused(({ w }, x) => centred(tf.matMul(x, w!)), "MIXES_EXAMPLES");
    await refused(({ w }, x) => tf.mul(tf.matMul(x, w!), Number.NaN), "INVALID_ARGUMENT");
    tf.dispose([params, inputs]);
  });
});
