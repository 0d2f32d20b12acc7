import { expectLength, expectPositive, ModelsRfmError } from "./errors.js";
import type { ClosedFormModel } from "./model.js";

/** Other parameters of the same function, and the way there. */
export interface RescaledParameters {
  /** θ′, each part of θ times its factor. */
  theta: Float64Array;
  /** The factor of every parameter: the Jacobian of f in θ′ is that in θ with columns divided by these. */
  factors: Float64Array;
}

/**
 * The parameters with each part multiplied by a factor, in the order of `model.shapes`. Where the factors multiply to 1, a network
 * that is positively homogeneous in every part (`twoLayerRelu`, `deepLinear`, `diagonalLinear`) computes the same function, while
 * its Hessian at an interpolating minimum becomes DHD with D = diag(1/factors): for two layers diag(1/α, α) H diag(1/α, α). Any
 * measure of flatness that is not invariant can so be given an arbitrary value.
 *
 * @throws ModelsRfmError `WRONG_LENGTH` for another number of factors than parts, `INVALID_SIZE` for a factor that is not positive,
 * `INVALID_VALUE` where they do not multiply to 1 within 1e-12.
 * @see Dinh, Pascanu, Bengio and Bengio (2017), arXiv:1703.04933 (recalled, not confirmed; checked here).
 */
export function rescaleLayers(
  model: ClosedFormModel,
  theta: Float64Array,
  partFactors: ArrayLike<number>,
): RescaledParameters {
  const parts = Object.values(model.shapes).map((shape) => shape.reduce((a, b) => a * b, 1));
  expectLength("rescaleLayers: expected theta", theta, model.parameters);
  expectLength("rescaleLayers: expected partFactors", partFactors, parts.length);
  let product = 1;
  const factors = Float64Array.from(
    parts.flatMap((size, part) => {
      const factor = partFactors[part]!;
      expectPositive(`rescaleLayers: expected partFactors[${part}]`, factor);
      product *= factor;
      return new Array<number>(size).fill(factor);
    }),
  );
  if (Math.abs(product - 1) > 1e-12)
    throw new ModelsRfmError(
      "INVALID_VALUE",
      `rescaleLayers: expected partFactors with the product 1, got the product ${product}`,
    );
  return { theta: theta.map((value, k) => value * factors[k]!), factors };
}
