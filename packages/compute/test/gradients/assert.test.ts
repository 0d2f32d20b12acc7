import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { assertGradients, prepareBackend } from "@sgdscope/compute";

it("passes where this package is imported", () => {
  expect(() => assertGradients()).not.toThrow();
});

it("names what has no gradient, and what to check", async () => {
  const gradFunc = tf.getGradient("Sum");
  tf.unregisterGradient("Sum");
  try {
    expect(() => assertGradients()).toThrow(
      expect.objectContaining({
        code: "GRADIENTS_NOT_REGISTERED",
        message: expect.stringMatching(
          /TensorFlow\.js has no gradient of Sum; check .*npm ls @tensorflow\/tfjs-core/,
        ) as string,
      }),
    );
    await expect(prepareBackend("cpu")).rejects.toMatchObject({ code: "GRADIENTS_NOT_REGISTERED" });
  } finally {
    tf.registerGradient(gradFunc);
  }
});
