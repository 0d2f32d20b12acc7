import type { BackendCase } from "../case.js";
import { at, fill } from "../reference.js";

/** Operations that move entries and compute nothing, except sums where entries meet. */
export const rearrangements = (): BackendCase[] => [
  {
    name: "reshape",
    shapes: [[2, 3, 4]],
    operation: (tf, x) => tf.reshape(x, [4, 6]),
    reference: (x) => ({ shape: [4, 6], data: x.data }),
  },
  {
    name: "transpose",
    shapes: [[2, 3, 4]],
    operation: (tf, x) => tf.transpose(x, [2, 0, 1]),
    reference: (x) => fill([4, 2, 3], ([c, a, b]) => at(x, [a!, b!, c!])),
  },
  {
    name: "slice",
    shapes: [[4, 5, 3]],
    operation: (tf, x) => tf.slice(x, [1, 0, 2], [2, 4, 1]),
    reference: (x) => fill([2, 4, 1], ([a, b]) => at(x, [a! + 1, b!, 2])),
  },
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 2],
    ],
    operation: (tf, a, b) => tf.concat([a, b], 1),
    reference: (a, b) => fill([2, 5], ([i, j]) => (j! < 3 ? at(a, [i!, j!]) : at(b, [i!, j! - 3]))),
  },
  {
    name: "stack",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    operation: (tf, a, b) => tf.stack([a, b], 1),
    reference: (a, b) => fill([2, 2, 3], ([i, which, j]) => at(which === 0 ? a : b, [i!, j!])),
  },
  {
    name: "pad",
    shapes: [[2, 3]],
    operation: (tf, x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    reference: (x) => fill([3, 5], ([i, j]) => at(x, [i! - 1, j!])),
  },
  {
    name: "tile",
    shapes: [[2, 3]],
    operation: (tf, x) => tf.tile(x, [2, 2]),
    reference: (x) => fill([4, 6], ([i, j]) => at(x, [i! % 2, j! % 3])),
  },
  {
    name: "reverse",
    shapes: [[2, 3]],
    operation: (tf, x) => tf.reverse(x, 1),
    reference: (x) => fill([2, 3], ([i, j]) => at(x, [i!, 2 - j!])),
  },
  {
    name: "gather of rows, some twice",
    shapes: [[4, 3]],
    operation: (tf, x) => tf.gather(x, tf.tensor1d([3, 0, 3, 1], "int32")),
    reference: (x) => fill([4, 3], ([i, j]) => at(x, [[3, 0, 3, 1][i!]!, j!])),
  },
  {
    name: "unsortedSegmentSum",
    shapes: [[4, 3]],
    operation: (tf, x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 1], "int32"), 3),
    reference: (x) =>
      fill([3, 3], ([s, j]) => [2, 0, 2, 1].reduce((sum, segment, i) => sum + (segment === s ? at(x, [i, j!]) : 0), 0)),
  },
  {
    name: "where",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    operation: (tf, a, b) => tf.where(tf.tensor2d([1, 0, 0, 1, 1, 0], [2, 3], "bool"), a, b),
    reference: (a, b) => fill([2, 3], ([i, j]) => at([0, 4, 3].includes(i! * 3 + j!) ? a : b, [i!, j!])),
  },
];
