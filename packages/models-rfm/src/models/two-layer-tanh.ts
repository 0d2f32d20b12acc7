import { gaussian } from "@sgdscope/random";
import { expectCount, expectPositive } from "../errors.js";
import { dot, gramOfRows } from "../matrix.js";
import { closedForm, type ClosedFormModel } from "../model.js";

export interface TwoLayerTanhOptions {
  /** Input dimension d. */
  inputs: number;
  /** Number of neurons m. */
  width: number;
  /** Standard deviation of the starting w_jk; default d^(−1/2). */
  hiddenScale?: number;
  /** Standard deviation of the starting a_j; default 1. */
  outputScale?: number;
}

/** Two-layer network f(x) = Σ_j a_j tanh(w_j·x); its parts: `hidden` [m, d], rows w_j, then `output` [m, 1]. */
export interface TwoLayerTanh extends ClosedFormModel {
  readonly kind: "two-layer-tanh";
  readonly width: number;
}

/**
 * Two-layer network f(x) = Σ_{j≤m} a_j tanh(w_j·x), both layers trained, no biases: smooth, and without the rescaling symmetry of
 * ReLU, so that its minima with more examples than parameters are isolated.
 *
 * K_ij = tanh(Wx_i)·tanh(Wx_j) + (x_i·x_j) Σ_k a_k² tanh′(w_k·x_i) tanh′(w_k·x_j), elementary, at O(n²(m + d)) + O(nmd) cost.
 * P = m(d + 1).
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 */
export function twoLayerTanh(options: TwoLayerTanhOptions): TwoLayerTanh {
  const { inputs, width, hiddenScale = inputs ** -0.5, outputScale = 1 } = options;
  expectCount("twoLayerTanh: expected inputs", inputs);
  expectCount("twoLayerTanh: expected width", width);
  expectPositive("twoLayerTanh: expected hiddenScale", hiddenScale);
  expectPositive("twoLayerTanh: expected outputScale", outputScale);
  const hidden = width * inputs;

  const activations = new Float64Array(width);
  const model = closedForm({
    name: `two-layer-tanh-${inputs}-${width}`,
    inputs,
    shapes: { hidden: [width, inputs], output: [width, 1] },
    init: (random) =>
      gaussian(hidden + width, random).map((value, k) => value * (k < hidden ? hiddenScale : outputScale)),
    forward(theta, X, example, f) {
      let sum = 0;
      for (let j = 0; j < width; j++) {
        activations[j] = Math.tanh(dot(theta, j * inputs, X, example * inputs, inputs));
        sum += theta[hidden + j]! * activations[j]!;
      }
      f[0] = sum;
    },
    addGradient(theta, X, example, weights, out, offset) {
      const weight = weights[0]!;
      const x = example * inputs;
      for (let j = 0; j < width; j++) {
        const activation = activations[j]!;
        const signal = weight * theta[hidden + j]! * (1 - activation * activation);
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
          const activation = Math.tanh(dot(theta, j * inputs, X, i * inputs, inputs));
          hiddenLayer[i * width + j] = activation;
          signals[i * width + j] = theta[hidden + j]! * (1 - activation * activation);
        }
      const gram = gramOfRows(hiddenLayer, n, width);
      const ofSignals = gramOfRows(signals, n, width);
      const ofInputs = gramOfRows(X, n, inputs);
      for (let k = 0; k < gram.length; k++) gram[k]! += ofSignals[k]! * ofInputs[k]!;
      return gram;
    },
  });
  return { ...model, kind: "two-layer-tanh", width };
}
