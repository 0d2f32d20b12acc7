import type * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { pathBetween, type PathNode, type TapeNode } from "../second-order/tape.js";
import type { KernelCall } from "./kernel-calls.js";

/** A parameter as it is, or with other axes: the same entries, in the order that the permutations lead to. */
export interface ParameterView {
  name: string;
  permutations: readonly { shape: readonly number[]; perm: readonly number[] }[];
}

/** What a tensor on the tape depends on. */
interface Origin {
  /** On the inputs x. */
  batch: boolean;
  /** On a parameter, differentiably. */
  active: boolean;
  /** Set while it is no more than a view of one parameter. */
  view?: ParameterView;
}

/** Everything on the tape, sorted by what it depends on. */
export interface Origins {
  of(tensor: tf.Tensor): Origin;
  /** Nodes through which the outputs depend on parameters or inputs, in order of use. */
  path: PathNode[];
  /** The tensors on the tape that are each parameter; parameters that are not used are missing. */
  leaves: Map<string, tf.Tensor[]>;
}

const constant: Origin = { batch: false, active: false };

/**
 * Follows parameters and inputs forward through the tape. A tensor on the tape is a parameter if it is the same tensor, or
 * another handle on the same data, as a variable is after `assign`.
 *
 * @throws AutodiffError `NOT_A_FUNCTION_OF_PARAMS` if the outputs depend on no parameter or not on the inputs.
 */
export function traceOrigins(
  nodes: readonly TapeNode[],
  calls: ReadonlyMap<TapeNode, KernelCall>,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  outputs: tf.Tensor,
  caller: string,
): Origins {
  const origins = new Map<number, Origin>();
  const produced = new Set(nodes.flatMap((node) => node.outputs.map(({ id }) => id)));
  const leaves = new Map<string, tf.Tensor[]>();
  const inputs: tf.Tensor[] = [];
  const nameOf = namesOf(params);
  for (const tensor of nodes.flatMap((node) => inputsOf(node).map(([, input]) => input))) {
    if (produced.has(tensor.id) || origins.has(tensor.id)) continue;
    const name = nameOf(tensor, caller);
    if (name !== undefined) {
      leaves.set(name, [...(leaves.get(name) ?? []), tensor]);
      origins.set(tensor.id, { batch: false, active: true, view: { name, permutations: [] } });
    } else if (tensor.id === x.id || tensor.dataId === x.dataId) {
      inputs.push(tensor);
      origins.set(tensor.id, { batch: true, active: false });
    }
  }
  const of = ({ id }: tf.Tensor): Origin => origins.get(id) ?? constant;
  const path = pathBetween(nodes, [...[...leaves.values()].flat(), ...inputs], [outputs]);
  const steps = new Map(path.map((step) => [step.node, step]));
  for (const node of nodes) {
    const entries = inputsOf(node);
    const batch = entries.some(([, tensor]) => of(tensor).batch);
    const differentiable = steps.get(node)?.inputs.filter(([, tensor]) => of(tensor).active) ?? [];
    const active = differentiable.length > 0;
    if (!batch && !active) continue;
    const [[, only] = []] = entries;
    const view = batch || entries.length > 1 || !only ? undefined : viewThrough(calls.get(node), only, of(only).view);
    const origin: Origin = view ? { batch, active, view } : { batch, active };
    for (const output of node.outputs) origins.set(output.id, origin);
  }
  const { batch, active } = of(outputs);
  if (!active || !batch) {
    throw new AutodiffError(
      "NOT_A_FUNCTION_OF_PARAMS",
      `${caller}: the outputs of apply do not depend differentiably on ` +
        (active ? "x" : `any of the parameters ${Object.keys(params).join(", ")}`),
    );
  }
  return { of, path, leaves };
}

/** The inputs of a node; optional ones may be undefined and are left out. */
export function inputsOf(node: TapeNode): [key: string, tensor: tf.Tensor][] {
  return Object.entries(node.inputs as Record<string, tf.Tensor | null | undefined>).filter(
    (entry): entry is [string, tf.Tensor] => entry[1] != null,
  );
}

function namesOf(params: tf.NamedTensorMap): (tensor: tf.Tensor, caller: string) => string | undefined {
  const byId = new Map(Object.entries(params).map(([name, { id }]) => [id, name]));
  const byData = new Map<object, string[]>();
  for (const [name, { dataId }] of Object.entries(params)) byData.set(dataId, [...(byData.get(dataId) ?? []), name]);
  return (tensor, caller) => {
    const name = byId.get(tensor.id);
    if (name !== undefined) return name;
    const names = byData.get(tensor.dataId);
    if (names === undefined || names.length === 1) return names?.[0];
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `${caller}: parameters ${names.join(" and ")} share one tensor; pass each once`,
    );
  };
}

function viewThrough(call: KernelCall | undefined, from: tf.Tensor, view?: ParameterView): ParameterView | undefined {
  if (view === undefined || call === undefined) return undefined;
  const { kernelName, attributes } = call;
  if (["ExpandDims", "Identity", "Reshape"].includes(kernelName)) return view;
  if (kernelName !== "Transpose") return undefined;
  const permutation = { shape: from.shape, perm: attributes["perm"] as number[] };
  return { name: view.name, permutations: [...view.permutations, permutation] };
}
