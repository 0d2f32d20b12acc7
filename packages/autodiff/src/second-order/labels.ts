import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { TapeNode } from "./tape-node.js";

const labels = new WeakMap<TapeNode, string>();

/** Runs `body` and labels, for example with a layer, the nodes that it records on the tape and that have no label yet. */
export function labelled<T>(label: string, body: () => T): T {
  const tape = tf.engine().state.activeTape as TapeNode[] | null | undefined;
  const from = tape?.length ?? 0;
  try {
    return body();
  } finally {
    for (const node of tape?.slice(from) ?? []) if (!labels.has(node)) labels.set(node, label);
  }
}

/** " in <label>", or nothing for a node without one. */
export function whereOf(node: TapeNode): string {
  const label = labels.get(node);
  return label === undefined ? "" : ` in ${label}`;
}

/** Runs `body`; its errors say in which layer the node was recorded. */
export function locating<T>(node: TapeNode, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const where = whereOf(node);
    if (where === "" || !(error instanceof AutodiffError)) throw error;
    throw new AutodiffError(error.code, `${error.problem} —${where}`, {
      cause: error,
      ...(error.advice === undefined ? {} : { advice: error.advice }),
    });
  }
}
