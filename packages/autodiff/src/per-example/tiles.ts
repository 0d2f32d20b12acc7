import * as tf from "@tensorflow/tfjs-core";
import type { Factors } from "./factors.js";

/** A chunk of examples and where it begins. */
export interface Tile {
  start: number;
  factors: Factors;
}

/** Which tiles are multiplied: all pairs, or, of one list with itself, those on and below the diagonal. */
export interface Pairing {
  rows: readonly Tile[];
  columns: readonly Tile[];
  symmetric: boolean;
}

/** A block of K: where it begins, and its numbers of examples. */
export interface Block {
  row: number;
  column: number;
  height: number;
  width: number;
  outputs: number;
}

/** Where inner products go: one or several matrices (nC)×(nC), row-major. */
export interface Sink {
  matrices: readonly Float64Array[];
  /** nC. */
  size: number;
}

/** All tiles of a pairing, each once. */
export const tilesOf = ({ rows, columns, symmetric }: Pairing): readonly Tile[] =>
  symmetric ? rows : [...rows, ...columns];

/** Computes products of each pair of tiles, reads them and hands them on. */
export async function forEachPair(
  { rows, columns, symmetric }: Pairing,
  product: (left: Tile, right: Tile) => tf.Tensor[],
  add: (at: Block, products: readonly Float32Array[]) => void,
): Promise<void> {
  for (const [j, right] of columns.entries()) {
    for (const left of symmetric ? rows.slice(j) : rows) {
      const products = tf.tidy(() => product(left, right));
      try {
        const data = await Promise.all(products.map((each) => each.data<"float32">()));
        const [height, width] = [left.factors.examples, right.factors.examples];
        add({ row: left.start, column: right.start, height, width, outputs: left.factors.outputs }, data);
      } finally {
        tf.dispose(products);
      }
    }
  }
}

/** K += product [height·C, width·C]. */
export function addBlock(
  { matrices, size }: Sink,
  { row, column, height, width, outputs }: Block,
  product: Float32Array,
): void {
  const across = width * outputs;
  for (const matrix of matrices) {
    let at = 0;
    for (let i = 0; i < height * outputs; i++) {
      const from = (row * outputs + i) * size + column * outputs;
      for (let to = from; to < from + across; to++) matrix[to]! += product[at++]!;
    }
  }
}

/**
 * K += Σₛₜ a(is, jt) · d(ics, jdt), summed over pairs of positions, and, with the bias behind the weight,
 * K += d(ic, jd).
 */
export function addPairedBlock(
  sink: Sink,
  biasSink: Sink | undefined,
  block: Block,
  a: Float32Array,
  d: Float32Array,
  positions: number,
): void {
  const [whole] = sink.matrices as [Float64Array];
  // The bias is as one more activation that is 1.
  const one = positions === 1 && biasSink?.matrices[0] === whole ? 1 : 0;
  sink.matrices.forEach((matrix, m) => {
    if (positions === 1) addScaledBlock(matrix, sink.size, block, a, d, m === 0 ? one : 0);
    else addSummedPairs(matrix, sink.size, block, a, d, positions);
  });
  if (biasSink !== undefined) {
    const { matrices, size } = biasSink;
    addBlock({ matrices: matrices.slice(one), size }, block, d);
  }
}

/** K(ic, jd) += (a(i, j) + more) · d(ic, jd). */
function addScaledBlock(
  matrix: Float64Array,
  size: number,
  { row, column, height, width, outputs }: Block,
  a: Float32Array,
  d: Float32Array,
  more: number,
): void {
  let at = 0;
  for (let i = 0; i < height; i++) {
    for (let c = 0; c < outputs; c++) {
      let to = ((row + i) * outputs + c) * size + column * outputs;
      for (let j = i * width; j < (i + 1) * width; j++) {
        const scale = a[j]! + more;
        for (let e = 0; e < outputs; e++) matrix[to++]! += scale * d[at++]!;
      }
    }
  }
}

function addSummedPairs(
  matrix: Float64Array,
  size: number,
  { row, column, height, width, outputs }: Block,
  a: Float32Array,
  d: Float32Array,
  positions: number,
): void {
  const across = width * positions;
  for (let i = 0; i < height * outputs; i++) {
    const example = Math.floor(i / outputs);
    const to = (row * outputs + i) * size + column * outputs;
    for (let s = 0; s < positions; s++) {
      const aRow = (example * positions + s) * across;
      let at = (i * positions + s) * across * outputs;
      for (let j = 0; j < width; j++) {
        const aFrom = aRow + j * positions;
        for (let e = 0; e < outputs; e++) {
          let sum = 0;
          for (let t = 0; t < positions; t++) sum += a[aFrom + t]! * d[at++]!;
          matrix[to + j * outputs + e]! += sum;
        }
      }
    }
  }
}
