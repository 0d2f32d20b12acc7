import * as tf from "@tensorflow/tfjs-core";
import { columnsOf, columnUnit } from "./activations.js";
import type { Factors, ParameterFactor } from "./factors.js";
import { cheaperAsRows } from "./strategy.js";
import { addBlock, addPairedBlock, forEachPair, tilesOf, type Pairing, type Sink, type Tile } from "./tiles.js";

type OuterFactor = Extract<ParameterFactor, { kind: "outer" }>;

/** One parameter, or a weight together with the bias behind it: both need the same products of signals. */
export interface Unit {
  name: string;
  bias?: string;
}

/** Groups the parameters of a network for {@link addInnerProducts}. */
export function unitsOf({ parameters }: Factors): Unit[] {
  const bySignals = new Map<object, Unit>();
  const units: Unit[] = [];
  for (const [name, factor] of Object.entries(parameters)) {
    if (factor.kind !== "outer") continue;
    const unit: Unit = { name };
    units.push(unit);
    if (factor.activations.positions === 1) bySignals.set(factor.signals.dataId, unit);
  }
  for (const [name, factor] of Object.entries(parameters)) {
    if (factor.kind !== "rows") continue;
    const unit = bySignals.get(factor.rows.dataId);
    if (unit !== undefined && unit.bias === undefined) unit.bias = name;
    else units.push({ name });
  }
  return units;
}

/**
 * Adds the part of a unit to K for all pairs of tiles: ⟨gradient of output c of example i, gradient of output d of example j⟩.
 *
 * @param bytes - That formed rows may take.
 * @param total - Number of examples that each is multiplied with.
 * @param sinkOf - Where the part of a parameter goes.
 */
export async function addInnerProducts(
  pairing: Pairing,
  { name, bias }: Unit,
  { bytes, total, sinkOf }: { bytes: number; total: number; sinkOf: (name: string) => Sink },
): Promise<void> {
  const tiles = tilesOf(pairing);
  const [first] = tiles.map(({ factors }) => factors.parameters[name]!);
  if (first?.kind === "rows") {
    await addRowProducts(pairing, (tile) => formed(tile, name), sinkOf(name));
  }
  if (first?.kind !== "outer") return;
  const { activations, signals } = first;
  const [outputs, signal] = [signals.shape[1], signals.shape[3]];
  if (!cheaperAsRows({ ...activations, signal, outputs, total })) {
    await addPairProducts(pairing, name, sinkOf(name), bias === undefined ? undefined : sinkOf(bias));
    return;
  }
  const examples = tiles.reduce((sum, { factors: { examples: count } }) => sum + count, 0);
  const piece = columnUnit(activations);
  const step = Math.max(1, Math.floor(bytes / (4 * examples * outputs * signal * piece))) * piece;
  for (let from = 0; from < activations.width; from += step) {
    const to = Math.min(activations.width, from + step);
    await addRowProducts(pairing, (tile) => rowsOf(outerOf(tile, name), from, to), sinkOf(name));
  }
  if (bias !== undefined) await addRowProducts(pairing, (tile) => formed(tile, bias), sinkOf(bias));
}

const outerOf = ({ factors }: Tile, name: string): OuterFactor => factors.parameters[name] as OuterFactor;

const formed = ({ factors }: Tile, name: string): tf.Tensor2D =>
  tf.clone((factors.parameters[name] as Extract<ParameterFactor, { kind: "rows" }>).rows);

/** Formed rows [n·C, …] of some columns of the activations. */
function rowsOf({ activations, signals }: OuterFactor, from: number, to: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [examples, outputs, positions, width] = signals.shape;
    // Not [n, 1, …] times [n, C, …]: the cpu backend pairs examples wrongly where it broadcasts.
    const across = tf.reshape(tf.transpose(signals, [0, 1, 3, 2]), [examples, outputs * width, positions]);
    const rows = tf.matMul(across, columnsOf(activations, from, to));
    return tf.reshape(rows, [examples * outputs, width * (to - from)]);
  });
}

async function addRowProducts(pairing: Pairing, rowsOfTile: (tile: Tile) => tf.Tensor2D, sink: Sink): Promise<void> {
  const rows = new Map(tilesOf(pairing).map((tile) => [tile, rowsOfTile(tile)]));
  try {
    await forEachPair(
      pairing,
      (left, right) => [tf.matMul(rows.get(left)!, rows.get(right)!, false, true)],
      (at, [product]) => addBlock(sink, at, product!),
    );
  } finally {
    tf.dispose([...rows.values()]);
  }
}

async function addPairProducts(pairing: Pairing, name: string, sink: Sink, biasSink: Sink | undefined): Promise<void> {
  const flat = new Map(
    tilesOf(pairing).map((tile) => {
      const { activations, signals } = outerOf(tile, name);
      const columns = tf.tidy(() => tf.reshape<tf.Rank.R2>(columnsOf(activations), [-1, activations.width]));
      return [tile, { columns, signals: tf.reshape<tf.Rank.R2>(signals, [-1, signals.shape[3]]) }] as const;
    }),
  );
  const { positions } = outerOf(pairing.rows[0]!, name).activations;
  try {
    await forEachPair(
      pairing,
      (left, right) => {
        const [a, b] = [flat.get(left)!, flat.get(right)!];
        return [tf.matMul(a.columns, b.columns, false, true), tf.matMul(a.signals, b.signals, false, true)];
      },
      (at, [a, d]) => addPairedBlock(sink, biasSink, at, a!, d!, positions),
    );
  } finally {
    for (const { columns, signals } of flat.values()) tf.dispose([columns, signals]);
  }
}
