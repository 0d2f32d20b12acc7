import type { DataSpec } from "./task.js";

/** Where images come from: real ones, or procedural look-alikes. */
export type ImageSource =
  | {
      kind: "cifar10";
      /** Folder of the binary batches; default: where `@sgdscope/cifar-loader` finds them. */
      directory?: string;
      allowPrefix?: boolean;
    }
  | { kind: "synthetic" };

/** How so many classes are told apart: two as ±1, more as one-hot vectors. */
export const targetsOf = (classes: number): "plus-minus-one" | "one-hot" =>
  classes === 2 ? "plus-minus-one" : "one-hot";

/** The first `count` images of the first `classes` classes. */
export function imagesOf(source: ImageSource, count: number, classes = 2): DataSpec {
  const targets = targetsOf(classes);
  if (source.kind === "synthetic") return { kind: "synthetic", classes, count, targets, seed: 0 };
  return { ...source, classes: Array.from({ length: classes }, (_, k) => k), count, targets };
}

/** Height, width and channels of every image. */
export const imageShape: [number, number, number] = [32, 32, 3];
