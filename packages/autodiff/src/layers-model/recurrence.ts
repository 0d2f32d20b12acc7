import * as tf from "@tensorflow/tfjs-core";
import type { Call, LayerLike } from "./layer.js";

/** The part of a cell of `@tensorflow/tfjs-layers` 4 that is used. */
interface Cell {
  stateSize: number | number[];
  call(inputs: tf.Tensor[], kwargs: { training: boolean }): tf.Tensor[];
  dropout?: number;
  recurrentDropout?: number;
}

interface Recurrent {
  cell: Cell;
  goBackwards: boolean;
  returnSequences: boolean;
  returnState: boolean;
}

const kinds: ReadonlySet<string> = new Set(["SimpleRNN", "GRU", "LSTM", "RNN"]);

/**
 * A recurrent layer with its examples first at every step; the layer itself puts time first, where single examples have no rule. Masks,
 * initial states and returned states are left to the layer.
 */
export function recurrence(layer: LayerLike, own: Call): Call | undefined {
  const { cell, goBackwards, returnSequences, returnState } = layer as unknown as Recurrent;
  if (!kinds.has(layer.getClassName?.() ?? "") || returnState) return undefined;
  return (inputs, kwargs) => {
    const given = [inputs].flat() as tf.Tensor[];
    const { mask, initialState } = (kwargs ?? {}) as { mask?: unknown; initialState?: unknown };
    const masked = [mask].flat().some((each) => each != null);
    if (given.length !== 1 || given[0]!.rank !== 3 || masked || initialState != null) return own(inputs, kwargs);
    const [x] = given as [tf.Tensor3D];
    return tf.tidy(() => withoutDropout(cell, () => run(cell, x, { goBackwards, returnSequences })));
  };
}

function run(
  cell: Cell,
  x: tf.Tensor3D,
  { goBackwards, returnSequences }: Pick<Recurrent, "goBackwards" | "returnSequences">,
): tf.Tensor {
  const [examples, steps, width] = x.shape;
  // Zeros of the batch, not of anybody: what the recurrent weights make of them belongs to each example.
  const zeros = tf.zerosLike(tf.reshape(tf.slice(x, [0, 0, 0], [examples, 1, 1]), [examples, 1]));
  let states: tf.Tensor[] = [cell.stateSize].flat().map((size) => tf.tile(zeros, [1, size]));
  const outputs: tf.Tensor[] = [];
  for (let step = 0; step < steps; step++) {
    const at = goBackwards ? steps - 1 - step : step;
    const now = tf.reshape(tf.slice(x, [0, at, 0], [examples, 1, width]), [examples, width]);
    const [output, ...next] = cell.call([now, ...states], { training: false }) as [tf.Tensor, ...tf.Tensor[]];
    outputs.push(output);
    states = next;
  }
  return returnSequences ? tf.stack(outputs, 1) : outputs.at(-1)!;
}

/** Cells keep the masks of their dropout, of the size of the batch; in inference there is none. */
function withoutDropout<T>(cell: Cell, body: () => T): T {
  const own: [Cell, Pick<Cell, "dropout" | "recurrentDropout">][] = [];
  const { cells } = cell as { cells?: Cell[] };
  for (const each of cells ?? [cell]) {
    const { dropout, recurrentDropout } = each;
    own.push([
      each,
      {
        ...(dropout === undefined ? {} : { dropout }),
        ...(recurrentDropout === undefined ? {} : { recurrentDropout }),
      },
    ]);
    Object.assign(each, { dropout: 0, recurrentDropout: 0 });
  }
  try {
    return body();
  } finally {
    for (const [each, rates] of own) Object.assign(each, rates);
  }
}
