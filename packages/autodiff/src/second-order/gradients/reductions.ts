import * as tf from "@tensorflow/tfjs-core";

/** Softmax, the extrema and powers, which TensorFlow.js differentiates through their saved outputs; and sums, for speed. */
export const reductionGradients: readonly tf.GradConfig[] = [
  {
    kernelName: tf.Sum,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], { axis }) => ({ x: () => spread(dy as tf.Tensor, x!.shape, axis as number[]) }),
  },
  {
    kernelName: tf.Mean,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], { axis }) => ({
      x: () => spread(tf.div(dy as tf.Tensor, x!.size / (dy as tf.Tensor).size), x!.shape, axis as number[]),
    }),
  },
  {
    kernelName: tf.Softmax,
    inputsToSave: ["logits"],
    gradFunc: (dy, [logits], attributes) => {
      const { dim } = attributes as unknown as { dim: number };
      return {
        logits: () => {
          const y = tf.softmax(logits!, dim);
          const weighted = tf.mul(dy as tf.Tensor, y);
          return tf.sub(weighted, tf.mul(tf.sum(weighted, [dim], true), y));
        },
      };
    },
  },
  {
    kernelName: tf.LogSoftmax,
    inputsToSave: ["logits"],
    gradFunc: (dy, [logits], attributes) => {
      const { axis } = attributes as unknown as { axis: number };
      return {
        logits: () =>
          tf.sub(dy as tf.Tensor, tf.mul(tf.sum(dy as tf.Tensor, axis, true), tf.exp(tf.logSoftmax(logits!, axis)))),
      };
    },
  },
  {
    kernelName: tf.Max,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => ({
      x: () => {
        const axes = tf.util.parseAxisParam(attributes["reductionIndices"] as number[], x!.shape);
        return toExtremum(dy as tf.Tensor, x!, tf.max(x!, axes, true));
      },
    }),
  },
  {
    kernelName: tf.Min,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => ({
      x: () => {
        const axes = tf.util.parseAxisParam(attributes["axis"] as number[], x!.shape);
        return toExtremum(dy as tf.Tensor, x!, tf.min(x!, axes, true));
      },
    }),
  },
  {
    kernelName: tf.Pow,
    inputsToSave: ["a", "b"],
    gradFunc: (dy, [a, b]) => {
      const base = a!;
      const exponent = tf.cast(b!, "float32");
      return {
        a: () => reducedTo(base.shape, tf.mul(dy as tf.Tensor, tf.mul(exponent, tf.pow(base, tf.sub(exponent, 1))))),
        b: () => {
          const positive = tf.greater(base, 0);
          // The logarithm of the side that is not taken must stay finite: 0·∞ makes the second derivative NaN.
          const logarithm = tf.log(tf.where(positive, base, tf.onesLike(base)));
          return reducedTo(b!.shape, tf.mul(dy as tf.Tensor, tf.mul(tf.pow(base, exponent), logarithm)));
        },
      };
    },
  },
];

/**
 * Repeats `dy` along the axes that were summed. TensorFlow.js multiplies by `tf.ones`, which it fills in JavaScript and
 * copies to the device; here the device fills them.
 */
function spread(dy: tf.Tensor, shape: number[], axis: number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, shape);
  const kept = shape.map((extent, k) => (axes.includes(k) ? 1 : extent));
  return tf.mul(tf.reshape(dy, kept), tf.fill(shape, 1));
}

/** Sends `dy` to every entry that equals the extremum, ties included, as TensorFlow.js does. */
function toExtremum(dy: tf.Tensor, x: tf.Tensor, extremum: tf.Tensor): tf.Tensor {
  return tf.mul(tf.reshape(dy, extremum.shape), tf.cast(tf.equal(x, extremum), "float32"));
}

/** Sums over the axes along which a tensor of this shape was broadcast. */
function reducedTo(shape: number[], gradient: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
}
