import * as tf from "@tensorflow/tfjs-core";

/** Rearrangements whose gradients in TensorFlow.js are slow or fail in corner cases. */
export const arrayGradients: readonly tf.GradConfig[] = [
  {
    // TensorFlow.js adds up one slice for every repetition, thousands in a batch normalisation of images.
    kernelName: tf.Tile,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => ({
      x: () => {
        const { reps } = attributes as unknown as { reps: number[] };
        const folded = x!.shape.flatMap((size, axis) => [reps[axis]!, size]);
        const repetitions = x!.shape.map((_, axis) => 2 * axis);
        return tf.sum(tf.reshape(dy as tf.Tensor, folded), repetitions);
      },
    }),
  },
  {
    // The engine hands over the cotangent of a single output without its array.
    kernelName: tf.SplitV,
    gradFunc: (dy, _, attributes) => ({
      x: () => tf.concat(Array.isArray(dy) ? dy : [dy], attributes["axis"] as number),
    }),
  },
  {
    kernelName: tf.Unpack,
    gradFunc: (dy, _, attributes) => ({
      value: () => tf.stack(Array.isArray(dy) ? dy : [dy], attributes["axis"] as number),
    }),
  },
];
