import { toFloat64 } from "@sgdscope/array-files";
import * as tf from "@tensorflow/tfjs-core";
import { ModelsError, showShape } from "./errors.js";
import type { NamedArrays } from "./model.js";

/** The number of entries of all tensors, arrays or parameter descriptions of a record or list. */
export const parameterCount = (
  params: Record<string, { shape: readonly number[] }> | readonly { shape: readonly number[] }[],
): number => Object.values(params).reduce((sum: number, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

/** Float32 copies of the tensors off the device, in the same order. The tensors are not disposed. */
export async function parametersToArrays(params: tf.NamedTensorMap): Promise<NamedArrays> {
  const entries = Object.entries(params).map(async ([name, tensor]) => {
    const data = await tensor.data();
    return [name, { shape: tensor.shape, data: Float32Array.from(data) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Float32 tensors of the arrays, in the same order. The caller disposes them. */
export const parametersFromArrays = (arrays: NamedArrays): tf.NamedTensorMap =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [
      name,
      tf.tensor(Float32Array.from(toFloat64(array)), array.shape, "float32"),
    ]),
  );

/**
 * Refuses arrays that are not exactly the expected ones.
 *
 * @param where - Name of the caller, for the message.
 * @throws ModelsError `PARAMETERS` that lists every name missing, surplus, or of another shape.
 */
export function checkNames(
  where: string,
  expected: readonly { name: string; shape: readonly number[] }[],
  arrays: Record<string, { shape: readonly number[] }>,
): void {
  const complaints = expected.flatMap(({ name, shape }) => {
    const found = arrays[name];
    if (found === undefined) return [`${name} is missing`];
    return String(found.shape) === String(shape)
      ? []
      : [`${name} has shape ${showShape(found.shape)} instead of ${showShape(shape)}`];
  });
  const names = new Set(expected.map(({ name }) => name));
  complaints.push(...Object.keys(arrays).flatMap((name) => (names.has(name) ? [] : [`${name} is not expected`])));
  if (complaints.length > 0)
    throw new ModelsError(
      "PARAMETERS",
      `${where}: expected the ${expected.length} ${expected.length === 1 ? "array" : "arrays"} of the model, but ${complaints.join("; ")}`,
    );
}
