import * as tf from "@tensorflow/tfjs-core";
import { parameter, values, type Case } from "../conformance.js";
import { exp, type HyperDual, lift, log, square, total } from "../hyper-dual.js";

const LABELS = [0, 1, 1, 0, 0, 1, 1, 0];
const TARGETS = values(8, 11);
const mean = (x: HyperDual[]): HyperDual => total(x).over(x.length);

const loss = (
  name: string,
  op: (prediction: tf.Tensor) => tf.Tensor,
  duals: (prediction: HyperDual[]) => HyperDual,
  range: [low: number, high: number] = [-1.5, 1.5],
): Case => ({
  name,
  params: { x: parameter([2, 4], 12, ...range) },
  tensors: ({ x }) => op(x!),
  duals: ({ x }) => [duals(x!)],
});

const targets = (): tf.Tensor => tf.tensor(TARGETS, [2, 4]);
const labels = (): tf.Tensor => tf.tensor(LABELS, [2, 4]);

export const lossCases: readonly Case[] = [
  loss(
    "half the sum of squares",
    (x) => tf.mul(0.5, tf.sum(tf.square(tf.sub(x, targets())))),
    (x) => total(x.map((each, i) => square(each.minus(TARGETS[i]!)))).times(0.5),
  ),
  loss(
    "meanSquaredError",
    (x) => tf.losses.meanSquaredError(targets(), x),
    (x) => mean(x.map((each, i) => square(each.minus(TARGETS[i]!)))),
  ),
  loss(
    "absoluteDifference",
    (x) => tf.losses.absoluteDifference(targets(), tf.square(x)),
    (x) =>
      mean(
        x.map((each, i) => {
          const difference = square(each).minus(TARGETS[i]!);
          return difference.times(Math.sign(difference.a));
        }),
      ),
  ),
  loss(
    "huberLoss",
    (x) => tf.losses.huberLoss(targets(), x),
    (x) =>
      mean(
        x.map((each, i) => {
          const error = each.minus(TARGETS[i]!);
          const size = error.times(Math.sign(error.a));
          return size.a <= 1 ? square(size).times(0.5) : size.minus(0.5);
        }),
      ),
  ),
  loss(
    "logLoss",
    (x) => tf.losses.logLoss(labels(), x),
    (x) =>
      mean(
        x.map((each, i) => {
          const epsilon = Math.fround(1e-7);
          return LABELS[i] === 1 ? log(each.plus(epsilon)).times(-1) : log(lift(1 + epsilon).minus(each)).times(-1);
        }),
      ),
    [0.15, 0.85],
  ),
  loss(
    "sigmoidCrossEntropy",
    (x) => tf.losses.sigmoidCrossEntropy(labels(), x),
    (x) => mean(x.map((each, i) => log(exp(each).plus(1)).minus(each.times(LABELS[i]!)))),
  ),
  loss(
    "hingeLoss",
    (x) => tf.losses.hingeLoss(labels(), tf.square(x)),
    (x) =>
      mean(
        x.map((each, i) => {
          const margin = lift(1).minus(square(each).times(2 * LABELS[i]! - 1));
          return margin.a > 0 ? margin : lift(0);
        }),
      ),
  ),
  loss(
    "cross-entropy by logSoftmax",
    (x) => tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(tf.tensor1d([1, 3], "int32"), 4).toFloat(), tf.logSoftmax(x)), 1))),
    (x) =>
      mean(
        [1, 3].map((label, i) => {
          const row = x.slice(i * 4, i * 4 + 4);
          return log(total(row.map(exp))).minus(row[label]!);
        }),
      ),
  ),
];
