import {
  blockNorms,
  layersOf,
  type BlockNorms,
  type GaussNewtonBlocks,
  type ParameterSlot,
  type TensorOperator,
} from "@sgdscope/autodiff";
import type { Measured } from "../terminal/number.js";
import type { MeasureOptions } from "./options.js";
import { roundedBlock } from "./rounding.js";
import type { LayerMeasurement } from "./text.js";

/** Trace and norm of the diagonal block of each layer. */
export type LayerCurvature = { trace: Measured; norm: Measured }[];

/** From the parts of the Gram matrix. */
export const exactLayers = ({ traces, squaredNorms }: GaussNewtonBlocks): LayerCurvature =>
  traces.map((trace, a) => ({
    trace: { value: trace, standardError: 0 },
    norm: { value: Math.sqrt(squaredNorms[a]![a]!), standardError: 0 },
  }));

/**
 * Where `--layers` asks for it: from probes on each layer, as many in all as `--products` says and at least two per layer; from all
 * columns where these are no more.
 */
export async function layersOfCurvature(
  operator: TensorOperator,
  options: MeasureOptions,
  random: () => number,
): Promise<LayerCurvature | undefined> {
  if (options.layers !== true) return undefined;
  const groups = layersOf(operator.layout.map(({ name }) => name));
  const count = Math.max(2, Math.ceil(options.products / Object.keys(groups).length));
  const found = measured(
    await blockNorms(operator, operator.size <= options.products ? {} : { probes: { count, random } }),
  );
  const sizes = Object.values(groups).map((names) => sizeOf(operator.layout, names));
  return found.map((block, a) => roundedBlock(sizes[a]!, block));
}

function measured({ traces, squaredNorms }: BlockNorms): LayerCurvature {
  return traces.map(({ value, standardError }, a) => {
    const square = squaredNorms[a]![a]!;
    const norm = Math.sqrt(square.value);
    // The root has half the relative error of the square.
    return {
      trace: { value, standardError },
      norm: { value: norm, standardError: norm === 0 ? 0 : square.standardError / (2 * norm) },
    };
  });
}

/** With the traces of blocks that have them in common. */
export const withTraces = (
  layers: LayerCurvature | undefined,
  exact: LayerCurvature | undefined,
): LayerCurvature | undefined =>
  exact === undefined ? layers : layers?.map((block, a) => ({ ...block, trace: exact[a]!.trace }));

const sizeOf = (layout: readonly ParameterSlot[], names: readonly string[]): number =>
  layout.reduce((sum, { name, size }) => (names.includes(name) ? sum + size : sum), 0);

/** One row per layer, or undefined where none were asked for. */
export function layerRows(
  layout: readonly ParameterSlot[],
  gaussNewton: LayerCurvature | undefined,
  hessian: LayerCurvature | undefined,
): LayerMeasurement[] | undefined {
  if (gaussNewton === undefined || hessian === undefined) return undefined;
  return Object.entries(layersOf(layout.map(({ name }) => name))).map(([layer, names], a) => ({
    layer,
    parameters: sizeOf(layout, names),
    gaussNewton: gaussNewton[a]!,
    hessian: hessian[a]!,
  }));
}
