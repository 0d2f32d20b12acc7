import { randomFeatures, reluTeacher, twoLayerRelu, uniformOnSphere, type ClosedFormModel } from "@sgdscope/models-rfm";
import type { SeededRandom } from "@sgdscope/random";
import type { Problem } from "../state/settings.js";

/** A model with its data. */
export interface Prepared {
  model: ClosedFormModel;
  /** Row-major [n, d]. */
  X: Float64Array;
  y: Float64Array;
  /** Clipping of the gradient norm; Infinity is none. */
  clipNorm: number;
}

/**
 * Inputs uniform on the sphere of radius √d, targets from three ReLU neurons, and the model.
 *
 * The network starts large and clips gradients at norm 20, as the reproduction's protocol does; without the clip the first
 * steps from a large start overflow. The random-feature model is quadratic and needs no clip.
 */
export function prepare({ model, examples, inputs, width }: Problem, random: SeededRandom): Prepared {
  const X = uniformOnSphere(examples, inputs, random.stream("inputs"));
  const y = reluTeacher(inputs, random.stream("teacher"))(X);
  if (model === "two-layer-relu") return { model: twoLayerRelu({ inputs, width }), X, y, clipNorm: 20 };
  const features = randomFeatures({ inputs, features: width, activation: "tanh", random: random.stream("features") });
  return { model: features, X, y, clipNorm: Infinity };
}
