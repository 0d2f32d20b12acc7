import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { assertParams, sizeOf, type NamedTensors } from "../products/named-tensors.js";
import { assertGradientsRegistered } from "../second-order/install.js";
import { assertReplayAgrees } from "./check.js";
import { wantsLoop } from "./gradients.js";
import type { GramModel, GramOptions } from "./gram.js";
import { loopRows } from "./loop.js";
import { replayOf } from "./replay.js";
import { slicesOf, type Inputs } from "./slices.js";
import { squaredNorms, squaredNormsFor, type SquaredNorms } from "./squared-norms.js";
import { tidied } from "./tidied.js";

/** As those of `gram`; `chunkBytes` bounds what is in use on the device at a time, roughly. */
export type ExampleNormOptions = Pick<GramOptions, "chunkBytes" | "fallback" | "check">;

/**
 * The norms ‖gᵢ‖ of the gradients gᵢ = Jᵢᵀrᵢ of all examples, rᵢ = f(xᵢ) − yᵢ: gᵢ is the gradient of ½‖f(xᵢ) − yᵢ‖²,
 * without the 1/n of the mean loss L, whose gradient is (1/n) Σ gᵢ.
 *
 * A dense layer contributes ‖aᵢ‖²‖dᵢ‖² from its inputs and signals, and no gradient is formed (Goodfellow, arXiv:1510.01799,
 * section 4); several positions that share a weight contribute Σₛₜ (aᵢₛ·aᵢₜ)(dᵢₛ·dᵢₜ) or one formed row, whichever is cheaper by
 * count (derived here). Float32 within a parameter, Float64 over parameters; relative error about 1e-6.
 *
 * Cost: one forward and one backward pass over all examples, 2 · positions · entries operations an example for each filter, and
 * a pass over two examples to learn what memory they take. The loop takes one forward pass more.
 *
 * @param model - Only `apply` (and `inputShape`, for inputs in an array) is used; see {@link perExampleGradients}.
 * @param params - The point.
 * @param inputs - All n inputs.
 * @param targets - y [n, C] as a tensor, or row-major in an array.
 * @returns [n].
 * @throws AutodiffError as {@link perExampleGradients}; `INVALID_ARGUMENT` if the number of targets is not nC;
 * `PER_EXAMPLE_CHECK_FAILED` with `check`.
 */
export async function exampleGradientNorms(
  model: GramModel,
  params: NamedTensors,
  inputs: Inputs,
  targets: tf.Tensor | ArrayLike<number>,
  { chunkBytes = 2 ** 28, fallback, check }: ExampleNormOptions = {},
): Promise<Float64Array> {
  const caller = "exampleGradientNorms";
  assertGradientsRegistered();
  assertParams(params, caller);
  if (!(chunkBytes > 0)) {
    throw new AutodiffError("INVALID_ARGUMENT", `${caller}: expected chunkBytes a positive number, got ${chunkBytes}`);
  }
  const slices = slicesOf(inputs, model.inputShape, caller);
  const { examples } = slices;
  const y = targets instanceof tf.Tensor ? await targets.data<"float32">() : Float32Array.from(targets);
  const chunkOf = (start: number, length: number): Chunk => ({
    x: slices.slice(start, length),
    targets: (outputs) => {
      assertTargets(y, examples, outputs, caller);
      return tf.tensor2d(y.slice(start * outputs, (start + length) * outputs), [length, outputs]);
    },
  });
  const norms = new Float64Array(examples);
  let compute = replayed;
  /** @returns Bytes for each example. */
  const fill = async (start: number, length: number): Promise<number> => {
    const { parts, bytes } = tidied(() => compute(model, params, chunkOf(start, length), caller));
    const data = await parts.data<"float32">().finally(() => parts.dispose());
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let at = i; at < data.length; at += length) sum += data[at]!;
      norms[start + i] = Math.sqrt(Math.max(0, sum));
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
  if (examples === few) return norms;
  // All in one chunk need not be cut out; otherwise the first few are done.
  const chunk = Math.max(1, Math.floor(chunkBytes / bytesPerExample));
  for (let start = chunk < examples ? few : 0; start < examples; start += chunk) {
    await fill(start, Math.min(chunk, examples - start));
  }
  return norms;
}

/** Some of the examples. */
interface Chunk {
  x: tf.Tensor;
  /** y [n, C], once C is known. */
  targets: (outputs: number) => tf.Tensor2D;
}

/** The tensors made on the way belong to the scope of the caller. */
function replayed(model: GramModel, params: NamedTensors, { x, targets }: Chunk, caller: string): SquaredNorms {
  const replay = replayOf(model, params, x, caller);
  try {
    const { values, outputs } = replay;
    return squaredNormsFor(replay, tf.sub(values, tf.reshape(targets(outputs), values.shape)), params);
  } finally {
    replay.dispose();
  }
}

/** The same from ordinary gradients of one example after the other. */
function looped(model: GramModel, params: NamedTensors, { x, targets }: Chunk, caller: string): SquaredNorms {
  const [examples] = x.shape as [number];
  const values = tf.tidy(() => model.apply(params, x));
  const residuals = tf.sub(tf.reshape(values, [examples, -1]), targets(values.size / examples));
  const { rows } = loopRows(model, params, x, caller, (outputs, index) => [
    tf.reshape(tf.gather(residuals, tf.tensor1d([index], "int32")), [outputs]),
  ]);
  const parts = tf.stack(Object.values(rows).map(squaredNorms)) as tf.Tensor2D;
  return { parts, bytes: 8 * examples * sizeOf(params) };
}

function assertTargets({ length }: Float32Array, examples: number, outputs: number, caller: string): void {
  if (length === examples * outputs) return;
  throw new AutodiffError(
    "INVALID_ARGUMENT",
    `${caller}: expected targets for ${examples} examples of ${outputs} outputs, got ${length} values`,
  );
}
