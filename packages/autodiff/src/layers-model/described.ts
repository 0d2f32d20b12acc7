import type { LayerLike, LayersModelLike } from "./layer.js";
import { allLayers, cellsOf, regularizersOf, type WeightRegularizer } from "./regularizers.js";

/** What a LayersModel has beside its function. */
export interface LayersModelFacts {
  /** Regularizers of weights, which are part of no function: `Dense "head": kernelRegularizer l2 0.01`. */
  regularizers: string[];
  /** Layers that do something else in training, by name, with what they do here. */
  inference: string[];
}

/** In inference, by the start of a class name. */
const inInference: readonly [kind: RegExp, how: string][] = [
  [/^BatchNormalization$/, "by its moving statistics"],
  [/Dropout|^GaussianNoise$/, "as the identity"],
];

/** The regularizers of a LayersModel, and the layers for which inference and training differ; each layer once. */
export function describeLayersModel(model: Pick<LayersModelLike, "layers">): LayersModelFacts {
  return {
    regularizers: regularizersOf(model).map(textOf),
    inference: allLayers(model).flatMap((layer) => {
      const found = inInference.find(([kind]) => kind.test(layer.getClassName?.() ?? ""));
      const rates = cellsOf(layer).some(({ dropout = 0, recurrentDropout = 0 }) => dropout + recurrentDropout > 0);
      if (found !== undefined) return [`${nameOf(layer)} ${found[1]}`];
      return rates ? [`${nameOf(layer)} without its dropout`] : [];
    }),
  };
}

const nameOf = (layer: LayerLike): string => `${layer.getClassName?.() ?? "layer"} "${layer.name}"`;

function textOf({ layer, field, regularizer: { l1 = 0, l2 = 0 } }: WeightRegularizer): string {
  const parts = [...(l1 === 0 ? [] : [`l1 ${l1}`]), ...(l2 === 0 ? [] : [`l2 ${l2}`])];
  return `${nameOf(layer)}: ${field} ${parts.length === 0 ? "of its own kind" : parts.join(", ")}`;
}
