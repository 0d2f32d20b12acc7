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

/** Multiplies each pair of tiles; what belongs to a column of tiles is made once. */
export async function forEachPair(
  { rows, columns, symmetric }: Pairing,
  make: {
    column(tile: Tile): tf.Tensor[];
    product(tile: Tile, column: readonly tf.Tensor[]): tf.Tensor[];
    add(at: Block, products: readonly Float32Array[]): void;
  },
): Promise<void> {
  for (const [j, right] of columns.entries()) {
    const column = tf.tidy(() => make.column(right));
    try {
      for (const left of symmetric ? rows.slice(j) : rows) {
        const products = tf.tidy(() => make.product(left, column));
        try {
          const data = await Promise.all(products.map((product) => product.data<"float32">()));
          const [height, width] = [left.factors.examples, right.factors.examples];
          make.add({ row: left.start, column: right.start, height, width, outputs: left.factors.outputs }, data);
        } finally {
          tf.dispose(products);
        }
      }
    } finally {
      tf.dispose(column);
    }
  }
}

/** K += product [height·C, width·C]. */
export function addBlock(
  { matrices, size }: Sink,
  { row, column, height, width, outputs }: Block,
  product: Float32Array,
): void {
  const [down, across] = [height * outputs, width * outputs];
  for (const matrix of matrices) {
    for (let i = 0; i < down; i++) {
      const to = (row * outputs + i) * size + column * outputs;
      const from = i * across;
      for (let j = 0; j < across; j++) matrix[to + j]! += product[from + j]!;
    }
  }
}

/** K += Σₛₜ a(is, jt) · d(ics, jdt), summed over pairs of positions. */
export function addPairedBlock(sink: Sink, block: Block, a: Float32Array, d: Float32Array, positions: number): void {
  const { row, column, height, width, outputs } = block;
  const across = width * positions;
  for (const matrix of sink.matrices) {
    for (let i = 0; i < height * outputs; i++) {
      const example = Math.floor(i / outputs);
      const to = (row * outputs + i) * sink.size + column * outputs;
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
}
