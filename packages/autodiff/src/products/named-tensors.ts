import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";

/** Number of entries of all tensors together. */
export const sizeOf = (params: tf.NamedTensorMap): number =>
  Object.values(params).reduce((sum, { size }) => sum + size, 0);

/**
 * One flat vector of all parameters: the tensors in the order of `Object.keys(params)` (insertion order, but names that
 * are whole numbers come first, ascending), each row-major.
 *
 * @returns Float64, of length Σ sizes; the values are those of the Float32 tensors. One transfer from the device.
 */
export async function flatten(params: tf.NamedTensorMap): Promise<Float64Array> {
  const joined = joinedTensor(Object.values(params));
  try {
    return new Float64Array(await joined.data<"float32">());
  } finally {
    joined.dispose();
  }
}

/** The tensors one after the other, each row-major, as a tensor [Σ sizes]. The caller disposes it. */
export function joinedTensor(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => {
    const parts = tensors.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [tensor.size]));
    return parts.length === 0 ? tf.tensor1d([], "float32") : tf.concat1d(parts);
  });
}

/**
 * Tensors shaped like `like`, filled from a flat vector in the order of {@link flatten}.
 *
 * @param vector - Length Σ sizes; rounded to Float32.
 * @param like - Gives names, order and shapes.
 * @returns The caller disposes them.
 * @throws AutodiffError `INVALID_ARGUMENT` if the length differs.
 */
export function unflatten(vector: ArrayLike<number>, like: tf.NamedTensorMap): tf.NamedTensorMap {
  const size = sizeOf(like);
  if (vector.length !== size) {
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `unflatten: expected vector of length ${size}, the size of like, got ${vector.length}`,
    );
  }
  const values = vector instanceof Float64Array || vector instanceof Float32Array ? vector : Float64Array.from(vector);
  let offset = 0;
  return mapTensors(like, ({ size: length, shape }) => {
    const part = new Float32Array(values.subarray(offset, offset + length));
    offset += length;
    return tf.tensor(part, shape, "float32");
  });
}

/** The same names with other tensors. */
export function mapTensors(
  tensors: tf.NamedTensorMap,
  map: (tensor: tf.Tensor, name: string, index: number) => tf.Tensor,
): tf.NamedTensorMap {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor], i) => [name, map(tensor, name, i)]));
}

/** Checks that one can differentiate with respect to `params`: at least one tensor, all Float32. */
export function assertParams(params: tf.NamedTensorMap, caller: string): void {
  const entries = Object.entries(params);
  if (entries.length === 0) {
    throw new AutodiffError("INVALID_ARGUMENT", `${caller}: expected params with at least one tensor, got none`);
  }
  for (const [name, { dtype }] of entries) {
    if (dtype !== "float32") {
      throw new AutodiffError("INVALID_ARGUMENT", `${caller}: expected params.${name} to be float32, got ${dtype}`);
    }
  }
}

/** The tensors of `v` in the order of `params`, having checked names and shapes. */
export function alignedWith(params: tf.NamedTensorMap, v: tf.NamedTensorMap, caller: string): tf.Tensor[] {
  const unknown = Object.keys(v).find((name) => !(name in params));
  if (unknown !== undefined) {
    throw new AutodiffError("INVALID_ARGUMENT", `${caller}: v.${unknown} is not in params`);
  }
  return Object.entries(params).map(([name, { shape }]) => {
    const tensor = (v as Partial<tf.NamedTensorMap>)[name];
    if (tensor === undefined || !tf.util.arraysEqual(tensor.shape, shape)) {
      const got = tensor === undefined ? "nothing" : `[${tensor.shape.join(", ")}]`;
      throw new AutodiffError(
        "INVALID_ARGUMENT",
        `${caller}: expected v.${name} of shape [${shape.join(", ")}], got ${got}`,
      );
    }
    return tensor;
  });
}

/** Names the tensors in the order of `params`. */
export function named(params: tf.NamedTensorMap, tensors: readonly tf.Tensor[]): tf.NamedTensorMap {
  return mapTensors(params, (_, __, i) => tensors[i]!);
}

/**
 * The tensors of these names, in the order of `tensors`.
 *
 * @throws AutodiffError `INVALID_ARGUMENT` for an unknown name, or none at all.
 */
export function pick(tensors: tf.NamedTensorMap, names: readonly string[], caller: string): tf.NamedTensorMap {
  const unknown = names.find((name) => !(name in tensors));
  if (names.length === 0 || unknown !== undefined) {
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      unknown === undefined
        ? `${caller}: expected at least one of the parameters ${Object.keys(tensors).join(", ")}, got none`
        : `${caller}: ${unknown} is not one of the parameters ${Object.keys(tensors).join(", ")}`,
    );
  }
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => wanted.has(name)));
}
