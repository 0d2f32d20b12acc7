import * as tf from "@tensorflow/tfjs-core";
import { SgdError } from "../errors.js";

/** A loss on the outputs of an example in the place of the square one; the loss of all is the mean of ℓ. */
export interface OutputLoss {
  /** s = ∇_fℓ for outputs f and targets y, both `[n, C]`, on the device. The caller is in a tidy. */
  gradient: (f: tf.Tensor, y: tf.Tensor) => tf.Tensor;
  /** ℓ of one example in Float64, such as `value` of a loss of `@sgdscope/noise-structure/losses`. */
  value: (f: ArrayLike<number>, y: ArrayLike<number>) => number;
}

/** Options of {@link lossGradient}; each loss takes its own. */
export interface LossGradientOptions {
  /** ε: targets become (1 − ε)y + ε/C of `cross-entropy`, (1 − ε)y + ε/2 of `logistic`. */
  labelSmoothing?: number;
  /** δ of `huber` and `pseudo-huber`; default 1. */
  delta?: number;
}

/** (1 − ε)y + ε/classes. */
const smoothed = (y: tf.Tensor, labelSmoothing: number, classes: number): tf.Tensor =>
  labelSmoothing === 0 ? y : tf.add(tf.mul(y, 1 - labelSmoothing), labelSmoothing / classes);

const gradients: Record<string, (options: LossGradientOptions) => OutputLoss["gradient"]> = {
  square: () => (f, y) => tf.sub(f, y),
  "cross-entropy":
    ({ labelSmoothing = 0 }) =>
    (f, y) => {
      return tf.sub(tf.softmax(f as tf.Tensor2D), smoothed(y, labelSmoothing, f.shape[1]!));
    },
  logistic:
    ({ labelSmoothing = 0 }) =>
    (f, y) =>
      tf.sub(tf.sigmoid(f), smoothed(y, labelSmoothing, 2)),
  huber:
    ({ delta = 1 }) =>
    (f, y) =>
      tf.clipByValue(tf.sub(f, y), -delta, delta),
  "pseudo-huber":
    ({ delta = 1 }) =>
    (f, y) => {
      const r = tf.sub(f, y);
      return tf.div(r, tf.sqrt(tf.add(tf.square(tf.div(r, delta)), 1)));
    },
  poisson: () => (f, y) => tf.sub(tf.exp(f), y),
};

/**
 * s = ∇_fℓ of a loss on the device, by the names of `@sgdscope/noise-structure/losses`. First derivatives only, in Float32.
 *
 * @throws SgdError `INVALID_LOSS` for an unknown name.
 */
export function lossGradient(id: string, options: LossGradientOptions = {}): OutputLoss["gradient"] {
  if (!Object.hasOwn(gradients, id))
    throw new SgdError("INVALID_LOSS", `lossGradient: expected one of ${Object.keys(gradients).join(", ")}, got ${id}`);
  return gradients[id]!(options);
}
