import { runInThisContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { afterEach, expect, it, vi } from "vitest";
import * as load from "../../src/backend/load.js";
import { BRIDGES, offerTensorFlow } from "../../src/native/bridge.js";

afterEach(() => {
  vi.restoreAllMocks();
  for (const key of Object.getOwnPropertySymbols(globalThis))
    if (key.description?.startsWith("@sgdscope/compute") === true) Reflect.deleteProperty(globalThis, key);
});

type Offered = typeof tf & Pick<typeof layers, "CustomCallback" | "registerCallbackConstructor"> & { version: object };

/** What the module that stands for `@tensorflow/tfjs` hands on. */
function handedOn(): Offered {
  const module = { exports: {} };
  const load = runInThisContext(`(module) => { ${BRIDGES["@tensorflow/tfjs"]!.source} }`) as (given: object) => void;
  load(module);
  return module.exports as Offered;
}

it("says how to load the native package where no TensorFlow.js is offered", () => {
  expect(handedOn).toThrow(/prepareBackend\("tensorflow"\)/);
});

it("hands on the TensorFlow.js in use, with the layers that are installed", async () => {
  await offerTensorFlow();
  const offered = handedOn();
  expect([offered.engine(), offered.Tensor]).toEqual([tf.engine(), tf.Tensor]);
  expect(offered.CustomCallback).toBe(layers.CustomCallback);
  expect(offered.version).toEqual({ "tfjs-core": tf.version_core });
});

it("hands on what the progress bar of the native package extends, where no layers are installed", async () => {
  vi.spyOn(load, "locate").mockResolvedValue(undefined);
  await offerTensorFlow();
  const { CustomCallback, registerCallbackConstructor } = handedOn();
  expect(CustomCallback).not.toBe(layers.CustomCallback);
  class ProgressBar extends CustomCallback {}
  expect(() => {
    registerCallbackConstructor(1, ProgressBar as never);
  }).not.toThrow();
});
