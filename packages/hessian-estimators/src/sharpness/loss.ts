import { axpy, dot } from "@sgdscope/linear-algebra";
import { HessianEstimatorsError } from "../errors.js";
import { checkLength } from "../internal/arguments.js";
import type { LinearOperator } from "../operator.js";

/** A loss of a flat vector of parameters. */
export interface LossFunction {
  size: number;
  value(parameters: Float64Array): Promise<number>;
}

/** A loss with its gradient. */
export interface DifferentiableLoss extends LossFunction {
  gradient(parameters: Float64Array): Promise<Float64Array>;
}

/** The quadratic model L + gᵀδ + ½δᵀHδ of a loss as a loss of δ. One product per value or gradient. */
export function quadraticModel(
  operator: LinearOperator,
  { gradient = new Float64Array(operator.size), value = 0 }: { gradient?: Float64Array; value?: number } = {},
): DifferentiableLoss {
  checkLength("quadraticModel", "gradient", gradient, operator.size);
  return {
    size: operator.size,
    value: async (step) => value + dot(gradient, step) + dot(step, await operator.apply(step.slice())) / 2,
    gradient: async (step) => axpy(1, gradient, (await operator.apply(step.slice())).slice()),
  };
}

/** @internal The loss at a point, finite. */
export async function finiteLoss(caller: string, loss: LossFunction, point: Float64Array): Promise<number> {
  const value = await loss.value(point.slice());
  if (!Number.isFinite(value))
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected loss to be finite at point, got ${value}`,
    );
  return value;
}

/** @internal The scale of the perturbation of each parameter, checked. */
export function scaleOf(
  caller: string,
  point: Float64Array,
  scale: "uniform" | "adaptive" | Float64Array,
): Float64Array {
  if (scale === "uniform") return new Float64Array(point.length).fill(1);
  if (scale === "adaptive") return point.map(Math.abs);
  checkLength(caller, "scale", scale, point.length);
  if (!scale.every((x) => x >= 0 && x < Infinity))
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected scale to be finite and not negative, got ${scale.find((x) => !(x >= 0 && x < Infinity))!}`,
    );
  return scale;
}
