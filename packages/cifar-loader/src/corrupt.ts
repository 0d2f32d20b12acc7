import type { ImageDataset } from "./dataset.js";
import { CifarError } from "./errors.js";
import { gaussian, permutation, toRandom, type Randomness } from "./random.js";
import { encodeTargets } from "./targets.js";
import { addStep } from "./transform.js";

/** How many labels, and by which draws. */
export interface CorruptLabelsOptions {
  /** Share of the examples that get another class, from 0 to 1. Exactly round(fraction·size) of them do. */
  fraction: number;
  random: Randomness;
}

/** A dataset with some wrong labels, and which they are. */
export interface CorruptedDataset extends ImageDataset {
  /** Positions of the examples with another label than before, ascending. */
  corrupted: Int32Array;
}

/**
 * Gives a random subset of the examples another class each, uniform among the others, and targets to match.
 *
 * In C. Zhang et al., "Understanding deep learning requires rethinking generalization" (2017), a corrupted label is uniform among all
 * classes and may stay right by chance: their share p corresponds to a fraction of p(C − 1)/C here.
 * Inputs are shared with `dataset`, not copied.
 *
 * @throws CifarError INVALID_ARGUMENT for a fraction outside [0, 1], or one class only.
 */
export function corruptLabels(dataset: ImageDataset, { fraction, random }: CorruptLabelsOptions): CorruptedDataset {
  const classes = dataset.classes.length;
  if (!(fraction >= 0 && fraction <= 1))
    throw new CifarError("INVALID_ARGUMENT", `corruptLabels: expected fraction from 0 to 1, got ${fraction}`);
  if (classes < 2)
    throw new CifarError("INVALID_ARGUMENT", `corruptLabels: expected at least two classes, got ${classes}`);
  const draw = toRandom(random);
  const corrupted = permutation(dataset.size, draw)
    .slice(0, Math.round(fraction * dataset.size))
    .sort();
  const labels = dataset.labels.slice();
  for (const i of corrupted) labels[i] = (labels[i]! + 1 + Math.floor(draw() * (classes - 1))) % classes;
  const { targets } = encodeTargets("corruptLabels", labels, classes, dataset.encoding);
  const step = `${corrupted.length} of ${dataset.size} labels replaced by other classes`;
  return { ...addStep(dataset, step), labels, targets, corrupted };
}

/**
 * What to do to the pixels.
 *
 * - `shuffled`: one random permutation of the 1,024 pixel positions, the same for every image; a pixel keeps its colour together.
 * - `independently-shuffled`: a permutation of its own for every image.
 * - `gaussian`: every value replaced by a normal one with the mean and standard deviation of the dataset's inputs.
 * - `noise`: a normal number of standard deviation `deviation`, in units of the inputs, added to every value; not clipped.
 */
export type PixelCorruption =
  | { kind: "shuffled" | "independently-shuffled" | "gaussian"; random: Randomness }
  | { kind: "noise"; deviation: number; random: Randomness };

/**
 * Destroys structure of the images; labels and targets are shared with `dataset`. The first three kinds follow C. Zhang et al. (2017).
 *
 * `statistics` stay those of the original pixels.
 *
 * @throws CifarError INVALID_ARGUMENT for another kind, or a negative deviation.
 */
export function corruptPixels(dataset: ImageDataset, corruption: PixelCorruption): ImageDataset {
  const draw = toRandom(corruption.random);
  switch (corruption.kind) {
    case "shuffled": {
      const order = permutation(positions(dataset), draw);
      return withInputs(
        dataset,
        "pixels shuffled, all images alike",
        permuted(dataset, () => order),
      );
    }
    case "independently-shuffled": {
      const next = (): Int32Array => permutation(positions(dataset), draw);
      return withInputs(dataset, "pixels shuffled, each image for itself", permuted(dataset, next));
    }
    case "gaussian": {
      const { mean, deviation } = moments(dataset.inputs);
      const inputs = dataset.inputs.map(() => mean + deviation * gaussian(draw));
      return withInputs(
        dataset,
        `pixels replaced by normal numbers of mean ${mean} and deviation ${deviation}`,
        inputs,
      );
    }
    case "noise": {
      const { deviation } = corruption;
      if (!(deviation >= 0 && Number.isFinite(deviation)))
        throw new CifarError("INVALID_ARGUMENT", `corruptPixels: expected a deviation of 0 or more, got ${deviation}`);
      const inputs = dataset.inputs.map((value) => value + deviation * gaussian(draw));
      return withInputs(dataset, `normal noise of deviation ${deviation} added to the pixels`, inputs);
    }
    default:
      throw new CifarError(
        "INVALID_ARGUMENT",
        `corruptPixels: expected kind shuffled, independently-shuffled, gaussian or noise, got ${String((corruption as { kind: unknown }).kind)}`,
      );
  }
}

const channels = (dataset: ImageDataset): number => dataset.inputShape.at(-1)!;

const positions = (dataset: ImageDataset): number => dataset.inputs.length / dataset.size / channels(dataset);

const withInputs = (dataset: ImageDataset, step: string, inputs: Float32Array): ImageDataset => ({
  ...addStep(dataset, step),
  inputs,
});

function permuted(dataset: ImageDataset, next: () => Int32Array): Float32Array {
  const result = new Float32Array(dataset.inputs.length);
  const [count, depth] = [positions(dataset), channels(dataset)];
  for (let start = 0; start < result.length; start += count * depth) {
    const order = next();
    for (let to = 0; to < count; to++)
      for (let c = 0; c < depth; c++) result[start + to * depth + c] = dataset.inputs[start + order[to]! * depth + c]!;
  }
  return result;
}

function moments(values: Float32Array): { mean: number; deviation: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
