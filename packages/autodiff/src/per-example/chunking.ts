import type * as tf from "@tensorflow/tfjs-core";
import { columnUnit } from "./activations.js";
import type { Factors } from "./factors.js";
import { cheaperAsRows } from "./strategy.js";

/** How examples are cut up. */
export interface Chunking {
  /** Groups of tiles; the tiles of two groups are in memory at a time. */
  groups: [start: number, length: number][][];
  /** Bytes that formed rows may take. */
  rowBytes: number;
}

/** Rows of K in a tile, from which on larger tiles multiply no faster. */
const enoughRows = 256;

/**
 * Cuts examples into tiles, on which the model is evaluated and which are multiplied at a time, and these into groups of which two
 * fit in memory. A quarter of the bytes is for the passes of a tile, one for products, one for rows, and one for each of two groups
 * (the passes are over by then).
 */
export function chunkingOf(
  probe: Factors,
  { total, passBytes, chunkBytes }: { total: number; passBytes: number; chunkBytes: number },
): Chunking {
  const { examples, outputs, parameters } = probe;
  const quarter = chunkBytes / 4;
  const bounds = [total, quarter / (passBytes / examples)];
  for (const factor of Object.values(parameters)) {
    const entryBytes = 12;
    bounds.push(Math.sqrt(quarter / entryBytes) / outputs);
    if (factor.kind !== "outer") continue;
    const { activations, signals } = factor;
    const signal = signals.shape[3];
    if (cheaperAsRows({ ...activations, signal, outputs, total })) {
      bounds.push(quarter / (4 * 4 * outputs * signal * columnUnit(activations)));
    } else {
      bounds.push(Math.sqrt(quarter / entryBytes) / (outputs * activations.positions));
    }
  }
  // About eight tiles per side keep the work near one half of K without many small tiles.
  const wanted = Math.max(enoughRows / outputs, total / 8);
  const tile = Math.max(1, Math.floor(Math.min(wanted, ...bounds)));
  const kept = quarter / bytesPerExample(probe);
  const tilesInGroup = total <= 2 * kept ? Infinity : Math.max(1, Math.floor(kept / tile));
  const groups: Chunking["groups"] = [];
  for (let start = 0; start < total; start += tile) {
    const last = groups.at(-1);
    const next: [number, number] = [start, Math.min(tile, total - start)];
    if (last !== undefined && last.length < tilesInGroup) last.push(next);
    else groups.push([next]);
  }
  return { groups, rowBytes: quarter };
}

/** Bytes per example that the factors hold, in float32; tensors that share data count once. */
export function bytesPerExample({ examples, parameters }: Factors): number {
  const bytes = new Map<object, number>();
  const hold = ({ dataId, size }: tf.Tensor): unknown => bytes.set(dataId, size * 4);
  for (const factor of Object.values(parameters)) {
    if (factor.kind === "rows") hold(factor.rows);
    if (factor.kind !== "outer") continue;
    hold(factor.signals);
    hold(factor.activations.kind === "dense" ? factor.activations.tensor : factor.activations.images);
  }
  return [...bytes.values()].reduce((sum, each) => sum + each, 0) / examples;
}
