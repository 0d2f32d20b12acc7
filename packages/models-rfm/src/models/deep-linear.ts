import { gaussian } from "@sgdscope/random";
import { expectCount, expectPositive } from "../errors.js";
import { gramOfRows, product, transposed } from "../matrix.js";
import { closedForm, type ClosedFormModel } from "../model.js";

export interface DeepLinearOptions {
  /** Input dimension d. */
  inputs: number;
  /** Output dimension C; default 1. */
  outputs?: number;
  /** Number of layers L, ≥ 1. */
  depth: number;
  /** Width of every hidden layer; default d. */
  width?: number;
  /**
   * Standard deviation of the starting weights; default width^(−1/2). Smaller starts, width^(−γ/2) with γ > 1, make
   * training visit one saddle after another.
   */
  initialScale?: number;
}

/** Deep linear network f(x) = W_L ⋯ W_1 x; its parts: `layer1` [width, d], …, `layerL` [C, width]. */
export interface DeepLinear extends ClosedFormModel {
  readonly kind: "deep-linear";
  /** Number of layers L. */
  readonly depth: number;
  /** W_L ⋯ W_1, row-major [C, d]. Throws ModelsRfmError `WRONG_LENGTH`. */
  endToEnd(theta: Float64Array): Float64Array;
}

/**
 * Deep linear network f(x) = W_L ⋯ W_1 x, all layers trained, no biases.
 *
 * With the activations A_l = W_l ⋯ W_1 x and the matrices B_l = W_L ⋯ W_{l+1} behind each layer,
 * K = Σ_l (A_{l−1}A_{l−1}ᵀ) ⊗ (B_lB_lᵀ) (derived here), at O(n²(d + Lh) + (nC)²L) cost for width h.
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 * @see Saxe, McClelland and Ganguli (2014), arXiv:1312.6120, for the model (recalled, not confirmed); the scales of saddle-to-saddle starts are those in
 * the code of Corlouer et al. (2026), arXiv:2604.06366.
 */
export function deepLinear(options: DeepLinearOptions): DeepLinear {
  const { inputs, outputs = 1, depth, width = inputs, initialScale = 1 / Math.sqrt(width) } = options;
  expectCount("deepLinear: expected inputs", inputs);
  expectCount("deepLinear: expected outputs", outputs);
  expectCount("deepLinear: expected depth", depth);
  expectCount("deepLinear: expected width", width);
  expectPositive("deepLinear: expected initialScale", initialScale);
  // Layer l maps sizes[l] numbers to sizes[l + 1]; its weights start at offsets[l].
  const sizes = [inputs, ...Array.from({ length: depth - 1 }, () => width), outputs];
  const offsets = [0];
  for (let l = 0; l < depth; l++) offsets.push(offsets[l]! + sizes[l]! * sizes[l + 1]!);
  const layer = (theta: Float64Array, l: number): Float64Array => theta.subarray(offsets[l], offsets[l + 1]);

  const activations = sizes.map((size) => new Float64Array(size));
  const signals = sizes.map((size) => new Float64Array(size));
  const model = closedForm({
    name: `deep-linear-${sizes.join("-")}`,
    inputs,
    outputs,
    shapes: Object.fromEntries(
      Array.from({ length: depth }, (_, l) => [`layer${l + 1}`, [sizes[l + 1]!, sizes[l]!]] as const),
    ),
    init: (random) => gaussian(offsets[depth]!, random).map((w) => initialScale * w),
    forward(theta, X, example, f) {
      activations[0]!.set(X.subarray(example * inputs, (example + 1) * inputs));
      for (let l = 0; l < depth; l++) {
        const [from, to] = [activations[l]!, activations[l + 1]!];
        for (let j = 0, w = offsets[l]!; j < to.length; j++) {
          let sum = 0;
          for (let k = 0; k < from.length; k++, w++) sum += theta[w]! * from[k]!;
          to[j] = sum;
        }
      }
      f.set(activations[depth]!);
    },
    addGradient(theta, _X, _example, weights, out, offset) {
      signals[depth]!.set(weights);
      for (let l = depth - 1; l >= 0; l--) {
        const [behind, before, activation] = [signals[l + 1]!, signals[l]!.fill(0), activations[l]!];
        for (let j = 0, w = offsets[l]!; j < behind.length; j++)
          for (let k = 0; k < activation.length; k++, w++) {
            out[offset + w]! += behind[j]! * activation[k]!;
            before[k]! += behind[j]! * theta[w]!;
          }
      }
    },
    gram(theta, X, n) {
      // Rows of A_{l−1} for every layer, then the B_l from the top.
      const rows: Float64Array[] = [X];
      for (let l = 1; l < depth; l++)
        rows.push(
          product(rows[l - 1]!, transposed(layer(theta, l - 1), sizes[l]!, sizes[l - 1]!), n, sizes[l - 1]!, sizes[l]!),
        );
      const size = n * outputs;
      const gram = new Float64Array(size * size);
      let behind: Float64Array = Float64Array.from({ length: outputs ** 2 }, (_, k) =>
        k % (outputs + 1) === 0 ? 1 : 0,
      );
      for (let l = depth - 1; l >= 0; l--) {
        const ofExamples = gramOfRows(rows[l]!, n, sizes[l]!);
        const ofOutputs = gramOfRows(behind, outputs, sizes[l + 1]!);
        for (let row = 0, k = 0; row < size; row++)
          for (let column = 0; column < size; column++, k++) {
            const [i, j] = [Math.floor(row / outputs), Math.floor(column / outputs)];
            gram[k]! += ofExamples[i * n + j]! * ofOutputs[(row - i * outputs) * outputs + column - j * outputs]!;
          }
        behind = product(behind, layer(theta, l), outputs, sizes[l + 1]!, sizes[l]!);
      }
      return gram;
    },
  });
  const identity = Float64Array.from({ length: inputs ** 2 }, (_, k) => (k % (inputs + 1) === 0 ? 1 : 0));
  return {
    ...model,
    kind: "deep-linear",
    depth,
    endToEnd: (theta) => transposed(model.predict(theta, identity), inputs, outputs),
  };
}
