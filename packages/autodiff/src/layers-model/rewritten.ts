import { dilatedConvolution } from "./dilated-convolution.js";
import type { Call, LayerLike, Rewriting } from "./layer.js";
import { layerNormalization } from "./layer-normalization.js";
import { recurrence } from "./recurrence.js";
import { timeDistributed } from "./time-distributed.js";

const rewritings: readonly Rewriting[] = [dilatedConvolution, layerNormalization, recurrence, timeDistributed];

/** What a layer computes, rewritten where that helps. */
export function rewritten(layer: LayerLike, own: Call): Call {
  for (const rewriting of rewritings) {
    const call = rewriting(layer, own);
    if (call !== undefined) return call;
  }
  return own;
}

interface Composite {
  layers?: readonly LayerLike[];
  layer?: LayerLike;
  forwardLayer?: LayerLike;
  backwardLayer?: LayerLike;
}

/** The layers inside of one: of a model that is a layer, of a wrapper. */
export function innerLayers(layer: LayerLike): LayerLike[] {
  const { layers = [], layer: only, forwardLayer, backwardLayer } = layer as Composite;
  const own = [...layers, only, forwardLayer, backwardLayer].filter((each) => each !== undefined);
  return own.flatMap((each) => [each, ...innerLayers(each)]);
}
