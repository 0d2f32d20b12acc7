import * as tf from "@tensorflow/tfjs-core";
import { columnsOf, type Activations } from "./activations.js";
import { sharedActivations } from "./factors.js";
import { walkOnce, type Plan } from "./pieces.js";
import type { Replay } from "./replay.js";
import { cheaperInPairs } from "./strategy.js";

/** Squared norms, and the bytes that grow with the number of examples. */
export interface SquaredNorms {
  /** [parameters in use, n]; summed over the first axis it is the squared norm over all parameters. */
  parts: tf.Tensor2D;
  bytes: number;
}

/** ‖Jᵢᵀ·cotangentᵢ‖² of every example, parameter by parameter, from one backward walk. The caller disposes the parts. */
export function squaredNormsFor(replay: Replay, cotangents: tf.Tensor, params: tf.NamedTensorMap): SquaredNorms {
  const plans = pairPlans(replay, params);
  const formed = Object.entries(params).reduce(
    (sum, [name, { size }]) => sum + (plans.get(name)!.activations === undefined ? size : 0),
    0,
  );
  const parts = tf.tidy(() => {
    const pieces = walkOnce(replay, cotangents, params, plans, 1);
    const parts = Object.entries(pieces).map(([name, piece]) =>
      piece.kind === "signals"
        ? squaredNormsOfPairs(plans.get(name)!.activations!, piece.signals)
        : squaredNorms(piece.rows),
    );
    return tf.stack(parts) as tf.Tensor2D;
  });
  // Gradients on the way take about as much as what the tape saved; rows are there twice while they are put together.
  return { parts, bytes: 2 * replay.batchBytes + 8 * replay.examples * formed };
}

/** Squared norms [n] of the entries of each example [n, …]. Not tf.norm, which takes powers number by number. */
export const squaredNorms = (tensor: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.sum(tf.reshape(tf.square(tensor), [tensor.shape[0], -1]), 1));

/** ‖Σₛ aₛ ⊗ dₛ‖² = Σₛₜ (aₛ·aₜ)(dₛ·dₜ) for each example [n]; for one position ‖a‖²‖d‖². */
function squaredNormsOfPairs(activations: Activations, signals: tf.Tensor3D): tf.Tensor {
  const columns = columnsOf(activations);
  if (activations.positions === 1) return tf.mul(squaredNorms(columns), squaredNorms(signals));
  return tf.sum(tf.mul(tf.matMul(columns, columns, false, true), tf.matMul(signals, signals, false, true)), [1, 2]);
}

/** Gradients that need not be formed are kept as signals. */
function pairPlans(replay: Replay, params: tf.NamedTensorMap): Map<string, Plan> {
  const derived = replay.uses.some(({ view }) => view === undefined);
  return new Map(
    Object.entries(params).map(([name, { size }]): [string, Plan] => {
      const uses = replay.uses.filter(({ view }) => view?.name === name);
      // The order of the entries does not matter for a norm, as long as it is one order.
      const plan: Plan = { anyOrder: uses.length === 1 && !derived };
      const activations = derived ? undefined : sharedActivations(uses);
      if (activations && cheaperInPairs({ ...activations, signal: size / activations.width })) {
        plan.activations = activations;
      }
      return [name, plan];
    }),
  );
}
