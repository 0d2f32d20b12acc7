import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** A tensor to be made on either backend. */
export interface Given {
  shape: number[];
  values: Float32Array | Int32Array;
  dtype?: "float32" | "int32" | "bool";
}

/** Reproducible numbers in [−1, 1) from a linear congruential generator (Numerical Recipes constants). */
function numbers(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export const random = (shape: number[], seed = 1): Given => ({
  shape,
  values: numbers(tf.util.sizeFromShape(shape), seed + shape.length + tf.util.sizeFromShape(shape)),
});

export const make = ({ shape, values, dtype = "float32" }: Given): tf.Tensor => tf.tensor(values, shape, dtype);

/** What a computation gives on a backend, and how many tensors and buffers it left behind. */
async function on(
  backend: string,
  given: Record<string, Given>,
  compute: (tensors: Record<string, tf.Tensor>) => tf.Tensor | tf.Tensor[],
): Promise<{ results: { shape: number[]; dtype: string; values: number[] }[] }> {
  await tf.setBackend(backend);
  const tensors = Object.fromEntries(Object.entries(given).map(([name, each]) => [name, make(each)]));
  const tensorsBefore = tf.memory().numTensors;
  const buffersBefore = tf.engine().backend.numDataIds();
  const outputs = [tf.tidy(() => compute(tensors))].flat();
  const results = await Promise.all(
    outputs.map(async (output) => ({
      shape: output.shape,
      dtype: output.dtype,
      values: Array.from(await output.data()),
    })),
  );
  tf.dispose(outputs);
  expect(tf.memory().numTensors, `tensors left on ${backend}`).toBe(tensorsBefore);
  expect(tf.engine().backend.numDataIds(), `buffers left on ${backend}`).toBe(buffersBefore);
  tf.dispose(tensors);
  return { results };
}

/** Expects the same shapes, and numbers within `tolerance` of the largest one, on a backend as on cpu. */
export async function expectSame(
  given: Record<string, Given>,
  compute: (tensors: Record<string, tf.Tensor>) => tf.Tensor | tf.Tensor[],
  { tolerance = 2e-6, backend = "wasm" } = {},
): Promise<void> {
  const { results: expected } = await on("cpu", given, compute);
  const { results: actual } = await on(backend, given, compute);
  expect(actual.length).toBe(expected.length);
  actual.forEach((result, i) => {
    const reference = expected[i]!;
    expect(result.shape).toEqual(reference.shape);
    expect(result.dtype).toBe(reference.dtype);
    const scale = reference.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
    const worst = reference.values.reduce((most, value, j) => {
      const difference = Math.abs(value - result.values[j]!);
      return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
    }, 0);
    expect(worst / scale, `output ${i}, shape [${result.shape.join(", ")}]`).toBeLessThan(tolerance);
  });
}

/** Runs one kernel by name. */
export const kernel =
  (name: string, attrs: object = {}) =>
  (inputs: Record<string, tf.Tensor>): tf.Tensor | tf.Tensor[] =>
    tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);
