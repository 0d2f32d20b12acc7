import * as tf from "@tensorflow/tfjs-core";
import type { NamedTensors } from "../products/named-tensors.js";
import type { Applicable } from "../products/square-loss.js";
import type { Activations } from "./activations.js";
import { derivedRows } from "./derived-rows.js";
import { indicator } from "./indicator.js";
import type { ParameterView } from "./origins.js";
import { outerRows } from "./outer-rows.js";
import { replayOf, type Replay, type Use } from "./replay.js";
import { cheaperAsRows, type Sizes } from "./strategy.js";
import { tidied } from "./tidied.js";

/** The rows of the Jacobian that belong to one parameter, for a chunk of examples: (i, c) counts rows. */
export type ParameterFactor =
  | { kind: "unused" }
  /** [n·C, entries], in the order of the parameter or in another that is the same for every chunk. */
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

/** What one backward walk leaves of a parameter. */
type Piece = { kind: "signals"; signals: tf.Tensor3D } | { kind: "rows"; rows: tf.Tensor2D };

/**
 * Factors of all parameters for a chunk, from one forward and C backward passes.
 *
 * @param total - Number of examples that each row will be multiplied with; decides between rows and outer products.
 * @param seen - Told the bytes of the tape that grow with the number of examples.
 */
export function factorsOf(
  model: Applicable,
  params: NamedTensors,
  x: tf.Tensor,
  { total, caller, seen }: { total: number; caller: string; seen?: (tapeBytes: number) => void },
): Factors {
  return tidied(() => {
    const replay = replayOf(model, params, x, caller);
    try {
      seen?.(replay.batchBytes);
      const { examples, outputs, values } = replay;
      const plans = plansOf(replay, params, total);
      const pieces = Array.from({ length: outputs }, (_, output) =>
        walkOnce(replay, oneOutput(replay, output), params, plans),
      );
      const stacked = stacking();
      const parameters = Object.keys(params).map((name): [string, ParameterFactor] => {
        const own = pieces.map((piece) => piece[name]);
        if (own[0] === undefined) return [name, { kind: "unused" }];
        const plan = plans.get(name);
        if (plan?.activations && own[0].kind === "signals") {
          const signals = own.map((piece) => (piece as Extract<Piece, { kind: "signals" }>).signals);
          return [name, { kind: "outer", activations: plan.activations, signals: stacked(signals) as tf.Tensor4D }];
        }
        const rows = own.map((piece) => (piece as Extract<Piece, { kind: "rows" }>).rows);
        return [name, { kind: "rows", rows: tf.reshape(stacked(rows), [examples * outputs, -1]) }];
      });
      const predictions = tf.clone(tf.reshape<tf.Rank.R2>(values, [examples, outputs]));
      return { examples, outputs, predictions, parameters: Object.fromEntries(parameters) };
    } finally {
      replay.dispose();
    }
  });
}

/**
 * Per-example gradients for given cotangents: row i is Jᵢᵀ·cotangentᵢ, in the order of each parameter.
 *
 * @returns For each name [n, entries].
 */
export function rowsFor(replay: Replay, cotangents: tf.Tensor, params: NamedTensors): Record<string, tf.Tensor2D> {
  return tf.tidy(() => {
    const pieces = walkOnce(replay, cotangents, params, new Map());
    const entries = Object.entries(params).map(([name, { size }]): [string, tf.Tensor2D] => {
      const piece = pieces[name];
      return [name, piece?.kind === "rows" ? piece.rows : tf.zeros([replay.examples, size])];
    });
    return Object.fromEntries(entries);
  });
}

/** Cotangents that pick out one output of every example. */
export function oneOutput({ values, outputs }: Pick<Replay, "values" | "outputs">, output: number): tf.Tensor {
  if (outputs === 1) return tf.ones(values.shape);
  return tf.tile(tf.reshape(indicator(outputs, output), [1, outputs]), [values.shape[0], 1]);
}

/** How the gradient of a parameter is kept; without activations as rows. */
interface Plan {
  activations?: Activations;
  /** Rows may stay in the order that the kernel gives. */
  anyOrder: boolean;
}

function plansOf(replay: Replay, params: NamedTensors, total: number): Map<string, Plan> {
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
function sharedActivations(uses: readonly Use[]): Activations | undefined {
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

function walkOnce(
  replay: Replay,
  cotangents: tf.Tensor,
  params: NamedTensors,
  plans: ReadonlyMap<string, Plan>,
): Record<string, Piece> {
  return tf.tidy(() => {
    const signals = new Map<Use, tf.Tensor3D>();
    const rows = new Map<string, tf.Tensor2D>();
    const derived = new Map<tf.Tensor, tf.Tensor2D>();
    const add = <Key>(sums: Map<Key, tf.Tensor2D>, key: Key, next: tf.Tensor2D): void => {
      const sofar = sums.get(key);
      sums.set(key, sofar === undefined ? next : tf.add(sofar, next));
      if (sofar !== undefined) tf.dispose([sofar, next]);
    };
    replay.walk(cotangents, (use, signal) => {
      const { rule, view, tensor } = use;
      const plan = view && plans.get(view.name);
      if (plan?.activations && rule.kind === "outer") {
        signals.set(
          use,
          tf.tidy(() => rule.signals(signal)),
        );
        return;
      }
      const formed = tf.tidy(() => {
        const own = formedRows(use, signal);
        return view && plan?.anyOrder !== true ? inParameterOrder(own, view) : own;
      });
      if (view) add(rows, view.name, formed);
      else add(derived, tensor, formed);
    });
    if (derived.size > 0) {
      for (const [name, more] of derivedRows(replay, derived)) add(rows, name, more);
    }
    const pieces = Object.keys(params).flatMap((name): [string, Piece][] => {
      const own = replay.uses.flatMap((use) => (use.view?.name === name ? (signals.get(use) ?? []) : []));
      if (own.length > 0) return [[name, { kind: "signals", signals: own.length === 1 ? own[0]! : tf.concat(own, 1) }]];
      const sum = rows.get(name);
      return sum === undefined ? [] : [[name, { kind: "rows", rows: sum }]];
    });
    return Object.fromEntries(pieces);
  });
}

function formedRows({ rule }: Use, signal: tf.Tensor): tf.Tensor2D {
  if (rule.kind === "rows") return rule.rows(signal);
  return outerRows(rule.activations, rule.signals(signal), rule.major);
}

/** Undoes the permutations of axes between a parameter and the view of it that was used. */
function inParameterOrder(rows: tf.Tensor2D, { permutations }: ParameterView): tf.Tensor2D {
  const [count, entries] = rows.shape;
  let ordered: tf.Tensor = rows;
  for (const { shape, perm } of [...permutations].reverse()) {
    const inverse = shape.map((_, axis) => perm.indexOf(axis) + 1);
    const permuted = tf.reshape(ordered, [count, ...perm.map((axis) => shape[axis]!)]);
    ordered = tf.transpose(permuted, [0, ...inverse]);
  }
  return tf.reshape(ordered, [count, entries]);
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
