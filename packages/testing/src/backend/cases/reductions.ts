import type { BackendCase } from "../case.js";
import { type Dense, reduce, zip } from "../reference.js";

const sum = (entries: number[]): number => entries.reduce((a, b) => a + b, 0);
const logSumExp = (entries: number[]): number => Math.log(sum(entries.map(Math.exp)));
const column = ({ shape, data }: Dense): Dense => ({ shape: [...shape, 1], data });

/** Sums, means and maxima over axes, and operations made of them. */
export const reductions = (): BackendCase[] => [
  ...[[0], [1], [2], [0, 2], [0, 1, 2]].flatMap((axes): BackendCase[] => [
    {
      name: `sum over ${axes.join(", ")}`,
      shapes: [[2, 3, 4]],
      operation: (tf, x) => tf.sum(x, axes),
      reference: (x) => reduce(axes, sum)(x),
    },
    {
      name: `mean over ${axes.join(", ")}`,
      shapes: [[2, 3, 4]],
      operation: (tf, x) => tf.mean(x, axes),
      reference: (x) => reduce(axes, (entries) => sum(entries) / entries.length)(x),
    },
    {
      name: `max over ${axes.join(", ")}`,
      shapes: [[2, 3, 4]],
      operation: (tf, x) => tf.max(x, axes),
      reference: (x) => reduce(axes, (entries) => Math.max(...entries))(x),
    },
  ]),
  {
    name: "logSumExp",
    shapes: [[4, 5]],
    operation: (tf, x) => tf.logSumExp(x, 1),
    reference: (x) => reduce([1], logSumExp)(x),
  },
  {
    name: "softmax",
    shapes: [[4, 5]],
    operation: (tf, x) => tf.softmax(x),
    reference: (x) => zip((value, normaliser) => Math.exp(value - normaliser))(x, column(reduce([1], logSumExp)(x))),
  },
  {
    name: "logSoftmax",
    shapes: [[4, 5]],
    operation: (tf, x) => tf.logSoftmax(x),
    reference: (x) => zip((value, normaliser) => value - normaliser)(x, column(reduce([1], logSumExp)(x))),
  },
];
