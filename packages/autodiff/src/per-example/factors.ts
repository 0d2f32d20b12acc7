import * as tf from "@tensorflow/tfjs-core";
import type { Applicable } from "../products/square-loss.js";
import type { Activations } from "./activations.js";
import { oneOutput, walkOnce, type Piece, type Plan } from "./pieces.js";
import { replayOf, type Replay, type Use } from "./replay.js";
import { cheaperAsRows, type Sizes } from "./strategy.js";
import { tidied } from "./tidied.js";

/** The rows of the Jacobian that belong to one parameter, for a chunk of examples: (i, c) counts rows. */
export type ParameterFactor =
  | { kind: "unused" }
  /** In the rows of another parameter. */
  | { kind: "joined" }
  /** [n·C, entries], in the order of the parameter or in another that is the same for every chunk; perhaps of several. */
  | { kind: "rows"; rows: tf.Tensor2D }
  /** Σₛ activationᵢₛ ⊗ signalᵢ꜀ₛ, not formed; signals are [n, C, positions, width]. */
  | { kind: "outer"; activations: Activations; signals: tf.Tensor4D };

/** A chunk of examples, ready for inner products. The caller disposes its tensors. */
export interface Factors {
  examples: number;
  outputs: number;
  /** The outputs [n, C]. */
  predictions: tf.Tensor2D;
  parameters: Record<string, ParameterFactor>;
}

/**
 * Factors of all parameters for a chunk, from one forward and C backward passes.
 *
 * @param total - Number of examples that each row will be multiplied with; decides between rows and outer products.
 * @param joins - Whether rows of several parameters may become one factor, for one product in place of several.
 * @param seen - Told the bytes that the passes take and that grow with the number of examples.
 */
export function factorsOf(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  { total, joins, caller, seen }: { total: number; joins: boolean; caller: string; seen?: (bytes: number) => void },
): Factors {
  return tidied(() => {
    const replay = replayOf(model, params, x, caller);
    try {
      const { examples, outputs, values } = replay;
      const plans = plansOf(replay, params, total);
      const pieces = Array.from({ length: outputs }, (_, output) =>
        walkOnce(replay, oneOutput(replay, output), params, plans, outputs),
      );
      seen?.(bytesOfPasses(replay));
      const stacked = stacking();
      const joint = joins ? rowsWithoutSignals(pieces[0]!) : [];
      const factorOf = (name: string): ParameterFactor => {
        const own = pieces.map((piece) => piece[name]);
        if (own[0] === undefined) return { kind: "unused" };
        const activations = plans.get(name)?.activations;
        if (activations && own[0].kind === "signals") {
          const signals = own.map((piece) => (piece as Extract<Piece, { kind: "signals" }>).signals);
          return { kind: "outer", activations, signals: stacked(signals) as tf.Tensor4D };
        }
        if (!joint.includes(name)) {
          return { kind: "rows", rows: tf.reshape(stacked(own.map(rowsOf)), [examples * outputs, -1]) };
        }
        if (name !== joint[0]) return { kind: "joined" };
        const all = pieces.flatMap((piece) => joint.map((each) => rowsOf(piece[each])));
        return { kind: "rows", rows: tf.reshape(tf.concat(all, 1), [examples * outputs, -1]) };
      };
      const parameters = Object.fromEntries(Object.keys(params).map((name) => [name, factorOf(name)]));
      const predictions = tf.clone(tf.reshape<tf.Rank.R2>(values, [examples, outputs]));
      return { examples, outputs, predictions, parameters };
    } finally {
      replay.dispose();
    }
  });
}

const rowsOf = (piece: Piece | undefined): tf.Tensor2D => (piece as Extract<Piece, { kind: "rows" }>).rows;

/** Names of parameters whose rows are formed, without biases whose rows are the signals of a weight. */
function rowsWithoutSignals(pieces: Readonly<Record<string, Piece>>): string[] {
  const shared = new Set(
    Object.values(pieces).flatMap((piece) => (piece.kind === "signals" ? [piece.signals.dataId] : [])),
  );
  return Object.entries(pieces).flatMap(([name, piece]) =>
    piece.kind === "rows" && !shared.has(piece.rows.dataId) ? [name] : [],
  );
}

/** Bytes that grow with the number of examples; gradients on the way take about as much as what the tape saved. */
const bytesOfPasses = ({ batchBytes, held }: Replay): number => 2 * batchBytes + held.bytes();

function plansOf(replay: Replay, params: tf.NamedTensorMap, total: number): Map<string, Plan> {
  const plans = new Map<string, Plan>();
  const derived = replay.uses.some(({ view }) => view === undefined);
  for (const name of Object.keys(params)) {
    const uses = replay.uses.filter(({ view }) => view?.name === name);
    const plan: Plan = { anyOrder: uses.length === 1 && !derived };
    const activations = derived ? undefined : sharedActivations(uses);
    if (activations !== undefined) {
      const sizes: Sizes = {
        ...activations,
        signal: params[name]!.size / activations.width,
        outputs: replay.outputs,
        total,
      };
      if (!(cheaperAsRows(sizes) && params[name]!.size <= sizes.positions * sizes.signal))
        plan.activations = activations;
    }
    plans.set(name, plan);
  }
  return plans;
}

/** The activations of a parameter used once, or several times in the same way: then positions are joined. */
export function sharedActivations(uses: readonly Use[]): Activations | undefined {
  const [first] = uses;
  if (first?.rule.kind !== "outer") return undefined;
  if (uses.length === 1) return first.rule.activations;
  const parts: tf.Tensor3D[] = [];
  for (const { rule, view } of uses) {
    if (rule.kind !== "outer" || rule.activations.kind !== "dense" || rule.major !== first.rule.major) return undefined;
    if (view!.permutations.length > 0 || rule.activations.width !== first.rule.activations.width) return undefined;
    parts.push(rule.activations.tensor);
  }
  const tensor = tf.concat(parts, 1);
  return { kind: "dense", tensor, positions: tensor.shape[1], width: tensor.shape[2] };
}

/** Stacks tensors along a new second axis; lists of the same data get the same data, as a weight and its bias do. */
function stacking(): (tensors: readonly tf.Tensor[]) => tf.Tensor {
  const known = new Map<object, { tensors: readonly tf.Tensor[]; stack: tf.Tensor }[]>();
  return (tensors) => {
    const [first] = tensors as [tf.Tensor];
    if (tensors.length === 1) return tf.expandDims(first, 1);
    const [, ...shape] = first.shape;
    const alike = known.get(first.dataId) ?? [];
    const found = alike.find(({ tensors: others }) => others.every(({ dataId }, i) => dataId === tensors[i]!.dataId));
    if (found !== undefined) return tf.reshape(found.stack, [first.shape[0], tensors.length, ...shape]);
    const stack = tf.stack([...tensors], 1);
    known.set(first.dataId, [...alike, { tensors, stack }]);
    return stack;
  };
}
