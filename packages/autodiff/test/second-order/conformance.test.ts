import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { flatten, hessianAt, jacobianAt, unflatten, verifiedKernels } from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { arrayCases } from "./cases/arrays.js";
import { elementwiseCases } from "./cases/elementwise.js";
import { layerCases } from "./cases/layers.js";
import { lossCases } from "./cases/losses.js";
import { directionOf, lossOf, paramsOf, reference, type Case } from "./conformance.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow", "webgpu"]);

const cases: readonly Case[] = [...elementwiseCases, ...arrayCases, ...layerCases, ...lossCases];
/** WGSL promises these to 2⁻¹¹ only. */
const roughOnGpu = new Set(["sin", "cos", "tan", "acos"]);
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, each, i) => sum + each * b[i]!, 0);

describe.each(backends)("second derivatives on %s", (backend) => {
  const exercised = new Set<string>();
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  it.each(cases)("$name", async (given) => {
    const before = tf.memory().numTensors;
    const params = paramsOf(given);
    const [v, u] = [directionOf(given, 21), directionOf(given, 22)];
    const expected = reference(given, v);
    const tolerance = backend === "webgpu" && roughOnGpu.has(given.name) ? 1e-3 : (given.tolerance ?? 3e-6);

    const hessian = hessianAt(lossOf(given), params);
    hessian.kernels.forEach((name) => exercised.add(name));
    const times = async (direction: Float64Array): Promise<Float64Array> => {
      const tensors = unflatten(direction, params);
      const product = hessian.product(tensors);
      const flat = await flatten(product);
      tf.dispose([tensors, product]);
      return flat;
    };
    expect(relativeError(await flatten(hessian.gradient), expected.gradient)).toBeLessThan(tolerance);
    const product = await times(v);
    expect(relativeError(product, expected.product)).toBeLessThan(tolerance);
    expect(Math.abs(dot(u, product) - dot(v, await times(u)))).toBeLessThan(
      1e-5 * Math.hypot(...product) * Math.hypot(...u),
    );
    hessian.dispose();

    const jacobian = jacobianAt(given.tensors, params);
    jacobian.kernels.forEach((name) => exercised.add(name));
    const direction = unflatten(v, params);
    const forward = jacobian.forward(direction);
    expect(relativeError(await forward.data(), expected.forward)).toBeLessThan(tolerance);
    jacobian.dispose();
    tf.dispose([forward, direction, params]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("exercises every kernel on the list, and knows no other", () => {
    // Only some backends have a kernel for the gradient of a ReLU.
    const has = (kernel: string): boolean => (tf.getKernel(kernel, tf.getBackend()) as unknown) !== undefined;
    const known = [...verifiedKernels].filter((name) => name !== "ReluGrad" || has(name));
    expect([...exercised].sort()).toEqual(known.sort());
  });
});
