import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { SecondOrderOptions } from "../second-order/guard.js";
import { chunksOf, type Examples } from "./examples.js";
import { hessianAt } from "./hessian.js";
import { jacobianAt } from "./jacobian.js";
import { joinedTensor, mapTensors, sizeOf, unflatten, type NamedTensors } from "./named-tensors.js";
import { halfSumOfSquares, type Applicable } from "./square-loss.js";

/** A symmetric linear map on flat vectors, in the order of `flatten`. */
export interface TensorOperator {
  /** Number of parameters. */
  size: number;
  /** One product; the result is a new array. */
  apply: (v: Float64Array) => Promise<Float64Array>;
  /** Frees parameters, examples and recorded passes. */
  dispose: () => void;
}

export interface OperatorOptions extends SecondOrderOptions {
  /** Examples that go through the model at a time; bounds the memory of one pass. Default 256. */
  chunkSize?: number;
  /**
   * Bytes of recorded passes to keep between products (default 2³⁰). A chunk whose passes are kept costs a product two
   * gradients' worth of work, any other three.
   */
  keepBytes?: number;
}

/**
 * The Hessian H of the square loss (1/2n) Σᵢ ‖f(xᵢ) − yᵢ‖² over a set of examples, as an operator.
 *
 * Each chunk contributes with the weight of its size, so a ragged last chunk is right; sums over chunks are in Float64, the
 * products themselves in Float32 (relative error about 1e-6).
 *
 * @param model - Only `apply` is used.
 * @param params - The point; copied.
 * @param data - Examples, as tensors or arrays; copied or read as needed, and not disposed.
 * @returns Symmetric operator of size Σ sizes of `params`. The caller disposes it.
 * @throws AutodiffError as `hessianAt`, from `apply`; `INVALID_ARGUMENT` at once for data that do not fit together.
 */
export function hessianOperator(
  model: Applicable,
  params: NamedTensors,
  data: Examples,
  options: OperatorOptions = {},
): TensorOperator {
  return chunkedOperator(params, data, options, (point, x, y, examples) => {
    const { product, bytes, dispose } = hessianAt((at) => halfSumOfSquares(model, at, x, y, examples), point, options);
    return { product, bytes, dispose };
  });
}

/**
 * The Gauss–Newton matrix G = (1/n) Σᵢ JᵢᵀJᵢ of the outputs over a set of examples, as an operator; positive
 * semidefinite, and equal to the Hessian of the square loss where all residuals vanish. Chunks, weights and precision as in
 * {@link hessianOperator}; targets are not used.
 *
 * @returns Symmetric operator of size Σ sizes of `params`. The caller disposes it.
 * @throws AutodiffError as `jacobianAt`, from `apply`; `INVALID_ARGUMENT` at once for data that do not fit together.
 */
export function gaussNewtonOperator(
  model: Applicable,
  params: NamedTensors,
  data: Omit<Examples, "targets">,
  options: OperatorOptions = {},
): TensorOperator {
  return chunkedOperator(params, data, options, (point, x, _, examples) => {
    const { forward, backward, bytes, dispose } = jacobianAt((at) => model.apply(at, x), point, options);
    return {
      product: (v) => tf.tidy(() => backward(tf.div(forward(v), examples))),
      bytes,
      dispose,
    };
  });
}

/** Products with the contribution of one chunk. */
interface ChunkProduct {
  product: (v: NamedTensors) => NamedTensors;
  bytes: number;
  dispose: () => void;
}

function chunkedOperator(
  params: NamedTensors,
  data: Examples | Omit<Examples, "targets">,
  { chunkSize = 256, keepBytes = 2 ** 30 }: OperatorOptions,
  linearize: (point: NamedTensors, x: tf.Tensor, y: tf.Tensor, examples: number) => ChunkProduct,
): TensorOperator {
  const chunks = chunksOf(data, chunkSize);
  const point = mapTensors(params, (tensor) => tf.keep(tf.clone(tensor)));
  const size = sizeOf(point);
  const kept: ChunkProduct[] = [];
  let bytesLeft = keepBytes;
  let disposed = false;

  const productOf = (chunk: number, v: NamedTensors): tf.Tensor1D => {
    const known = kept[chunk];
    if (known !== undefined) return tf.tidy(() => joinedTensor(Object.values(known.product(v))));
    return tf.tidy(() => {
      const { x, y } = chunks.tensorsOf(chunk);
      const fresh = linearize(point, x, y, chunks.examples);
      const keep = fresh.bytes <= bytesLeft;
      try {
        return joinedTensor(Object.values(fresh.product(v)));
      } finally {
        if (keep) {
          bytesLeft -= fresh.bytes;
          kept[chunk] = fresh;
        } else {
          fresh.dispose();
        }
      }
    });
  };

  return {
    size,
    apply: async (v) => {
      const sum = new Float64Array(size);
      for (let chunk = 0; chunk < chunks.count; chunk++) {
        if (disposed)
          throw new AutodiffError("DISPOSED", "apply: expected an operator in use, got one already disposed");
        const product = tf.tidy(() => productOf(chunk, unflatten(v, point)));
        const values = await product.data();
        product.dispose();
        for (let i = 0; i < size; i++) sum[i]! += values[i]!;
      }
      return sum;
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      kept.forEach(({ dispose }) => dispose());
      Object.values(point).forEach((tensor) => tensor.dispose());
    },
  };
}
