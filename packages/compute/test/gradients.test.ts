import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { assertGradients, prepareBackend } from "@sgdscope/compute";

it("passes where @tensorflow/tfjs is imported", () => {
  expect(() => assertGradients()).not.toThrow();
});

it("names what has no gradient, and what to import", async () => {
  const gradFunc = tf.getGradient("Sum");
  tf.unregisterGradient("Sum");
  try {
    expect(() => assertGradients()).toThrow(
      expect.objectContaining({
        code: "GRADIENTS_NOT_REGISTERED",
        message: expect.stringMatching(/TensorFlow\.js has no gradient of Sum; import "@tensorflow\/tfjs"/) as string,
      }),
    );
    await expect(prepareBackend("cpu")).rejects.toMatchObject({ code: "GRADIENTS_NOT_REGISTERED" });
  } finally {
    tf.registerGradient(gradFunc);
  }
});
