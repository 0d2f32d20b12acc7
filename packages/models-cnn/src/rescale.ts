import * as tf from "@tensorflow/tfjs-core";
import { ModelsError } from "./errors.js";
import type { LayerSpec } from "./layers/spec.js";
import type { Network } from "./config.js";

/** By layer, the factor of its output; 1 for layers that are not named. */
export type LayerFactors = Readonly<Record<string, number>>;

/**
 * The factor of each parameter when layers are rescaled such that the network stays the same function.
 *
 * ReLU, pooling and linear layers are positively homogeneous: a layer whose outputs are a times as large, followed by one whose kernel
 * is divided by a, compute the same. So a kernel is multiplied by the factor of its own layer over that of its input, a bias by that
 * of its own layer, gamma and beta of a batch normalisation by that of the normalisation.
 *
 * With θ′ = Sθ, S the diagonal matrix of these factors, gradients become S⁻¹g, Hessians S⁻¹HS⁻¹ and covariances of gradients S⁻¹CS⁻¹,
 * everywhere: S does not depend on θ.
 *
 * @param network - Only its layers are used.
 * @param factors - Positive. What reaches the output, or a layer that is not homogeneous (batch normalisation, tanh), must have factor 1,
 *   and branch and shortcut of a residual block must have the same factor.
 * @returns For each parameter, in their order.
 * @throws ModelsError `OPTION`, naming the layer, for unknown layers and factors that would change the function.
 * @see Dinh, Pascanu, Bengio and Bengio (2017), arXiv:1703.04933, α-scale transformations (as recalled); factors on branches and
 *   batch normalisation derived here.
 */
export function layerScales(
  network: Pick<Network, "name" | "specs" | "parameters">,
  factors: LayerFactors,
): Record<string, number> {
  const left = new Set(Object.keys(factors));
  for (const [layer, factor] of Object.entries(factors)) {
    if (!(factor > 0 && Number.isFinite(factor))) refuse(`expected a positive factor for ${layer}, got ${factor}`);
  }
  const scales: Record<string, number> = {};
  const factorOf = (layer: string): number => {
    left.delete(layer);
    return factors[layer] ?? 1;
  };
  const through = (specs: readonly LayerSpec[], scale: number): number =>
    specs.reduce((given, spec) => after(spec, given), scale);
  const after = (spec: LayerSpec, given: number): number => {
    const name = spec.name!;
    switch (spec.layer) {
      case "conv":
      case "dense": {
        const own = factorOf(name);
        scales[`${name}.kernel`] = own / given;
        scales[`${name}.bias`] = own;
        return own;
      }
      case "batch-norm": {
        if (!same(given, 1))
          refuse(
            `cannot scale the inputs of batch normalisation ${name} by ${given}, because its statistics are fixed`,
          );
        const own = factorOf(name);
        scales[`${name}.gamma`] = scales[`${name}.beta`] = own;
        return own;
      }
      case "activation":
        if (spec.function !== "relu" && spec.function !== "linear" && !same(given, 1))
          refuse(`cannot scale the inputs of ${name} by ${given}, because ${spec.function} is not homogeneous`);
        return given;
      case "residual": {
        const [branch, shortcut] = [through(spec.branch, given), through(spec.shortcut ?? [], given)];
        if (!same(branch, shortcut))
          refuse(`expected the same scale on branch and shortcut of ${name}, got ${branch} and ${shortcut}`);
        return branch;
      }
      default:
        return given;
    }
  };
  const last = through(network.specs, 1);
  if (!same(last, 1))
    refuse(`cannot scale the outputs of ${network.name} by ${last}, because that changes the function`);
  const [unknown] = left;
  if (unknown !== undefined) refuse(`${network.name} has no layer ${unknown} with parameters`);
  return Object.fromEntries(network.parameters.map(({ name }) => [name, scales[name]!]));
}

/**
 * The same function with other parameters: layers rescaled against each other, see {@link layerScales}. The
 * curvature changes although the function does not, which a measure of flatness must account for.
 *
 * @param params - Of the network; not disposed.
 * @returns Float32, the same names; outputs agree to rounding, and to the last bit where factors are powers of two. The caller disposes
 *   them.
 * @throws ModelsError as {@link layerScales}; `PARAMETERS` if one is missing.
 */
export function rescaleLayers(network: Network, params: tf.NamedTensorMap, factors: LayerFactors): tf.NamedTensorMap {
  const scales = Object.entries(layerScales(network, factors));
  const missing = scales.find(([name]) => params[name] === undefined);
  if (missing !== undefined) throw new ModelsError("PARAMETERS", `rescaleLayers: parameter ${missing[0]} is missing`);
  return Object.fromEntries(scales.map(([name, scale]) => [name, tf.mul(params[name]!, scale)]));
}

const same = (a: number, b: number): boolean => Math.abs(a / b - 1) < 1e-12;

function refuse(why: string): never {
  throw new ModelsError("OPTION", `layerScales: ${why}`);
}
