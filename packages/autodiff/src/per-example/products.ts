import * as tf from "@tensorflow/tfjs-core";
import { columnsOf, columnUnit, type Activations } from "./activations.js";
import { flatColumns, type Factors, type ParameterFactor } from "./factors.js";
import { cheaperAsRows } from "./strategy.js";

/** A chunk of examples and where it begins. */
export interface Tile {
  start: number;
  factors: Factors;
}

/** Where inner products go: one or several matrices (nC)×(nC), row-major. */
export interface Sink {
  matrices: readonly Float64Array[];
  /** nC. */
  size: number;
}

/** Which tiles are multiplied: all pairs, or, of one list with itself, those on and below the diagonal. */
export interface Pairing {
  rows: readonly Tile[];
  columns: readonly Tile[];
  symmetric: boolean;
  /** Bytes that formed rows may take. */
  bytes: number;
  total: number;
}

type OuterFactor = Extract<ParameterFactor, { kind: "outer" }>;

/**
 * Adds a parameter's part of K for all pairs of tiles: ⟨gradient of output c of example i, gradient of output d of example j⟩.
 */
export async function addInnerProducts(pairing: Pairing, name: string, sink: Sink): Promise<void> {
  const tiles = pairing.symmetric ? pairing.rows : [...pairing.rows, ...pairing.columns];
  const factors = new Map(tiles.map((tile) => [tile, tile.factors.parameters[name]!]));
  const [first] = factors.values();
  if (first === undefined || first.kind === "unused") return;
  const ownRows = (tile: Tile): tf.Tensor2D => (factors.get(tile) as Extract<ParameterFactor, { kind: "rows" }>).rows;
  if (first.kind === "rows") {
    await addRowProducts(pairing, tiles, ownRows, sink);
    return;
  }
  const outer = (tile: Tile): OuterFactor => factors.get(tile) as OuterFactor;
  const { activations, signals } = first;
  const [outputs, signal] = [signals.shape[1], signals.shape[3]];
  if (!cheaperAsRows({ ...activations, signal, outputs, total: pairing.total })) {
    await addPairProducts(pairing, tiles, outer, sink);
    return;
  }
  const unit = columnUnit(activations);
  const examples = tiles.reduce((sum, { factors: { examples: count } }) => sum + count, 0);
  const fitting = Math.floor(pairing.bytes / (4 * examples * outputs * signal * unit));
  const step = Math.max(1, fitting) * unit;
  for (let from = 0; from < activations.width; from += step) {
    const to = Math.min(activations.width, from + step);
    await addRowProducts(pairing, tiles, (tile) => rowsOf(outer(tile), from, to), sink);
  }
}

/** Formed rows [n·C, …] of some columns of the activations. */
function rowsOf({ activations, signals }: OuterFactor, from: number, to: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [examples, outputs, positions, width] = signals.shape;
    const columns = columnsOf(activations, from, to);
    const across = tf.reshape(tf.transpose(signals, [0, 1, 3, 2]), [examples, outputs * width, positions]);
    return tf.reshape(tf.matMul(across, columns), [examples * outputs, width * (to - from)]);
  });
}

async function addRowProducts(
  pairing: Pairing,
  tiles: readonly Tile[],
  rowsOfTile: (tile: Tile) => tf.Tensor2D,
  sink: Sink,
): Promise<void> {
  const rows = new Map(tiles.map((tile) => [tile, tf.tidy(() => tf.clone(rowsOfTile(tile)))]));
  await forEachPair(pairing, {
    column: (tile) => [tf.transpose(rows.get(tile)!)],
    product: (tile, [column]) => [tf.matMul(rows.get(tile)!, column as tf.Tensor2D)],
    add: (at, [product]) => addTile(sink, at, product!),
  }).finally(() => tf.dispose([...rows.values()]));
}

async function addPairProducts(
  pairing: Pairing,
  tiles: readonly Tile[],
  outerOf: (tile: Tile) => OuterFactor,
  sink: Sink,
): Promise<void> {
  const flat = new Map(
    tiles.map((tile) => {
      const { activations, signals } = outerOf(tile);
      const columns = tf.tidy(() => tf.clone(flatColumns(activations)));
      return [tile, { columns, signals: tf.reshape(signals, [-1, signals.shape[3]]) }] as const;
    }),
  );
  const { positions } = outerOf(tiles[0]!).activations;
  await forEachPair(pairing, {
    column: (tile) => [tf.transpose(flat.get(tile)!.columns), tf.transpose(flat.get(tile)!.signals)],
    product: (tile, [columns, signals]) => [
      tf.matMul(flat.get(tile)!.columns, columns as tf.Tensor2D),
      tf.matMul(flat.get(tile)!.signals, signals as tf.Tensor2D),
    ],
    add: (at, [a, d]) => addPairTile(sink, at, a!, d!, positions),
  }).finally(() => {
    for (const { columns, signals } of flat.values()) tf.dispose([columns, signals]);
  });
}

/** A block of K: where it begins, and its numbers of examples. */
interface Block {
  row: number;
  column: number;
  height: number;
  width: number;
  outputs: number;
}

/** Multiplies each pair of tiles; what belongs to a column of tiles is made once. */
async function forEachPair(
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

function addTile(
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

/** K += Σₛₜ a(is, jt) · d(ics, jdt). */
function addPairTile(
  { matrices, size }: Sink,
  { row, column, height, width, outputs }: Block,
  a: Float32Array,
  d: Float32Array,
  positions: number,
): void {
  const [across, dAcross] = [width * positions, width * outputs * positions];
  for (let i = 0; i < height; i++) {
    for (let c = 0; c < outputs; c++) {
      const to = ((row + i) * outputs + c) * size + column * outputs;
      for (let j = 0; j < width; j++) {
        for (let e = 0; e < outputs; e++) {
          let sum = 0;
          for (let s = 0; s < positions; s++) {
            const aFrom = (i * positions + s) * across + j * positions;
            const dFrom = ((i * outputs + c) * positions + s) * dAcross + (j * outputs + e) * positions;
            for (let t = 0; t < positions; t++) sum += a[aFrom + t]! * d[dFrom + t]!;
          }
          for (const matrix of matrices) matrix[to + j * outputs + e]! += sum;
        }
      }
    }
  }
}

/** Bytes for each example that factors hold on to, in float32; tensors that share data count once. */
export function bytesPerExample({ examples, parameters }: Factors): number {
  const bytes = new Map<object, number>();
  const hold = (tensor: tf.Tensor): unknown => bytes.set(tensor.dataId, tensor.size * 4);
  for (const factor of Object.values(parameters)) {
    if (factor.kind === "rows") hold(factor.rows);
    if (factor.kind !== "outer") continue;
    hold(factor.signals);
    hold(imagesOrTensor(factor.activations));
  }
  return [...bytes.values()].reduce((sum, each) => sum + each, 0) / examples;
}

const imagesOrTensor = (activations: Activations): tf.Tensor =>
  activations.kind === "dense" ? activations.tensor : activations.images;
