import { gaussian } from "@sgdscope/random";
import { expectCount, expectPositive } from "../errors.js";
import { dot, gramOfRows } from "../matrix.js";
import { closedForm, type ClosedFormModel } from "../model.js";

export interface TwoLayerReluOptions {
  /** Input dimension d. */
  inputs: number;
  /** Number of neurons m. */
  width: number;
  /** Standard deviation of the starting w_jk; default d^(−1/4), so that ‖w_j‖² ≈ √d. */
  hiddenScale?: number;
  /** Standard deviation of the starting a_j; default 1. */
  outputScale?: number;
}

/** Two-layer network f(x) = Σ_j a_j relu(w_j·x); its parts: `hidden` [m, d], rows w_j, then `output` [m, 1]. */
export interface TwoLayerRelu extends ClosedFormModel {
  readonly kind: "two-layer-relu";
  readonly width: number;
}

/**
 * Two-layer ReLU network f(x) = Σ_{j≤m} a_j relu(w_j·x), both layers trained, no biases.
 *
 * The default start w ~ N(0, I/√d), a ~ N(0, 1) is the large initialisation of Wu and Su (2023).
 * K_ij = relu(Wx_i)·relu(Wx_j) + (x_i·x_j) Σ_k a_k² 1[w_k·x_i > 0] 1[w_k·x_j > 0] (derived here), at O(n²(m + d)) + O(nmd) cost;
 * relu′(0) = 0. P = m(d + 1).
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 * @see Wu and Su (2023), The implicit regularization of dynamical stability in stochastic gradient descent, for the start.
 */
export function twoLayerRelu(options: TwoLayerReluOptions): TwoLayerRelu {
  const { inputs, width, hiddenScale = inputs ** -0.25, outputScale = 1 } = options;
  expectCount("twoLayerRelu: expected inputs", inputs);
  expectCount("twoLayerRelu: expected width", width);
  expectPositive("twoLayerRelu: expected hiddenScale", hiddenScale);
  expectPositive("twoLayerRelu: expected outputScale", outputScale);
  const hidden = width * inputs;

  const activations = new Float64Array(width);
  const model = closedForm({
    name: `two-layer-relu-${inputs}-${width}`,
    inputs,
    shapes: { hidden: [width, inputs], output: [width, 1] },
    init(random) {
      const theta = gaussian(hidden + width, random);
      for (let k = 0; k < hidden; k++) theta[k]! *= hiddenScale;
      for (let k = hidden; k < theta.length; k++) theta[k]! *= outputScale;
      return theta;
    },
    forward(theta, X, example, f) {
      let sum = 0;
      for (let j = 0; j < width; j++) {
        const z = dot(theta, j * inputs, X, example * inputs, inputs);
        activations[j] = z > 0 ? z : 0;
        if (z > 0) sum += theta[hidden + j]! * z;
      }
      f[0] = sum;
    },
    addGradient(theta, X, example, weights, out, offset) {
      const weight = weights[0]!;
      const x = example * inputs;
      for (let j = 0; j < width; j++) {
        const activation = activations[j]!;
        if (activation === 0) continue;
        const signal = weight * theta[hidden + j]!;
        const row = offset + j * inputs;
        for (let k = 0; k < inputs; k++) out[row + k]! += signal * X[x + k]!;
        out[offset + hidden + j]! += weight * activation;
      }
    },
    gram(theta, X, n) {
      const hiddenLayer = new Float64Array(n * width);
      const signals = new Float64Array(n * width);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < width; j++) {
          const z = dot(theta, j * inputs, X, i * inputs, inputs);
          if (z <= 0) continue;
          hiddenLayer[i * width + j] = z;
          signals[i * width + j] = theta[hidden + j]!;
        }
      const gram = gramOfRows(hiddenLayer, n, width);
      const ofSignals = gramOfRows(signals, n, width);
      const ofInputs = gramOfRows(X, n, inputs);
      for (let k = 0; k < gram.length; k++) gram[k]! += ofSignals[k]! * ofInputs[k]!;
      return gram;
    },
  });
  return { ...model, kind: "two-layer-relu", width };
}
