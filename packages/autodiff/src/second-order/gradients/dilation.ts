import * as tf from "@tensorflow/tfjs-core";

/** Rates of a dilated convolution, rows and columns. */
export type Rates = readonly [height: number, width: number];

/** `dilations` of a kernel, which may be a number. */
export const ratesOf = (dilations: readonly number[] | number | undefined): Rates => {
  const [height = 1, width = height] = [dilations ?? 1].flat();
  return [height, width];
};

export const isDilated = ([height, width]: Rates): boolean => height > 1 || width > 1;

/** (k − 1)·rate + 1, the size of a filter with rate − 1 zeros between its entries. */
const spread = (size: number, rate: number): number => (size - 1) * rate + 1;

/**
 * A filter [h, w, in, out] with zeros between its entries: x ∗ dilated(w) is the dilated convolution of x with w, so that its
 * derivatives are those of a convolution. Differentiable.
 */
export function dilated(filter: tf.Tensor, [rows, columns]: Rates): tf.Tensor4D {
  return tf.tidy(() => {
    const [height, width, channels, outputs] = filter.shape as [number, number, number, number];
    const rest = channels * outputs;
    const high = tf.pad(tf.reshape(filter, [height, 1, width * rest]), [
      [0, 0],
      [0, rows - 1],
      [0, 0],
    ]);
    const wide = tf.pad(tf.reshape(high, [height * rows, width, 1, rest]), [
      [0, 0],
      [0, 0],
      [0, columns - 1],
      [0, 0],
    ]);
    const whole = tf.reshape<tf.Rank.R4>(wide, [height * rows, width * columns, channels, outputs]);
    return tf.slice(whole, [0, 0, 0, 0], [spread(height, rows), spread(width, columns), channels, outputs]);
  });
}

/** The shape of {@link dilated}. */
export const dilatedShape = ([height, width, ...rest]: readonly number[], [rows, columns]: Rates): number[] => [
  spread(height!, rows),
  spread(width!, columns),
  ...rest,
];

/** The entries that {@link dilated} puts in place: its adjoint. */
export function undilated(filter: tf.Tensor, [rows, columns]: Rates): tf.Tensor4D {
  return tf.tidy(() => {
    const [high, wide, channels, outputs] = filter.shape as [number, number, number, number];
    const [height, width] = [(high - 1) / rows + 1, (wide - 1) / columns + 1];
    const rest = channels * outputs;
    const whole = tf.pad(filter as tf.Tensor4D, [
      [0, rows - 1],
      [0, columns - 1],
      [0, 0],
      [0, 0],
    ]);
    const thin = tf.slice(
      tf.reshape(whole, [height, rows, width * columns * rest]),
      [0, 0, 0],
      [height, 1, width * columns * rest],
    );
    const kept = tf.slice(tf.reshape(thin, [height, width, columns, rest]), [0, 0, 0, 0], [height, width, 1, rest]);
    return tf.reshape<tf.Rank.R4>(kept, [height, width, channels, outputs]);
  });
}
