import type { LayerLike, LayersModelLike } from "./layer.js";

/** An activation at the end of a model that losses on logits have in themselves. */
export type FinalActivation = "softmax" | "sigmoid";

/** The part of an activation of `@tensorflow/tfjs-layers` 4 that is used. */
interface Activation {
  getClassName(): string;
  apply(x: unknown): unknown;
}

type Activated = LayerLike & { activation?: Activation };

const linear: Activation = { getClassName: () => "linear", apply: (x) => x };

/** The layer at the end of a model whose activation is this one; undefined where it is another, or none. */
export function finalActivation(layersModel: LayersModelLike, activation: FinalActivation): LayerLike | undefined {
  const [output] = layersModel.outputs as readonly { sourceLayer?: Activated }[];
  const last = output?.sourceLayer;
  if (last === undefined) return undefined;
  const found = last.getClassName?.() === "Softmax" ? "softmax" : last.activation?.getClassName();
  return found === activation ? last : undefined;
}

/** Runs `body` while the activation of a layer, or a layer that is one, is the identity. */
export function withoutActivation<T>(layer: LayerLike | undefined, body: () => T): T {
  if (layer === undefined) return body();
  if (layer.getClassName?.() === "Softmax") {
    const own = Object.getOwnPropertyDescriptor(layer, "call");
    layer.call = (inputs) => (Array.isArray(inputs) ? (inputs as unknown[])[0] : inputs);
    try {
      return body();
    } finally {
      if (own === undefined) delete layer.call;
      else Object.defineProperty(layer, "call", own);
    }
  }
  const activated = layer as Activated;
  const own = activated.activation!;
  activated.activation = linear;
  try {
    return body();
  } finally {
    activated.activation = own;
  }
}
