import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { SecondOrderOptions } from "../second-order/guard.js";
import { chunksOf, type Unlabelled } from "./examples.js";
import { joinedTensor, mapTensors, pick, sizeOf, unflatten } from "./named-tensors.js";
import { assertPure } from "./purity.js";
import type { Chunk, OutputLoss } from "./output-loss.js";
import type { Applicable } from "./square-loss.js";

export interface OperatorOptions extends SecondOrderOptions {
  /** Number of examples per evaluation of the model; bounds the memory of one pass. Default 256. */
  chunkSize?: number;
  /**
   * Bytes of recorded passes to keep between products (default 2³⁰). With kept passes, the part of a chunk in a
   * product costs as much as two gradients, otherwise as much as three.
   */
  keepBytes?: number;
  /** Evaluates the model twice on the first chunk, before the first product, and refuses one that is not pure. Default true. */
  check?: boolean;
  /** A convex loss on the outputs in the place of the square one; needs outputs [n, C] or [n], and 4C² bytes per example of a chunk. */
  loss?: OutputLoss;
}

/** The recording of one chunk. */
export interface Linearization {
  bytes: number;
  dispose: () => void;
}

/** A sum over chunks of examples of linear maps at one point. */
export interface ChunkedSum<L> {
  /** Copies of the parameters with respect to which derivatives are taken. */
  free: tf.NamedTensorMap;
  /**
   * Σ over chunks of `product` with each vector, which is shaped like `from`, in Float64; each chunk is read and recorded once for all vectors, or not at all
   * if it was kept.
   */
  multiply: (
    vectors: readonly Float64Array[],
    from: tf.NamedTensorMap,
    product: (at: L, v: tf.NamedTensorMap) => tf.NamedTensorMap,
  ) => Promise<Float64Array[]>;
  dispose: () => void;
}

/**
 * @param names - The parameters to take derivatives with respect to; all if undefined. The others are constants.
 * @param linearize - Records one chunk; gets the free parameters, and a way to complete them with the constant ones.
 * @returns The caller disposes it.
 */
export function chunkedSum<L extends Linearization>(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Unlabelled,
  { names, caller, ...options }: OperatorOptions & { names: readonly string[] | undefined; caller: string },
  linearize: (
    free: tf.NamedTensorMap,
    complete: (free: tf.NamedTensorMap) => tf.NamedTensorMap,
    chunk: Chunk,
  ) => L | Promise<L>,
): ChunkedSum<L> {
  const { chunkSize = 256, keepBytes = 2 ** 30, check = true } = options;
  const chunks = chunksOf(data, chunkSize);
  if (names !== undefined) pick(params, names, caller);
  const point = mapTensors(params, (tensor) => tf.keep(tf.clone(tensor)));
  const free = names === undefined ? point : pick(point, names, caller);
  const complete = (at: tf.NamedTensorMap): tf.NamedTensorMap => (free === point ? at : { ...point, ...at });
  const kept = new Map<number, L>();
  let bytesLeft = keepBytes;
  let checked = !check;
  let disposed = false;
  const assertInUse = (): void => {
    if (disposed) throw new AutodiffError("DISPOSED", "apply: the operator is disposed");
  };

  const recordedOf = async (chunk: number): Promise<L> => {
    const known = kept.get(chunk);
    if (known !== undefined) return known;
    const { x, y } = await chunks.tensorsOf(chunk);
    try {
      assertInUse();
      if (!checked) {
        await assertPure(model, point, x, caller);
        checked = true;
        assertInUse();
      }
      // Another product may have recorded it in the meantime.
      const meanwhile = kept.get(chunk);
      if (meanwhile !== undefined) return meanwhile;
      const fresh = await linearize(free, complete, { x, y, start: chunk * chunkSize, examples: chunks.examples });
      const other = kept.get(chunk);
      if (other !== undefined || disposed) {
        fresh.dispose();
        assertInUse();
        return other!;
      }
      if (fresh.bytes <= bytesLeft) {
        bytesLeft -= fresh.bytes;
        kept.set(chunk, fresh);
      }
      return fresh;
    } finally {
      tf.dispose([x, y]);
    }
  };

  return {
    free,
    multiply: async (vectors, from, product) => {
      assertLengths(vectors, sizeOf(from));
      const sums: Float64Array[] = [];
      for (let chunk = 0; chunk < chunks.count; chunk++) {
        assertInUse();
        const at = await recordedOf(chunk);
        try {
          for (const [k, vector] of vectors.entries()) {
            const result = tf.tidy(() => joinedTensor(Object.values(product(at, unflatten(vector, from)))));
            const values = await result.data<"float32">();
            result.dispose();
            if (chunk === 0) sums.push(new Float64Array(values));
            else addTo(sums[k]!, values);
          }
        } finally {
          if (kept.get(chunk) !== at) at.dispose();
        }
      }
      return sums;
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      kept.forEach(({ dispose }) => dispose());
      kept.clear();
      Object.values(point).forEach((tensor) => tensor.dispose());
    },
  };
}

function addTo(sum: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
}

function assertLengths(vectors: readonly Float64Array[], size: number): void {
  for (const { length } of vectors) {
    if (length !== size) {
      throw new AutodiffError("INVALID_ARGUMENT", `apply: expected a vector of length ${size}, got ${length}`);
    }
  }
}
