import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { type NamedArrays, parametersFromArrays, smallCnn } from "@sgdscope/models-cnn";
import * as tf from "@tensorflow/tfjs-core";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { referenceForward } from "./reference.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

const folder = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
if (!folder)
  console.warn("torch-fixtures: SGDSCOPE_TORCH_FIXTURES_DIR is not set, so the PyTorch references are skipped");

const fixtures = [
  { name: "small_mid", options: {} },
  { name: "tiny_init", options: { inputShape: [8, 8, 3], channels: [4, 8] } },
  { name: "tiny_interp", options: { inputShape: [8, 8, 3], channels: [4, 8] } },
];

describe.skipIf(!folder).each(fixtures)("the network of $name", ({ name, options }) => {
  const network = smallCnn({ ...options, outputs: 10 });

  test("has the fixture's parameters, in its order", async () => {
    const { theta, params } = await load(name, network);
    expect(network.parameters.map((p) => p.name)).toEqual(Object.keys(params));
    const flat = Object.values(params).flatMap(({ data }) => Array.from(data as Float32Array));
    expect(Float32Array.from(flat)).toEqual(theta);
  });

  describe.each(backends)("on %s", (backend) => {
    beforeAll(() => prepareBackend(backend));

    test("gives the logits of PyTorch in Float64 to 1e-5, and its loss", async () => {
      const { x, labels, logits, loss, params } = await load(name, network);
      const tensors = parametersFromArrays(params);
      const input = tf.tensor(x, [labels.length, ...network.inputShape]);
      const output = network.apply(tensors, input);
      const found = await output.data();
      tf.dispose([tensors, input, output]);
      logits.forEach((value, i) =>
        expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value))),
      );
      // At interpolation the Float32 residuals are round-off themselves.
      expect(Math.abs(halfMeanSquare(found, labels) - loss)).toBeLessThan(1e-5 * loss + 1e-11);
    });
  });

  test("agrees with the plain Float64 loops to 1e-12", async () => {
    const { x, labels, logits, loss, params } = await load(name, network);
    const n = Math.min(labels.length, 32);
    const found = referenceForward(network, params, x, n);
    found.forEach((value, i) =>
      expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-12 * Math.max(1, Math.abs(value))),
    );
    if (n === labels.length) expect(halfMeanSquare(found, labels)).toBeCloseTo(loss, 12);
  });
});

/** (1/2n) Σ ‖f − onehot(y)‖². */
function halfMeanSquare(outputs: ArrayLike<number>, labels: Int32Array): number {
  const classes = outputs.length / labels.length;
  let sum = 0;
  for (let i = 0; i < outputs.length; i++) {
    const target = labels[Math.floor(i / classes)] === i % classes ? 1 : 0;
    sum += (outputs[i]! - target) ** 2;
  }
  return sum / (2 * labels.length);
}

async function load(name: string, network: ReturnType<typeof smallCnn>) {
  const bytes = async (file: string): Promise<ArrayBuffer> => {
    const buffer = await readFile(join(folder!, `${name}.bin`, file));
    return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  };
  const params: NamedArrays = {};
  for (const { name: parameter, shape } of network.parameters)
    params[parameter] = { shape, data: new Float32Array(await bytes(`${parameter}.float32.bin`)) };
  const exact = JSON.parse(await readFile(join(folder!, `${name}.exact.json`), "utf8")) as { loss: number };
  return {
    params,
    x: new Float32Array(await bytes("x.float32.bin")),
    theta: new Float32Array(await bytes("theta.float32.bin")),
    labels: new Int32Array(await bytes("labels.int32.bin")),
    logits: new Float64Array(await bytes("logits64.float64.bin")),
    loss: exact.loss,
  };
}
