import * as tf from "@tensorflow/tfjs-core";
import { tapsOf, type Activations } from "./activations.js";
import { derivedRows } from "./derived-rows.js";
import { indicator } from "./indicator.js";
import type { ParameterView } from "./origins.js";
import { outerRows } from "./outer-rows.js";
import type { Replay, Use } from "./replay.js";

/** The result of one backward walk for one parameter. */
export type Piece = { kind: "signals"; signals: tf.Tensor3D } | { kind: "rows"; rows: tf.Tensor2D };

/** How the gradient of a parameter is kept; without activations as rows. */
export interface Plan {
  activations?: Activations;
  /** Rows may stay in the order that the kernel gives. */
  anyOrder: boolean;
}

/**
 * Per-example gradients for given cotangents: row i is Jᵢᵀ·cotangentᵢ, in the order of each parameter.
 *
 * @param walks - How many walks over this replay there will be.
 * @returns For each name [n, entries].
 */
export function rowsFor(
  replay: Replay,
  cotangents: tf.Tensor,
  params: tf.NamedTensorMap,
  walks: number,
): Record<string, tf.Tensor2D> {
  return tf.tidy(() => {
    const pieces = walkOnce(replay, cotangents, params, new Map(), walks);
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

/**
 * Walks backwards once and keeps for each parameter what its plan says.
 *
 * @param walks - How many walks over this replay there will be: what several of them need is made once.
 */
export function walkOnce(
  replay: Replay,
  cotangents: tf.Tensor,
  params: tf.NamedTensorMap,
  plans: ReadonlyMap<string, Plan>,
  walks: number,
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
    replay.walk(cotangents, walks, (use, signal) => {
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
        const own = formedRows(replay, use, signal, walks);
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

/** Bytes of patches that are held for further walks; more are made again for each, place by place of the filter. */
const heldBytes = 2 ** 26;

function formedRows({ held }: Replay, { rule }: Use, signal: tf.Tensor, walks: number): tf.Tensor2D {
  if (rule.kind === "rows") return rule.rows(signal);
  const { activations, major } = rule;
  const holds = walks > 1 && activations.kind === "patches" && bytesOfPatches(activations) <= heldBytes;
  const taps = holds ? held.of(activations, () => tapsOf(activations)) : undefined;
  return outerRows(activations, rule.signals(signal), major, taps);
}

const bytesOfPatches = ({ examples, positions, width }: Extract<Activations, { kind: "patches" }>): number =>
  4 * examples * positions * width;

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
