import * as tf from "@tensorflow/tfjs-core";
import { irePeriod, sharpCount } from "../ire.js";
import type { Ire } from "../optimizer.js";
import type { TensorStep } from "./types.js";

/** The rule of `stepIre`, parameter by parameter, on tensors. */
export const ireStep: TensorStep<Required<Ire>> = (optimizer, weights, gradient, learningRate, { steps, slots }) => {
  const { prog, rank, momentum, weightDecay } = optimizer;
  const old = slots["flat-mask"] ?? weights.map((w) => tf.zerosLike(w));
  const mask = steps % irePeriod === 0 ? flatMask(gradient, rank, old) : old;
  const g = weightDecay === 0 ? gradient : gradient.map((part, k) => tf.add(part, tf.mul(weights[k]!, weightDecay)));
  const velocity =
    momentum > 0
      ? g.map((part, k) => (slots.velocity === undefined ? part : tf.add(tf.mul(slots.velocity[k]!, momentum), part)))
      : undefined;
  return {
    weights: weights.map((w, k) =>
      tf.sub(w, tf.mul(tf.mul((velocity ?? g)[k]!, learningRate), tf.add(tf.mul(mask[k]!, prog), 1))),
    ),
    state: { steps: steps + 1, slots: { "flat-mask": mask, ...(velocity === undefined ? {} : { velocity }) } },
  };
};

/** 1 for flat coordinates and 0 for sharp ones; the old mask where the gradient is 0. */
function flatMask(gradient: readonly tf.Tensor[], rank: number, old: readonly tf.Tensor[]): tf.Tensor[] {
  const magnitudes = tf.concat1d(gradient.map((part) => tf.reshape(tf.abs(part), [part.size])));
  const sharp = sharpCount(rank, magnitudes.size);
  const { values } = tf.topk(magnitudes, sharp + 1);
  const [largest, largestFlat] = [tf.slice(values, 0, 1), tf.slice(values, sharp, 1)];
  const moves = tf.cast(tf.greater(largest, 0), "float32");
  return gradient.map((part, k) => {
    const fresh = tf.cast(tf.lessEqual(tf.abs(part), largestFlat), "float32");
    return tf.add(tf.mul(fresh, moves), tf.mul(old[k]!, tf.sub(1, moves)));
  });
}
