import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { perExampleGradients } from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { inputsOf, jacobianOf, networks, paramsOf, values } from "./networks.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

describe.each(backends)("perExampleGradients on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  describe.each(networks)("of $name", (network) => {
    it("are the gradients of each example alone", async () => {
      const params = paramsOf(network);
      const x = inputsOf(network, 5);
      const rows = perExampleGradients(network, params, x);
      const size = Object.values(params).reduce((sum, each) => sum + each.size, 0);
      expect(rows.shape).toEqual(network.outputs === 1 ? [5, size] : [5, network.outputs, size]);
      const expected = await jacobianOf(network, params, x);
      expect(relativeError(await rows.data(), expected)).toBeLessThan(1e-4);
      tf.dispose([rows, params, x]);
    });

    it("weighted by residuals sum to the gradient of the batch", async () => {
      const params = paramsOf(network, 2);
      const x = inputsOf(network, 4);
      const residuals = values([4, network.outputs], 3);
      const rows = perExampleGradients(network, params, x, { residuals });
      const jacobian = await jacobianOf(network, params, x);
      const r = await residuals.data();
      const size = rows.shape[1]!;
      const expected = Float64Array.from({ length: 4 * size }, (_, at) => {
        const [i, p] = [Math.floor(at / size), at % size];
        let sum = 0;
        for (let c = 0; c < network.outputs; c++) {
          sum += r[i * network.outputs + c]! * jacobian[(i * network.outputs + c) * size + p]!;
        }
        return sum;
      });
      expect(relativeError(await rows.data(), expected)).toBeLessThan(1e-4);
      if (network.onlyOneByOne) return;
      const names = Object.keys(params);
      const summed = tf.tidy(() => tf.sum(rows, 0));
      const whole = tf.tidy(() => {
        const f = (...tensors: tf.Tensor[]): tf.Tensor => {
          const outputs = network.apply(Object.fromEntries(names.map((name, k) => [name, tensors[k]!])), x);
          const used = tf.addN(tensors.map((tensor) => tf.mul(tf.sum(tensor), 0)));
          return tf.add(tf.sum(tf.mul(tf.reshape(outputs, residuals.shape), residuals)), used);
        };
        return tf.concat(
          tf
            .grads(f)(Object.values(params))
            .map((gradient) => tf.reshape(gradient, [-1])),
        );
      });
      expect(relativeError(await summed.data(), await whole.data())).toBeLessThan(1e-4);
      tf.dispose([rows, params, x, residuals, summed, whole]);
    });
  });

  it("of a dilated filter are those of the filter with zeros in between", async () => {
    const x = inputsOf({ inputShape: [7, 7, 2] }, 3);
    const filter = values([2, 2, 2, 3], 4) as tf.Tensor4D;
    const outputs = (images: tf.Tensor): tf.Tensor => tf.mean(tf.square(images), [1, 2]);
    const dilated = perExampleGradients(
      { apply: ({ k }, at) => outputs(tf.conv2d(at as tf.Tensor4D, k as tf.Tensor4D, 1, "valid", "NHWC", 2)) },
      { k: filter },
      x,
    );
    const wide = tf.tidy(() => {
      const apart = (tensor: tf.Tensor, axis: number): tf.Tensor => {
        const [first, last] = tf.split(tensor, 2, axis) as [tf.Tensor, tf.Tensor];
        return tf.concat([first, tf.zerosLike(first), last], axis);
      };
      return apart(apart(filter, 0), 1);
    });
    const expected = perExampleGradients(
      { apply: ({ k }, at) => outputs(tf.conv2d(at as tf.Tensor4D, k as tf.Tensor4D, 1, "valid")) },
      { k: wide },
      x,
    );
    const corners = tf.tidy(() => {
      const places = tf.reshape(expected, [9, 3, 3, 2, 3]);
      return tf.gather(tf.gather(places, [0, 2], 1), [0, 2], 2);
    });
    expect(relativeError(await dilated.data(), await corners.data())).toBeLessThan(1e-5);
    tf.dispose([x, filter, dilated, wide, expected, corners]);
  });

  it("leave no tensors behind", () => {
    for (const network of networks) {
      const params = paramsOf(network);
      const x = inputsOf(network, 3);
      const before = tf.memory().numTensors;
      perExampleGradients(network, params, x).dispose();
      expect(tf.memory().numTensors, network.name).toBe(before);
      tf.dispose([params, x]);
    }
  });
});
