import type * as tf from "@tensorflow/tfjs-core";
import type { LayerLike, LayersModelLike } from "./layer.js";
import { innerLayers } from "./rewritten.js";

/** A regularizer of a layer's weight. */
export interface WeightRegularizer {
  layer: LayerLike;
  /** As the layer calls it: `kernelRegularizer`. */
  field: string;
  regularizer: { l1?: number; l2?: number; apply?(weight: tf.Tensor): tf.Tensor };
}

/** The layers of a model with those inside of them, each once. */
export const allLayers = ({ layers }: Pick<LayersModelLike, "layers">): LayerLike[] => [
  ...new Set(layers.flatMap((layer) => [layer, ...innerLayers(layer)])),
];

export type CellLike = LayerLike & { dropout?: number; recurrentDropout?: number };

/** The cells of a recurrent layer. */
export function cellsOf(layer: LayerLike): CellLike[] {
  const { cell } = layer as { cell?: CellLike & { cells?: CellLike[] } };
  return cell === undefined ? [] : (cell.cells ?? [cell]);
}

/** Every regularizer of a weight, those of cells as their layer's; each once, however often its layer is used. */
export const regularizersOf = (model: Pick<LayersModelLike, "layers">): WeightRegularizer[] =>
  allLayers(model).flatMap((layer) => [layer, ...cellsOf(layer)].flatMap(ownRegularizers));

const ownRegularizers = (layer: LayerLike): WeightRegularizer[] =>
  Object.entries(layer).flatMap(([field, value]) =>
    /Regularizer$/.test(field) && field !== "activityRegularizer" && value != null
      ? [{ layer, field, regularizer: value as WeightRegularizer["regularizer"] }]
      : [],
  );

/** The weight that a regularizer is of, by the names that the layers of tfjs-layers 4 give them; undefined where none has such a name. */
export function weightOf({ layer, field }: WeightRegularizer): { read(): tf.Tensor } | undefined {
  const own = layer as unknown as Record<string, { read?: unknown } | null | undefined>;
  const name = field.replace(/Regularizer$/, "");
  const weight = own[name] ?? own[`${name}Kernel`];
  return typeof weight?.read === "function" ? (weight as { read(): tf.Tensor }) : undefined;
}
