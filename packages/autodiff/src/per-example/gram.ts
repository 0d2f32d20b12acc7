import type { GramSystem } from "@sgdscope/linear-algebra";
import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { assertParams, sizeOf } from "../products/named-tensors.js";
import type { Applicable } from "../products/square-loss.js";
import { assertGradientsRegistered } from "../second-order/install.js";
import { assertReplayAgrees } from "./check.js";
import { bytesPerExample, chunkingOf, type Chunking } from "./chunking.js";
import { factorsOf, type Factors } from "./factors.js";
import { wantsLoop, type Fallback } from "./gradients.js";
import { loopFactorsOf } from "./loop.js";
import { addInnerProducts, unitsOf } from "./inner-products.js";
import { slicesOf, type Inputs, type Slices } from "./slices.js";
import { tidied } from "./tidied.js";
import type { Sink, Tile } from "./tiles.js";

export type { GramSystem };

export interface Gram {
  /** n. */
  examples: number;
  /** C. */
  outputs: number;
  /** K = JJᵀ, row-major (nC)×(nC), row i·C + c for output c of example i; symmetric to the last bit. */
  gram: Float64Array;
  /** The outputs f(x), row-major [n, C]. */
  predictions: Float64Array;
  /** With `perParameter`: the part of K that comes from each parameter; they sum to K. */
  parameters?: Record<string, Float64Array>;
}

export interface GramOptions {
  /**
   * Bytes that may be in use on the device at a time, roughly (default 2²⁸). K itself, 8(nC)² bytes, is not counted. The
   * model is evaluated on chunks of examples; if what must be kept of them does not fit, chunks are computed again for each other.
   */
  chunkBytes?: number;
  /** Also returns the part of each parameter; 8(nC)² bytes for each. */
  perParameter?: boolean;
  /** "loop" takes one backward pass per example where a kernel has no rule; "error", the default, throws. */
  fallback?: Fallback;
  /** Compares the gradients of two examples with ordinary gradients first. Costs a few passes over those two. */
  check?: boolean;
}

/** A model; `inputShape` is only needed for inputs in an array. */
export type GramModel = Applicable & { inputShape?: readonly number[] };

/**
 * The Gram matrix K = JJᵀ of the Jacobian of all outputs with respect to all parameters (the empirical neural tangent kernel).
 *
 * J is not formed where the layers allow it: for a dense layer y = aW the part of K is (AAᵀ)∘(DDᵀ) with A the inputs and D
 * the back-propagated signals. Filters of convolutions are multiplied as rows of per-example gradients, in pieces, or as sums
 * over pairs of positions where those are few; small rows of all parameters together, except with `perParameter`. Products are in
 * Float32 on the device, and summed in Float64; relative error about 1e-6. The factorisation is derived here; for the norms of
 * per-example gradients, the diagonal of K, it is that of Goodfellow, arXiv:1510.01799.
 *
 * Cost: one forward and C backward passes, about 2(nC)² · Σ widths operations for dense layers and 2(nC)² · entries for
 * filters, half of that for n well above 256/C, since only tiles on and below the diagonal are computed; and
 * 2nC · positions · entries to form the rows of filters.
 *
 * @param model - Only `apply` (and `inputShape`) is used; see {@link perExampleGradients} for its requirements.
 * @param params - The point.
 * @param inputs - All n inputs.
 * @throws AutodiffError as {@link perExampleGradients}; `PER_EXAMPLE_CHECK_FAILED` with `check`.
 */
export async function gram(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
  options: GramOptions = {},
): Promise<Gram> {
  const caller = "gram";
  assertGradientsRegistered();
  assertParams(params, caller);
  const { slices, chunking, outputs, compute } = prepared(model, params, inputs, options, caller);
  const { examples } = slices;
  if (options.check === true) {
    const x = slices.slice(0, Math.min(2, examples));
    await assertReplayAgrees(model, params, x, caller).finally(() => x.dispose());
  }

  const size = examples * outputs;
  const total = new Float64Array(size * size);
  const predictions = new Float64Array(size);
  const parts = new Map(
    Object.keys(params).map((name): [string, Float64Array[]] => [
      name,
      options.perParameter === true ? [total, new Float64Array(size * size)] : [total],
    ]),
  );
  const tilesOf = (group: readonly [start: number, length: number][]): Tile[] => {
    const tiles: Tile[] = [];
    try {
      for (const [start, length] of group) {
        tiles.push({ start, factors: tidied(() => compute(slices.slice(start, length))) });
      }
      return tiles;
    } catch (error) {
      disposeTiles(tiles);
      throw error;
    }
  };
  const multiply = async (rows: Tile[], columns: Tile[]): Promise<void> => {
    const pairing = { rows, columns, symmetric: rows === columns };
    const sinkOf = (name: string): Sink => ({ matrices: parts.get(name)!, size });
    for (const unit of unitsOf(rows[0]!.factors)) {
      await addInnerProducts(pairing, unit, { bytes: chunking.rowBytes, total: examples, sinkOf });
    }
  };
  for (const [g, group] of chunking.groups.entries()) {
    const rows = tilesOf(group);
    try {
      for (const { start, factors } of rows) predictions.set(await factors.predictions.data(), start * outputs);
      await multiply(rows, rows);
      for (const earlier of chunking.groups.slice(0, g)) {
        const columns = tilesOf(earlier);
        await multiply(rows, columns).finally(() => disposeTiles(columns));
      }
    } finally {
      disposeTiles(rows);
    }
  }
  for (const matrix of new Set([...parts.values()].flat())) mirror(matrix, size);
  const result: Gram = { examples, outputs, gram: total, predictions };
  if (options.perParameter === true) {
    result.parameters = Object.fromEntries([...parts].map(([name, matrices]) => [name, matrices[1]!]));
  }
  return result;
}

/**
 * The Gram matrix K = JJᵀ and the residuals r = f − y, which are all that the stability theory of the square loss
 * (1/2n) Σᵢ ‖f(xᵢ) − yᵢ‖² needs of a point. See {@link gram}.
 *
 * @param targets - y [n, C] as a tensor, or row-major in an array.
 * @throws AutodiffError as {@link gram}; `INVALID_ARGUMENT` if the number of targets is not nC.
 */
export async function gramSystem(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
  targets: tf.Tensor | ArrayLike<number>,
  options: GramOptions = {},
): Promise<Gram & GramSystem> {
  const values = targets instanceof tf.Tensor ? await targets.data() : targets;
  const found = await gram(model, params, inputs, options);
  const { predictions, examples, outputs } = found;
  if (values.length !== predictions.length) {
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `gramSystem: expected targets [${examples}, ${outputs}] of length ${examples * outputs}, got length ${values.length}`,
    );
  }
  return { ...found, residuals: predictions.map((prediction, row) => prediction - values[row]!) };
}

/** The chunks of a Gram matrix and how to compute one; learnt from two examples, which also shows that their replay works. */
export function prepared(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
  { fallback, perParameter, chunkBytes = 2 ** 28 }: GramOptions,
  caller: string,
): {
  slices: Slices;
  chunking: Chunking;
  outputs: number;
  compute: (x: tf.Tensor) => Factors;
  chunkBytes: number;
  /** On the device, for factors and the tape. */
  bytesPerExample: number;
} {
  if (!(chunkBytes > 0)) {
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `${caller}: expected chunkBytes to be a positive number, got ${chunkBytes}`,
    );
  }
  const slices = slicesOf(inputs, model.inputShape, caller);
  const total = slices.examples;
  let passBytes = 0;
  const joins = perParameter !== true;
  let compute = (x: tf.Tensor): Factors =>
    factorsOf(model, params, x, { total, joins, caller, seen: (bytes) => (passBytes = bytes) });
  return tidied(() => {
    const x = slices.slice(0, Math.min(2, total));
    let factors: Factors;
    try {
      factors = compute(x);
    } catch (error) {
      if (!wantsLoop(error, fallback)) throw error;
      compute = (chunk) => loopFactorsOf(model, params, chunk, caller);
      factors = compute(x);
      passBytes = 2 * factors.examples * factors.outputs * sizeOf(params) * 4;
    }
    const chunking = chunkingOf(factors, { total, passBytes, chunkBytes });
    const bytes = bytesPerExample(factors) + passBytes / factors.examples;
    return { slices, chunking, outputs: factors.outputs, compute, chunkBytes, bytesPerExample: bytes };
  });
}

const disposeTiles = (tiles: readonly Tile[]): void =>
  tiles.forEach(({ factors }) => tf.dispose(factors as unknown as tf.TensorContainer));

/** Side of the blocks that {@link mirror} copies: one of them and its mirror image stay in cache. */
const block = 32;

/** Copies the part below the diagonal above it. */
function mirror(matrix: Float64Array, size: number): void {
  for (let top = 0; top < size; top += block) {
    for (let left = 0; left <= top; left += block) {
      for (let i = top; i < Math.min(top + block, size); i++) {
        const last = Math.min(left + block, i);
        for (let j = left; j < last; j++) matrix[j * size + i] = matrix[i * size + j]!;
      }
    }
  }
}
