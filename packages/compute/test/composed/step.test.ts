import * as tf from "@tensorflow/tfjs-core";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";

describe.each(await backendsUnderTest())("step on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  const values = [-3e38, -2, -1e-30, 0, 1e-30, 0.5, 3e38];

  it("is 1 above zero and 0 elsewhere, at zero too", async () => {
    const step = tf.step(tf.tensor1d(values));
    expect([...(await step.data())]).toEqual([0, 0, 0, 0, 1, 1, 1]);
    step.dispose();
  });

  it("takes the slope it is given below zero", async () => {
    const step = tf.step(tf.tensor1d([-2, 3]), 0.25);
    expect([...(await step.data())]).toEqual([0.25, 1]);
    step.dispose();
  });
});
