import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { observeKernels } from "../../src/per-example/kernel-calls.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("observed kernels", () => {
  it("leave the engine as it was: the same methods, and properties that optimised code finds without a table", () => {
    setFlagsFromString("--allow-natives-syntax");
    const isFast = runInThisContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;
    const engine = tf.engine();
    const before = [isFast(engine), Object.keys(engine)];
    expect(before[0]).toBe(true);
    for (let k = 0; k < 3; k++) {
      const { result, calls } = observeKernels(() =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2])),
      );
      expect([...calls.values()].map(({ kernelName }) => kernelName)).toContain("Square");
      result.dispose();
    }
    expect([isFast(engine), Object.keys(engine)]).toEqual(before);
  });
});
