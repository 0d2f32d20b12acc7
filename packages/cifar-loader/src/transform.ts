import type { ImageDataset } from "./dataset.js";
import { CifarError } from "./errors.js";
import { permutation, toRandom, type Randomness } from "./random.js";

/** Consecutive examples: views of the dataset's arrays, row-major as there. */
export interface Batch {
  size: number;
  inputs: Float32Array;
  targets: Float32Array;
  labels: Uint8Array;
}

/**
 * The examples at these positions, in this order, copied; a position may occur more than once.
 *
 * @throws CifarError INVALID_ARGUMENT for a position outside the dataset.
 */
export function gather(dataset: ImageDataset, positions: ArrayLike<number>): ImageDataset {
  return { ...dataset, ...gatherArrays(dataset, Array.from(positions)) };
}

function gatherArrays(dataset: ImageDataset, positions: readonly number[]): Batch {
  const { inputs, targets, labels, size, outputs } = dataset;
  const width = inputs.length / size;
  const count = positions.length;
  const result = {
    size: count,
    inputs: new Float32Array(count * width),
    targets: new Float32Array(count * outputs),
    labels: new Uint8Array(count),
  };
  positions.forEach((from, to) => {
    if (!Number.isInteger(from) || from < 0 || from >= size)
      throw new CifarError("INVALID_ARGUMENT", `gather: expected positions from 0 to ${size - 1}, got ${from}`);
    result.inputs.set(inputs.subarray(from * width, (from + 1) * width), to * width);
    result.targets.set(targets.subarray(from * outputs, (from + 1) * outputs), to * outputs);
    result.labels[to] = labels[from]!;
  });
  return result;
}

/** The examples in a uniformly random order, copied. The same `random` gives the same order. */
export function shuffle(dataset: ImageDataset, random: Randomness): ImageDataset {
  const shuffled = gather(dataset, permutation(dataset.size, toRandom(random)));
  return addStep(shuffled, "shuffled");
}

/**
 * The first examples, as views.
 *
 * @throws CifarError INVALID_ARGUMENT unless `count` is an integer from 1 to the dataset's size.
 */
export function take(dataset: ImageDataset, count: number): ImageDataset {
  if (!Number.isInteger(count) || count < 1 || count > dataset.size)
    throw new CifarError("INVALID_ARGUMENT", `take: expected count from 1 to ${dataset.size}, got ${count}`);
  return { ...dataset, ...slice(dataset, 0, count) };
}

/**
 * Consecutive batches in order, as views; the last one is smaller where `size` does not divide the dataset.
 *
 * @throws CifarError INVALID_ARGUMENT unless `size` is a positive integer.
 */
export function* batches(dataset: ImageDataset, size: number): Generator<Batch, void, undefined> {
  if (!Number.isInteger(size) || size < 1)
    throw new CifarError("INVALID_ARGUMENT", `batches: expected size to be a positive integer, got ${size}`);
  for (let start = 0; start < dataset.size; start += size)
    yield slice(dataset, start, Math.min(start + size, dataset.size));
}

function slice({ inputs, targets, labels, size, outputs }: ImageDataset, start: number, end: number): Batch {
  const width = inputs.length / size;
  return {
    size: end - start,
    inputs: inputs.subarray(start * width, end * width),
    targets: targets.subarray(start * outputs, end * outputs),
    labels: labels.subarray(start, end),
  };
}

/** Notes in the provenance what was done. */
export const addStep = (dataset: ImageDataset, step: string): ImageDataset => ({
  ...dataset,
  provenance: { ...dataset.provenance, steps: [...dataset.provenance.steps, step] },
});
