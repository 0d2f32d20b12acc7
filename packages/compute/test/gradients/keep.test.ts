import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, it } from "vitest";
import "@sgdscope/compute";
import { keepingGradients } from "../../src/gradients/keep.js";

const stock = tf.getGradient(tf.Tanh);
const own: tf.GradConfig = { ...stock };
const later: tf.GradConfig = { kernelName: "of a plugin", gradFunc: () => ({}) };

beforeEach(() => {
  tf.registerGradient(own);
});
afterEach(() => {
  tf.registerGradient(stock);
});

it("puts back what was replaced meanwhile, and keeps what came anew", async () => {
  const result = await keepingGradients(() => {
    for (const each of [stock, later]) tf.registerGradient(each);
    return Promise.resolve("loaded");
  });
  expect(result).toBe("loaded");
  expect(tf.getGradient(tf.Tanh)).toBe(own);
  expect(tf.getGradient(later.kernelName)).toBe(later);
  tf.unregisterGradient(later.kernelName);
});

it("puts them back where loading fails, too", async () => {
  const failing = keepingGradients(() => {
    tf.registerGradient(stock);
    return Promise.reject(new Error("no library"));
  });
  await expect(failing).rejects.toThrow("no library");
  expect(tf.getGradient(tf.Tanh)).toBe(own);
});

it("keeps one for every kernel that has one", async () => {
  const registry = (globalThis as unknown as { _tfGlobals: Map<string, Map<string, tf.GradConfig>> })._tfGlobals;
  const gradients = registry.get("gradRegistry")!;
  const before = new Map(gradients);
  await keepingGradients(() => {
    for (const config of before.values()) tf.registerGradient({ ...config });
    return Promise.resolve();
  });
  expect(before.size).toBeGreaterThan(90);
  expect([...gradients].filter(([name, config]) => before.get(name) !== config).map(([name]) => name)).toEqual([]);
});
