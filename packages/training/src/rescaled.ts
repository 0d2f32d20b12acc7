import type { NamedArrays } from "@sgdscope/models-cnn";
import * as tf from "@tensorflow/tfjs-core";

/** What is rescaled of a model. */
interface Applicable {
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
}

/**
 * @internal Runs `body` on a model in the coordinates φ = P^(1/2)θ, whose Gram matrix is JP⁻¹Jᵀ: with θ = P^(−1/2)φ the step
 * θ ← θ − ηP⁻¹m is φ ← φ − ηP^(−1/2)m, and P^(−1/2)g the gradient in φ. Derived here.
 *
 * @param preconditioner - P by the name of the parameter, shaped as it.
 */
export async function rescaled<M extends Applicable, T>(
  model: M,
  params: tf.NamedTensorMap,
  preconditioner: NamedArrays,
  body: (model: M, coordinates: tf.NamedTensorMap) => Promise<T>,
): Promise<T> {
  const roots = tf.tidy(() =>
    Object.fromEntries(
      Object.entries(preconditioner).map(([name, { shape, data }]) => [
        name,
        tf.keep(tf.sqrt(tf.tensor(Float32Array.from(data as Float32Array), [...shape], "float32"))),
      ]),
    ),
  );
  const coordinates = tf.tidy(() =>
    Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tf.keep(tf.mul(value, roots[name]!))])),
  );
  const apply = (at: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor =>
    model.apply(Object.fromEntries(Object.entries(at).map(([name, value]) => [name, tf.div(value, roots[name]!)])), x);
  try {
    return await body({ ...model, apply }, coordinates);
  } finally {
    tf.dispose([roots, coordinates]);
  }
}
