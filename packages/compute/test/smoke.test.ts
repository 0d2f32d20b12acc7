import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";

it.each(["wasm", "cpu"] as const)("prepares %s", async (name) => {
  const report = await prepareBackend(name);
  expect(report.name).toBe(name);
  expect(tf.getBackend()).toBe(name);
  const y = tf.square(tf.tensor1d([1, 2, 3]));
  expect(Array.from(await y.data())).toEqual([1, 4, 9]);
});
