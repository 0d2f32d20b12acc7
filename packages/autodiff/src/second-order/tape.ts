import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { locating } from "./labels.js";
import { constantInputs, piecewiseConstantKernels } from "./piecewise-constant.js";
import type { TapeNode } from "./tape-node.js";

export type { TapeNode };

/** A node on the way from some tensors to others, with those of its inputs that lie on the way. */
export interface PathNode {
  node: TapeNode;
  inputs: [key: string, tensor: tf.Tensor][];
}

/** What was recorded; `dispose` frees the tensors that the tape saved, and the result. */
export interface Recording<T> {
  result: T;
  nodes: TapeNode[];
  /** Bytes that stay allocated until `dispose`; tensors that share their data count once. */
  bytes: number;
  dispose: () => void;
}

/**
 * Runs `body` with the tape of the engine on and returns everything that was recorded, so that it can be walked backwards
 * as often as wanted: a gradient, and then products with its derivative, without running the function again.
 *
 * @param caller - Name of the calling function, for the message.
 * @param body - Gets a view of the nodes recorded so far, in an order in which every tensor is computed before it is used.
 * @returns The recording; the caller disposes it.
 * @throws AutodiffError `INSIDE_GRADIENT` when a tape is already on: its owner would treat the results as constants.
 */
export function record<T extends Record<string, tf.Tensor | tf.Tensor[]>>(
  caller: string,
  body: (nodes: () => TapeNode[]) => T,
): Recording<T> {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) {
    throw new AutodiffError("INSIDE_GRADIENT", `${caller}: cannot be called inside tf.grad or another product`);
  }
  const tape: TapeNode[] = [];
  const disposeSaved = (): void => {
    for (const { saved } of tape) saved?.forEach((tensor) => tensor.dispose());
  };
  state.activeTape = tape;
  state.gradientDepth++;
  try {
    const result = tf.tidy(() => body(() => inOrderOfUse(tape)));
    const results = Object.values(result)
      .flat()
      .map((tensor) => tf.keep(tensor));
    return {
      result,
      nodes: inOrderOfUse(tape),
      bytes: retainedBytes([...results, ...tape.flatMap(({ saved }) => saved ?? [])]),
      dispose: () => {
        disposeSaved();
        results.forEach((tensor) => tensor.dispose());
      },
    };
  } catch (error) {
    disposeSaved();
    throw error;
  } finally {
    state.gradientDepth--;
    state.activeTape = null as unknown as TapeNode[];
  }
}

/**
 * Puts the clone that the engine makes of a saved *output* behind the operation that computes this output. On the
 * engine's tape it stands before it, which is why `tf.grad(tf.grad(f))` loses every path through saved outputs
 * (https://github.com/tensorflow/tfjs/issues/3252 reports the cases where that is noticed).
 */
function inOrderOfUse(tape: readonly TapeNode[]): TapeNode[] {
  const producer = new Map<number, number>();
  tape.forEach((node, at) => node.outputs.forEach(({ id }) => producer.set(id, at)));
  const waiting = new Map<number, TapeNode[]>();
  const ordered: TapeNode[] = [];
  tape.forEach((node, at) => {
    const latest = Math.max(-1, ...entriesOf(node).map(([, { id }]) => producer.get(id) ?? -1));
    if (latest > at) {
      waiting.set(latest, [...(waiting.get(latest) ?? []), node]);
    } else {
      ordered.push(node, ...(waiting.get(at) ?? []));
    }
  });
  return ordered;
}

/** The inputs of a node; optional ones (the scale of a batch normalisation) may be undefined and are left out. */
function entriesOf(node: TapeNode): [string, tf.Tensor][] {
  return Object.entries(node.inputs as Record<string, tf.Tensor | null | undefined>).filter(
    (entry): entry is [string, tf.Tensor] => entry[1] != null,
  );
}

function retainedBytes(tensors: readonly tf.Tensor[]): number {
  const bytes = new Map<object, number>();
  for (const { dataId, size, dtype } of tensors) bytes.set(dataId, size * tf.util.bytesPerElement(dtype));
  return [...bytes.values()].reduce((sum, each) => sum + each, 0);
}

/**
 * Nodes through which `to` depends on `from`, in order of use. Paths through piecewise constant operations carry no
 * derivative and are left out.
 */
export function pathBetween(
  nodes: readonly TapeNode[],
  from: readonly tf.Tensor[],
  to: readonly tf.Tensor[],
): PathNode[] {
  const reached = new Set(from.map(({ id }) => id));
  const ahead: PathNode[] = [];
  for (const node of nodes) {
    if (piecewiseConstantKernels.has(node.kernelName)) continue;
    const constant = constantInputs.get(node.kernelName);
    const inputs = entriesOf(node).filter(([key, { id }]) => reached.has(id) && constant?.has(key) !== true);
    if (inputs.length === 0) continue;
    node.outputs.forEach(({ id }) => reached.add(id));
    ahead.push({ node, inputs });
  }
  const wanted = new Set(to.map(({ id }) => id));
  const path: PathNode[] = [];
  for (const step of ahead.reverse()) {
    if (!step.node.outputs.some(({ id }) => wanted.has(id))) continue;
    step.inputs.forEach(([, { id }]) => wanted.add(id));
    path.push(step);
  }
  return path.reverse();
}

/**
 * Pulls cotangents back along a path: Σ (∂output/∂x)ᵀ seed for each x.
 *
 * @param seeds - Pairs of an output and its cotangent of the same shape. Not disposed.
 * @param xs - Tensors that the path starts from.
 * @returns One tensor for each x, zeros where no path leads to it. The caller disposes them (or runs this in a tidy).
 */
export function pullBack(
  path: readonly PathNode[],
  seeds: readonly (readonly [output: tf.Tensor, cotangent: tf.Tensor])[],
  xs: readonly tf.Tensor[],
): tf.Tensor[] {
  return tf.tidy(() => {
    // Tensors made from here on are freed as soon as the last node that needs them is done.
    const { id: first } = tf.scalar(0);
    const uses = new Map<tf.Tensor, number>();
    const retain = (tensor: tf.Tensor): number => {
      const count = (uses.get(tensor) ?? 0) + 1;
      uses.set(tensor, count);
      return count;
    };
    const release = (tensor: tf.Tensor): void => {
      const left = uses.get(tensor)! - 1;
      uses.set(tensor, left);
      if (left === 0 && tensor.id > first && !tensor.kept) tensor.dispose();
    };
    const cotangents = new Map<number, tf.Tensor>();
    const accumulate = ({ id }: tf.Tensor, tensor: tf.Tensor): void => {
      const sofar = cotangents.get(id);
      const sum = sofar === undefined ? tensor : tf.add(sofar, tensor);
      cotangents.set(id, sum);
      retain(sum);
      if (sofar !== undefined) release(sofar);
    };
    for (const [output, cotangent] of seeds) accumulate(output, cotangent);
    const results = new Set(xs.map(({ id }) => id));
    for (let at = path.length - 1; at >= 0; at--) {
      const step = path[at]!;
      const { outputs } = step.node;
      const incoming = outputs.map(({ id }) => cotangents.get(id) ?? null);
      if (incoming.every((each) => each === null)) continue;
      const outgoing = locating(step.node, () => gradientsOf(step, incoming));
      outgoing.forEach(retain);
      step.inputs.forEach(([, input], i) => accumulate(input, outgoing[i]!));
      outgoing.forEach(release);
      for (const { id } of outputs) {
        const done = cotangents.get(id);
        if (done === undefined || results.has(id)) continue;
        cotangents.delete(id);
        release(done);
      }
    }
    return xs.map(({ id, shape }) => tf.clone(cotangents.get(id) ?? tf.zeros(shape)));
  });
}

function gradientsOf({ node, inputs }: PathNode, incoming: readonly (tf.Tensor | null)[]): tf.Tensor[] {
  const { gradient, kernelName } = node;
  if (gradient === undefined) {
    throw new AutodiffError("GRADIENT_MISSING", `no gradient of ${kernelName} is registered`);
  }
  return tf.tidy(() => {
    const outgoing = gradientOf(kernelName, () => gradient(incoming as tf.Tensor[]));
    return inputs.map(([key, { shape }]) => {
      const dx = gradientOf(kernelName, () => (outgoing as Partial<typeof outgoing>)[key]?.());
      if (dx === undefined) {
        throw new AutodiffError("GRADIENT_MISSING", `the gradient of ${kernelName} has no part for its input ${key}`);
      }
      if (dx.dtype !== "float32" || !tf.util.arraysEqual(dx.shape, shape)) {
        throw new AutodiffError(
          "GRADIENT_INVALID",
          `expected the gradient of ${kernelName} for ${key} to be float32 [${shape.join(", ")}], ` +
            `got ${dx.dtype} [${dx.shape.join(", ")}]`,
        );
      }
      return dx;
    });
  });
}

/** Runs a gradient that somebody registered; what it refuses is missing. */
function gradientOf<T>(kernelName: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof AutodiffError) throw error;
    throw new AutodiffError(
      "GRADIENT_MISSING",
      `${kernelName} has no gradient here: ${error.message.split("\n")[0]!}`,
      {
        cause: error,
      },
    );
  }
}
