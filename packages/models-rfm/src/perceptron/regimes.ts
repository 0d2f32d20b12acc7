import { expectCount, expectLength, expectPositive } from "../errors.js";

/**
 * The temperature of SGD in the (α, T) plane of training regimes: T = η/(B·h) for networks of width h, η/B for the perceptron.
 *
 * @param width - h; default 1, which is the perceptron's.
 * @throws ModelsRfmError `INVALID_SIZE`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, as in the authors' code.
 */
export function regimeTemperature(learningRate: number, batchSize: number, width = 1): number {
  expectPositive("regimeTemperature: expected learningRate", learningRate);
  expectCount("regimeTemperature: expected batchSize", batchSize);
  expectCount("regimeTemperature: expected width", width);
  return learningRate / (batchSize * width);
}

/**
 * The exponent k of the best temperature in the feature regime, T_opt ~ α^k, k = (D − 1)/(D + 1) for D hidden layers.
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703.
 */
export function featureTemperatureExponent(hiddenLayers: number): number {
  expectCount("featureTemperatureExponent: expected hiddenLayers", hiddenLayers);
  return (hiddenLayers - 1) / (hiddenLayers + 1);
}

/**
 * The exponent a of the temperature at which a model of P examples leaves the kernel regime, T_c ~ P^(−a): a = γ/δ where
 * ‖Δw‖/‖w₀‖ ~ T^δ P^γ, since there the weights have moved by as much as their size. Derived here from the scalings of the source.
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, for the scalings.
 */
export function kernelRegimeExponent({ delta, gamma }: { delta: number; gamma: number }): number {
  expectPositive("kernelRegimeExponent: expected delta", delta);
  return gamma / delta;
}

/**
 * How far training has changed the kernel: Σ(K − K₀)²/ΣK₀² over the entries of two Gram matrices.
 *
 * @throws ModelsRfmError `WRONG_LENGTH`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, as in the authors' code.
 */
export function kernelChange(gram: Float64Array, gramAtStart: Float64Array): number {
  expectLength("kernelChange: expected gramAtStart", gramAtStart, gram.length);
  let [change, size] = [0, 0];
  for (let k = 0; k < gram.length; k++) {
    change += (gram[k]! - gramAtStart[k]!) ** 2;
    size += gramAtStart[k]! ** 2;
  }
  return change / size;
}
