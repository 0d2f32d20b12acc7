import type * as tf from "@tensorflow/tfjs-core";
import type { ChunkedSum, Linearization, OperatorOptions } from "./chunked.js";
import type { Examples, Unlabelled } from "./examples.js";
import { layoutOf, type ParameterSlot } from "./layout.js";
import { pick } from "./named-tensors.js";
import { hessianSum, jacobianSum } from "./operators.js";
import type { Applicable } from "./square-loss.js";

/** Two sets of parameters, by name: those of the results of a block, and those of its arguments. */
export interface BlockNames {
  rows: readonly string[];
  columns: readonly string[];
}

/** A rectangular block of a curvature matrix, as a linear map between flat vectors of some of the parameters. */
export interface BlockOperator {
  /** Where each parameter lies in a result, and in an argument. */
  rows: readonly ParameterSlot[];
  columns: readonly ParameterSlot[];
  /** A·v with v of the size of all columns. */
  apply: (v: Float64Array) => Promise<Float64Array>;
  /** Aᵀ·u with u of the size of all rows. */
  applyTransposed: (u: Float64Array) => Promise<Float64Array>;
  /** Several products that share the passes that are not kept; see `TensorOperator`. */
  applyBlock: (vectors: readonly Float64Array[]) => Promise<Float64Array[]>;
  /** Frees parameters, examples and recorded passes. */
  dispose: () => void;
}

/**
 * The block ∂²L/∂θₐ∂θᵦ of the Hessian of the square loss between two sets of parameters, which may be the same or overlap.
 * Chunks, weights and precision as in `hessianOperator`; a product walks only what connects the two sets.
 *
 * @returns The caller disposes it.
 * @throws AutodiffError as `hessianOperator`.
 */
export function hessianBlock(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Examples,
  { rows, columns }: BlockNames,
  options: OperatorOptions = {},
): BlockOperator {
  const caller = "hessianBlock";
  const sum = hessianSum(model, params, data, { ...options, names: [...rows, ...columns], caller });
  return blockOf(sum, { rows, columns }, caller, (at, to, from) => at.block(to, from));
}

/**
 * The block (1/n) Σᵢ Jᵢₐᵀ Jᵢᵦ of the Gauss–Newton matrix between two sets of parameters. See {@link hessianBlock}.
 *
 * @returns The caller disposes it.
 * @throws AutodiffError as `gaussNewtonOperator`.
 */
export function gaussNewtonBlock(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Unlabelled,
  { rows, columns }: BlockNames,
  options: OperatorOptions = {},
): BlockOperator {
  const caller = "gaussNewtonBlock";
  const sum = jacobianSum(model, params, data, { ...options, names: [...rows, ...columns], caller });
  return blockOf(sum, { rows, columns }, caller, (at, to, from) => {
    const [{ backward }, { forward }] = [at.columns(to), at.columns(from)];
    return (v) => backward(at.weighted(forward(v)));
  });
}

type Map = (v: tf.NamedTensorMap) => tf.NamedTensorMap;

function blockOf<L extends Linearization>(
  sum: ChunkedSum<L>,
  names: BlockNames,
  caller: string,
  mapOf: (at: L, to: readonly string[], from: readonly string[]) => Map,
): BlockOperator {
  const [rows, columns] = [pick(sum.free, names.rows, caller), pick(sum.free, names.columns, caller)];
  /** Paths through a recording are found once for each recording that is kept. */
  const remembered = (to: readonly string[], from: readonly string[]): ((at: L) => Map) => {
    const maps = new WeakMap<L, Map>();
    return (at) => {
      const map = maps.get(at) ?? mapOf(at, to, from);
      maps.set(at, map);
      return map;
    };
  };
  const [there, back] = [remembered(names.rows, names.columns), remembered(names.columns, names.rows)];
  const applyBlock: BlockOperator["applyBlock"] = (vectors) => sum.multiply(vectors, columns, (at, v) => there(at)(v));
  return {
    rows: layoutOf(rows),
    columns: layoutOf(columns),
    apply: async (v) => (await applyBlock([v]))[0]!,
    applyTransposed: async (u) => (await sum.multiply([u], rows, (at, v) => back(at)(v)))[0]!,
    applyBlock,
    dispose: sum.dispose,
  };
}
