import * as tf from "@tensorflow/tfjs-core";
import { parameter, type Case } from "../conformance.js";
import { exp, HyperDual, largest, lift, log, smallest, sqrt, square, total } from "../hyper-dual.js";

const rows = (x: HyperDual[], width: number): HyperDual[][] =>
  Array.from({ length: x.length / width }, (_, i) => x.slice(i * width, (i + 1) * width));
const columns = (x: HyperDual[], width: number): HyperDual[][] =>
  Array.from({ length: width }, (_, j) => x.filter((__, i) => i % width === j));
const mean = (x: HyperDual[]): HyperDual => total(x).over(x.length);
const softmax = (x: HyperDual[]): HyperDual[] => {
  const exponentials = x.map(exp);
  return exponentials.map((each) => each.over(total(exponentials)));
};

/** An operation that reads entries from places; −1 is a zero. */
const rearrangement = (
  name: string,
  shape: number[],
  op: (x: tf.Tensor) => tf.Tensor,
  from: readonly number[],
): Case => ({
  name,
  params: { x: parameter(shape, 1) },
  tensors: ({ x }) => op(tf.square(x!)),
  duals: ({ x }) => from.map((at) => (at < 0 ? lift(0) : square(x![at]!))),
});

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const reductions: readonly Case[] = [
  {
    name: "sum and mean along axes",
    params: { x: parameter([2, 3], 1) },
    tensors: ({ x }) => tf.add(tf.mul(tf.sum(x!, 0), tf.mean(x!, 0)), tf.square(tf.mean(tf.sum(x!, 1, true), 0))),
    duals: ({ x }) =>
      columns(x!, 3).map((column) =>
        total(column)
          .times(mean(column))
          .plus(square(total(x!).over(2))),
      ),
  },
  {
    name: "max",
    params: { x: parameter([3, 4], 2) },
    tensors: ({ x }) => tf.max(tf.square(x!), 1),
    duals: ({ x }) => rows(x!, 4).map((row) => largest(row.map(square))),
  },
  {
    name: "min, keeping dimensions",
    params: { x: parameter([3, 4], 2) },
    tensors: ({ x }) => tf.mul(tf.square(x!), tf.min(x!, 0, true)),
    duals: ({ x }) => {
      const least = columns(x!, 4).map(smallest);
      return x!.map((each, i) => square(each).times(least[i % 4]!));
    },
  },
  {
    name: "logSumExp",
    params: { x: parameter([3, 4], 3) },
    tensors: ({ x }) => tf.logSumExp(x!, -1),
    duals: ({ x }) => rows(x!, 4).map((row) => log(total(row.map(exp)))),
  },
  {
    name: "softmax",
    params: { x: parameter([3, 4], 4) },
    tensors: ({ x }) => tf.softmax(x!),
    duals: ({ x }) => rows(x!, 4).flatMap(softmax),
  },
  {
    name: "logSoftmax",
    params: { x: parameter([3, 4], 5) },
    tensors: ({ x }) => tf.logSoftmax(x!),
    duals: ({ x }) => rows(x!, 4).flatMap((row) => softmax(row).map(log)),
  },
  {
    name: "euclidean norm",
    params: { x: parameter([3, 4], 6) },
    tensors: ({ x }) => tf.norm(x!, "euclidean", 1),
    duals: ({ x }) => rows(x!, 4).map((row) => sqrt(total(row.map(square)))),
  },
  {
    name: "layer normalisation by moments",
    params: { x: parameter([3, 4], 7), gain: parameter([4], 8) },
    tensors: ({ x, gain }) => {
      const { mean: centre, variance } = tf.moments(x!, -1, true);
      return tf.mul(tf.div(tf.sub(x!, centre), tf.sqrt(tf.add(variance, 0.1))), gain!);
    },
    duals: ({ x, gain }) =>
      rows(x!, 4).flatMap((row) => {
        const centred = row.map((each) => each.minus(mean(row)));
        const scale = sqrt(mean(centred.map(square)).plus(0.1));
        return centred.map((each, j) => each.over(scale).times(gain![j]!));
      }),
  },
];

const rearrangements: readonly Case[] = [
  rearrangement("reshape", [2, 3], (x) => tf.reshape(x, [3, 2]), range(6)),
  rearrangement("expandDims and squeeze", [2, 3], (x) => tf.squeeze(tf.expandDims(x, 1), [1]), range(6)),
  rearrangement("transpose", [2, 3], (x) => tf.transpose(x), [0, 3, 1, 4, 2, 5]),
  rearrangement("transpose of rank 3", [2, 1, 3], (x) => tf.transpose(x, [2, 0, 1]), [0, 3, 1, 4, 2, 5]),
  rearrangement(
    "pad",
    [2, 2],
    (x) =>
      tf.pad(x, [
        [1, 0],
        [0, 1],
      ]),
    [-1, -1, -1, 0, 1, -1, 2, 3, -1],
  ),
  rearrangement("slice", [3, 3], (x) => tf.slice(x, [1, 0], [2, 2]), [3, 4, 6, 7]),
  rearrangement("gather with repetition", [4, 2], (x) => tf.gather(x, [3, 1, 3]), [6, 7, 2, 3, 6, 7]),
  rearrangement("gather along the last axis", [2, 3], (x) => tf.gather(x, [2, 2, 0], 1), [2, 2, 0, 5, 5, 3]),
  rearrangement("tile", [2, 2], (x) => tf.tile(x, [2, 2]), [0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3]),
  rearrangement("broadcastTo", [2, 1], (x) => tf.broadcastTo(x, [3, 2, 2]), [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]),
  rearrangement("reverse", [2, 3], (x) => tf.reverse(x, 1), [2, 1, 0, 5, 4, 3]),
  {
    name: "concat of powers",
    params: { x: parameter([2, 2], 1), y: parameter([2, 1], 2) },
    tensors: ({ x, y }) => tf.concat([tf.square(x!), tf.mul(y!, x!), y!], 1),
    duals: ({ x, y }) =>
      rows(x!, 2).flatMap((row, i) => [...row.map(square), ...row.map((each) => each.times(y![i]!)), y![i]!]),
  },
  {
    name: "stack and unstack",
    params: { x: parameter([2, 3], 1) },
    tensors: ({ x }) => {
      const [first, second] = tf.unstack(x!);
      return tf.stack([tf.mul(first!, second!), tf.square(second!)], 1);
    },
    duals: ({ x }) => range(3).flatMap((j) => [x![j]!.times(x![j + 3]!), square(x![j + 3]!)]),
  },
  {
    name: "split, also into one piece",
    params: { x: parameter([2, 3], 1) },
    tensors: ({ x }) => {
      const [whole] = tf.split(tf.square(x!), 1, 0);
      const [left, right] = tf.split(whole!, [1, 2], 1);
      return tf.mul(left!, right!);
    },
    duals: ({ x }) => rows(x!, 3).flatMap(([a, b, c]) => [b!, c!].map((each) => square(a!).times(square(each)))),
  },
];

export const arrayCases: readonly Case[] = [
  ...reductions,
  ...rearrangements,
  {
    name: "the largest entry by oneHot of argMax, and embedding by oneHot",
    params: { x: parameter([3, 4], 2), table: parameter([4, 2], 3) },
    tensors: ({ x, table }) =>
      tf.matMul(tf.mul(tf.square(x!), tf.cast(tf.oneHot(tf.argMax(x!, 1), 4), "float32")), table!),
    duals: ({ x, table }) =>
      rows(x!, 4).flatMap((row) => {
        const at = row.indexOf(largest(row));
        return [0, 1].map((c) => square(row[at]!).times(table![at * 2 + c]!));
      }),
  },
  {
    name: "several axes at once",
    params: { x: parameter([2, 2, 3], 9) },
    tensors: ({ x }) => tf.mul(tf.sum(tf.square(x!), [0, 2]), tf.max(x!, [0, 2])),
    duals: ({ x }) =>
      [0, 1].map((middle) => {
        const part = x!.filter((_, i) => Math.floor(i / 3) % 2 === middle);
        return total(part.map(square)).times(largest(part));
      }),
  },
];
