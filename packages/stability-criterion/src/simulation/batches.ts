import { StabilityError } from "../errors.js";
import { weightsFor, type Batches } from "../sampling.js";

/**
 * A source of minibatches: every call draws the next one, as indices of examples.
 *
 * With replacement an index can come twice; Bernoulli batches vary in size and can be empty; `epoch-shuffle` walks through a
 * new permutation each epoch and leaves out what is left of the last one when less than a batch.
 *
 * @param examples - n.
 * @param random - Uniform on [0, 1).
 * @returns O(B) a batch, for Bernoulli O(n). Each call overwrites the indices of the one before.
 * @throws StabilityError as `samplingFactor`, without the refusal of `epoch-shuffle`.
 */
export function batchSource(examples: number, batches: Batches, random: () => number): () => Int32Array {
  const { batchSize, sampling = "without-replacement" } = batches;
  weightsFor("batchSource", examples, sampling === "epoch-shuffle" ? { batchSize } : batches);
  if (typeof random !== "function")
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `batchSource: expected random to be a function, got ${typeof random}.`,
    );
  const below = (count: number): number => Math.floor(random() * count);
  if (sampling === "with-replacement") {
    const batch = new Int32Array(batchSize);
    return () => batch.map(() => below(examples));
  }
  const order = Int32Array.from({ length: examples }, (_, i) => i);
  /** Puts a uniformly chosen one of the examples from `at` on at `at`. */
  const choose = (at: number): void => {
    const other = at + below(examples - at);
    [order[at], order[other]] = [order[other]!, order[at]!];
  };
  if (sampling === "bernoulli")
    return () => {
      let count = 0;
      for (let i = 0; i < examples; i++) if (random() < batchSize / examples) order[count++] = i;
      return order.subarray(0, count);
    };
  let next = 0;
  return () => {
    if (sampling !== "epoch-shuffle" || next + batchSize > examples) next = 0;
    const from = next;
    for (; next < from + batchSize; next++) choose(next);
    return order.subarray(from, next);
  };
}
