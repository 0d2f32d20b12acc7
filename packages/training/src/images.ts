import type { DataSpec, TrainingLoss } from "./task.js";

/** Where images come from: real ones, or procedural look-alikes. */
export type ImageSource =
  | {
      kind: "cifar10";
      /** Folder of the binary batches; default: where `@sgdscope/cifar-loader` finds them. */
      directory?: string;
      allowPrefix?: boolean;
      /** The two classes of ±1 targets; default 0 and 1, airplanes and automobiles. Ten classes are always all of them. */
      classes?: readonly [number, number];
      /** So many images of the chosen classes are passed over first. Default 0. */
      offset?: number;
    }
  | {
      kind: "synthetic";
      /** Seed of the look-alikes. Default 0. */
      seed?: number;
    };

/** How so many classes are told apart: two as ±1, more as one-hot vectors, which cross-entropy always has. */
export const targetsOf = (classes: number, loss?: TrainingLoss): "plus-minus-one" | "one-hot" =>
  classes === 2 && loss !== "cross-entropy" ? "plus-minus-one" : "one-hot";

/** The first `count` images of the two classes of the source, or of so many classes. */
export function imagesOf(source: ImageSource, count: number, classes = 2): DataSpec {
  const targets = targetsOf(classes);
  if (source.kind === "synthetic") return { kind: "synthetic", classes, count, targets, seed: source.seed ?? 0 };
  const { classes: pair, ...place } = source;
  const chosen = classes === 2 && pair !== undefined ? [...pair] : Array.from({ length: classes }, (_, k) => k);
  return { ...place, classes: chosen, count, targets };
}

/** Height, width and channels of every image. */
export const imageShape: [number, number, number] = [32, 32, 3];
