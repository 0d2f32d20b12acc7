import { hessianOperator } from "@sgdscope/autodiff";
import type { JobModule } from "@sgdscope/compute/workers";
import { gaussian, rademacher, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";

export interface Setup {
  examples: number;
  channels: number;
}

/** ‖Hv‖² of a small convolutional network at a seeded point, for the Rademacher vector of a seed. */
const product: JobModule<Setup, number, number> = ({ examples, channels }) => {
  const random = seededRandom(1);
  const normal = (shape: number[], scale: number): tf.Tensor =>
    tf.tensor(
      Float32Array.from(
        gaussian(
          shape.reduce((size, extent) => size * extent, 1),
          random,
        ),
        (value) => scale * value,
      ),
      shape,
    );
  const params = {
    first: normal([3, 3, 3, channels], Math.sqrt(2 / 27)),
    second: normal([3, 3, channels, 2 * channels], Math.sqrt(2 / (9 * channels))),
    last: normal([2 * channels, 1], Math.sqrt(1 / channels)),
  };
  const model = {
    apply: (at: Record<string, tf.Tensor>, x: tf.Tensor): tf.Tensor => {
      const first = tf.relu(tf.conv2d(x as tf.Tensor4D, at["first"] as tf.Tensor4D, 2, "same"));
      const second = tf.relu(tf.conv2d(first, at["second"] as tf.Tensor4D, 2, "same"));
      return tf.matMul(tf.mean(second, [1, 2]), at["last"]!);
    },
  };
  const data = { inputs: normal([examples, 32, 32, 3], 1), targets: normal([examples, 1], 1) };
  const hessian = hessianOperator(model, params, data);
  return async (seed) => {
    const image = await hessian.apply(Float64Array.from(rademacher(hessian.size, seededRandom(seed))));
    return image.reduce((sum, value) => sum + value * value, 0);
  };
};
export default product;
