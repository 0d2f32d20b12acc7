import { expectLength } from "../errors.js";
import { dot } from "../matrix.js";
import type { TwoLayerRelu } from "../models/two-layer-relu.js";

/**
 * Tr G = ½ Σ_j (‖w_j‖² + d·a_j²) of a two-layer ReLU network in the population of inputs uniform on the sphere of radius √d.
 *
 * Holds for every law with E xxᵀ = I that is symmetric under x → −x (derived here: half of it lies on either side of w_j). O(md).
 *
 * @throws ModelsRfmError `WRONG_LENGTH`.
 * @see Wu and Su (2023), arXiv:2305.17490, who bound it by Σ(‖w_j‖² + d·a_j²) up to constants, as lecture notes quote them.
 */
export function twoLayerReluTrace(model: TwoLayerRelu, theta: Float64Array): number {
  expectLength("twoLayerReluTrace: expected theta", theta, model.parameters);
  const { width, inputs } = model;
  const hidden = width * inputs;
  return 0.5 * (dot(theta, 0, theta, 0, hidden) + inputs * dot(theta, hidden, theta, hidden, width));
}

/**
 * The path norm Σ_j |a_j|‖w_j‖; on the population of `twoLayerReluTrace` at most Tr G/√d, so SGD with batches of one, stable only
 * where Tr G ≤ 2/η, keeps it to 2/(η√d).
 *
 * @throws ModelsRfmError `WRONG_LENGTH`.
 * @see Wu and Su (2023), arXiv:2305.17490, as lecture notes quote it.
 */
export function pathNorm(model: TwoLayerRelu, theta: Float64Array): number {
  expectLength("pathNorm: expected theta", theta, model.parameters);
  const { width, inputs } = model;
  let sum = 0;
  for (let j = 0; j < width; j++)
    sum += Math.abs(theta[width * inputs + j]!) * Math.sqrt(dot(theta, j * inputs, theta, j * inputs, inputs));
  return sum;
}
