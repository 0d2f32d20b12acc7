import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { assertParams, sizeOf } from "../products/named-tensors.js";
import { assertGradientsRegistered } from "../second-order/install.js";
import { assertReplayAgrees } from "./check.js";
import { wantsLoop } from "./gradients.js";
import type { GramModel } from "./gram.js";
import { loopRows } from "./loop.js";
import type { ExampleNormOptions } from "./norms.js";
import { replayOf } from "./replay.js";
import { slicesOf, type Inputs } from "./slices.js";
import { squaredNorms, squaredNormsFor, type SquaredNorms } from "./squared-norms.js";
import { tidied } from "./tidied.js";

/** What is pulled back to the parameters, each [length, C], given the outputs f [length, C] of a run of the examples. */
export type Cotangents = (f: tf.Tensor2D, run: { start: number; examples: number }) => tf.Tensor2D[];

/**
 * Σ over cotangents u of ‖Jᵢᵀuᵢ‖² for each example, from one forward pass, and one backward pass per cotangent.
 *
 * @returns [n], not negative.
 */
export async function summedSquaredNorms(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
  { chunkBytes = 2 ** 28, fallback, check }: ExampleNormOptions,
  caller: string,
  cotangents: Cotangents,
): Promise<Float64Array> {
  assertGradientsRegistered();
  assertParams(params, caller);
  if (!(chunkBytes > 0)) {
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `${caller}: expected chunkBytes to be a positive number, got ${chunkBytes}`,
    );
  }
  const slices = slicesOf(inputs, model.inputShape, caller);
  const { examples } = slices;
  const sums = new Float64Array(examples);
  let compute = replayed;
  /** @returns Bytes per example. */
  const fill = async (start: number, length: number): Promise<number> => {
    const pulled = (f: tf.Tensor2D): tf.Tensor2D[] => cotangents(f, { start, examples });
    const { parts, bytes } = tidied(() => compute(model, params, slices.slice(start, length), pulled, caller));
    const data = await parts.data<"float32">().finally(() => parts.dispose());
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let at = i; at < data.length; at += length) sum += data[at]!;
      sums[start + i] = Math.max(0, sum);
    }
    return bytes / length;
  };

  const few = Math.min(2, examples);
  if (check === true) {
    const x = slices.slice(0, few);
    await assertReplayAgrees(model, params, x, caller).finally(() => x.dispose());
  }
  let bytesPerExample: number;
  try {
    bytesPerExample = await fill(0, few);
  } catch (error) {
    if (!wantsLoop(error, fallback)) throw error;
    compute = looped;
    bytesPerExample = await fill(0, few);
  }
  if (examples === few) return sums;
  // All in one chunk need not be cut out; otherwise the first few are done.
  const chunk = Math.max(1, Math.floor(chunkBytes / bytesPerExample));
  for (let start = chunk < examples ? few : 0; start < examples; start += chunk) {
    await fill(start, Math.min(chunk, examples - start));
  }
  return sums;
}

type Pulled = (f: tf.Tensor2D) => tf.Tensor2D[];

/** The tensors made on the way belong to the scope of the caller. */
function replayed(
  model: GramModel,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  pulled: Pulled,
  caller: string,
): SquaredNorms {
  const replay = replayOf(model, params, x, caller);
  try {
    const { values, outputs } = replay;
    const found = pulled(tf.reshape(values, [x.shape[0], outputs])).map((cotangent) =>
      squaredNormsFor(replay, tf.reshape(cotangent, values.shape), params),
    );
    return {
      parts: tf.concat(
        found.map(({ parts }) => parts),
        0,
      ),
      bytes: found[0]!.bytes,
    };
  } finally {
    replay.dispose();
  }
}

/** The same from ordinary gradients of one example after the other. */
function looped(
  model: GramModel,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  pulled: Pulled,
  caller: string,
): SquaredNorms {
  const [examples] = x.shape as [number];
  const cotangents = pulled(tf.tidy(() => tf.reshape<tf.Rank.R2>(model.apply(params, x), [examples, -1])));
  const { rows } = loopRows(model, params, x, caller, (outputs, index) =>
    cotangents.map((each) => tf.reshape(tf.slice(each, index, 1), [outputs])),
  );
  const parts = tf.stack(Object.values(rows).map((each) => squaredNorms(tf.reshape(each, [examples, -1]))));
  return { parts: parts as tf.Tensor2D, bytes: 8 * examples * cotangents.length * sizeOf(params) };
}
