import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import { labelled } from "../second-order/labels.js";
import { finalActivation, withoutActivation, type FinalActivation } from "./final-activation.js";
import type { LayerLike, LayersModelLike, LayerWeight } from "./layer.js";
import { regularizersOf, weightOf } from "./regularizers.js";
import { innerLayers, rewritten } from "./rewritten.js";

/** A layers model as a function of its trainable weights. */
export interface LayersFunction {
  name: string;
  inputShape: number[];
  outputs: number;
  /** Of one example, before it is flattened to `outputs` numbers. */
  outputShape: number[];
  /** The activation that was left out at the end, as `softmax of Dense "head"`; see `before`. */
  leftOut?: string;
  /** Set where the inputs are indices, integers below this: the rows of an embedding that reads them. */
  indices?: number;
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
  /** The sum of its weight regularizers, a scalar, which is no part of `apply`; undefined where it has none. */
  penalty?: (params: tf.NamedTensorMap) => tf.Tensor;
}

/**
 * A `tf.LayersModel` as a pure function of its trainable weights, in inference mode (moving statistics in batch
 * normalisation, no dropout), and these weights as they are now.
 *
 * `apply(params, x)` lends `params` to the layers while they compute and gives them their own weights back, also when
 * they throw: the model is never changed. Weights that are not trainable, moving statistics and frozen layers, are read
 * from the model at each call. Regularizers are not part of the function: `penalty` is their sum, as the model defines
 * them and as Keras adds it to its loss. Outputs of a higher rank are flattened to
 * [n, outputs].
 *
 * @param layersModel - Built, with one input and one output; from tfjs-layers 4.
 * @param options.before - Leaves out the last activation where it is this one: a loss on logits has it itself. Elsewhere nothing changes.
 * @returns The function, and clones of the weights in the order of `trainableWeights`, under their names (a second weight
 *   of the same name gets a number); the caller disposes `params`.
 * @throws AutodiffError `UNSUPPORTED_LAYERS_MODEL` naming the reason: several inputs or outputs, stateful layers,
 *   activity regularizers, open shapes, no trainable weights.
 */
export function functionOfLayersModel(
  layersModel: LayersModelLike,
  { before }: { before?: FinalActivation } = {},
): {
  model: LayersFunction;
  params: tf.NamedTensorMap;
} {
  const inputShape = shapeOf(layersModel, "inputs");
  const outputShape = shapeOf(layersModel, "outputs");
  const outputs = outputShape.reduce((product, each) => product * each, 1);
  assertSupported(layersModel);
  const weights = namedWeights(layersModel);
  const last = before === undefined ? undefined : finalActivation(layersModel, before);
  const apply = (params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const y = lending(weights, params, () =>
        naming(layersModel, () => withoutActivation(last, () => layersModel.apply(x, { training: false }))),
      );
      if (!(y instanceof tf.Tensor)) refuse(layersModel, "must return one tensor, and returns a list");
      return tf.reshape(y, [x.shape[0], outputs]);
    });
  return {
    model: {
      name: layersModel.name,
      inputShape,
      outputs,
      outputShape,
      ...indicesOf(layersModel),
      ...(last === undefined ? {} : { leftOut: `${before!} of ${nameOf(last)}` }),
      apply,
      ...penaltyOf(layersModel, weights),
    },
    params: Object.fromEntries([...weights].map(([name, weight]) => [name, tf.keep(tf.clone(weight.read()))])),
  };
}

/** The regularizers of all weights, each once. */
function penaltyOf(
  layersModel: LayersModelLike,
  weights: ReadonlyMap<string, LayerWeight>,
): Pick<LayersFunction, "penalty"> {
  const regularizers = regularizersOf(layersModel);
  if (regularizers.length === 0) return {};
  const terms = (): tf.Tensor[] =>
    regularizers.map((each) => {
      const weight = weightOf(each);
      if (weight === undefined || each.regularizer.apply === undefined)
        refuse(
          layersModel,
          `has the ${each.field} of ${nameOf(each.layer)}, of which it cannot be seen what it penalises`,
        );
      return each.regularizer.apply(weight.read());
    });
  return { penalty: (params) => tf.tidy(() => lending(weights, params, () => tf.addN(terms()))) };
}

/** Runs `body` while the weights have the values `params`. */
function lending<T>(weights: ReadonlyMap<string, LayerWeight>, params: tf.NamedTensorMap, body: () => T): T {
  const own: [weight: { val: tf.Tensor }, val: tf.Tensor][] = [];
  try {
    for (const [name, weight] of weights) {
      const lent = (params as Partial<tf.NamedTensorMap>)[name];
      const { shape } = weight.read();
      if (lent === undefined || !tf.util.arraysEqual(lent.shape, shape)) {
        throw new AutodiffError(
          "INVALID_ARGUMENT",
          `apply: expected params["${name}"] of shape [${shape.join(", ")}], ` +
            `got ${lent === undefined ? "nothing" : `[${lent.shape.join(", ")}]`}`,
        );
      }
      const holder = weight as unknown as { val: tf.Tensor };
      own.push([holder, holder.val]);
      holder.val = lent;
      if (weight.read() !== lent) {
        throw new AutodiffError(
          "UNSUPPORTED_LAYERS_MODEL",
          `apply: weight "${name}" does not store its value as @tensorflow/tfjs-layers 4 does`,
        );
      }
    }
    return body();
  } finally {
    for (const [holder, val] of own) holder.val = val;
  }
}

/**
 * Runs `body` while the operations of each layer are labelled by its name, so that errors can name it, and layers whose operations lack
 * derivatives or rules are computed in others.
 */
function naming<T>({ layers }: LayersModelLike, body: () => T): T {
  const named = layers.map((layer) => [layer, nameOf(layer)] as const);
  const inner = layers.flatMap((layer) => innerLayers(layer).map((each) => [each, undefined] as const));
  const wrapped = [...new Map([...inner, ...named])].filter(([layer]) => "call" in layer);
  const own = wrapped.map(([layer]) => Object.getOwnPropertyDescriptor(layer, "call"));
  for (const [layer, label] of wrapped) {
    const call = rewritten(layer, layer.call!.bind(layer));
    layer.call = label === undefined ? call : (...parameters) => labelled(label, () => call(...parameters));
  }
  try {
    return body();
  } finally {
    wrapped.forEach(([layer], i) => {
      if (own[i] === undefined) delete layer.call;
      else Object.defineProperty(layer, "call", own[i]);
    });
  }
}

const nameOf = (layer: LayerLike): string => `${layer.getClassName?.() ?? "layer"} "${layer.name}"`;

function namedWeights(layersModel: LayersModelLike): Map<string, LayerWeight> {
  const weights = new Map<string, LayerWeight>();
  for (const weight of new Set(layersModel.trainableWeights)) {
    let name = weight.name;
    for (let number = 1; weights.has(name); number++) name = `${weight.name}_${number}`;
    weights.set(name, weight);
  }
  if (weights.size === 0) refuse(layersModel, "has no trainable weights");
  return weights;
}

function assertSupported(layersModel: LayersModelLike): void {
  for (const layer of layersModel.layers) {
    const named = nameOf(layer);
    if (layer.stateful === true) refuse(layersModel, `has the stateful layer ${named}; state is not supported`);
    if (layer.activityRegularizer != null) {
      refuse(layersModel, `has an activity regularizer in ${named}, which is not supported`);
    }
  }
}

/** The rows of the smallest embedding that reads the inputs. */
function indicesOf({ layers }: LayersModelLike): { indices?: number } {
  const rows = layers.flatMap((layer) => {
    const { inputDim, inboundNodes } = layer as { inputDim?: number; inboundNodes?: { inboundLayers: LayerLike[] }[] };
    const reads = inboundNodes?.some(({ inboundLayers }) =>
      inboundLayers.some((before) => before.getClassName?.() === "InputLayer"),
    );
    return layer.getClassName?.() === "Embedding" && reads === true && inputDim !== undefined ? [inputDim] : [];
  });
  return rows.length === 0 ? {} : { indices: Math.min(...rows) };
}

/** Shape of the one input or output, without the axis of examples. */
function shapeOf(layersModel: LayersModelLike, end: "inputs" | "outputs"): number[] {
  const tensors = (layersModel as Partial<LayersModelLike>)[end] ?? [];
  const [only] = tensors;
  if (only === undefined || tensors.length > 1)
    refuse(
      layersModel,
      `must be built and have exactly one ${end === "inputs" ? "input" : "output"}, and has ${tensors.length}`,
    );
  return only.shape.slice(1).map((size, axis) => {
    if (size === null) refuse(layersModel, `must have ${end} of fixed shape, and axis ${axis + 1} is open`);
    return size;
  });
}

function refuse(layersModel: LayersModelLike, why: string): never {
  throw new AutodiffError("UNSUPPORTED_LAYERS_MODEL", `functionOfLayersModel: model "${layersModel.name}" ${why}`);
}
