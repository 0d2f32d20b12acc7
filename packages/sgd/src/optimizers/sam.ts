import type { CompleteOptimizer } from "./optimizer.js";

/** What is added to ‖g‖, so that a gradient of 0 ascends nowhere. */
export const samEpsilon = 1e-12;

/** How far an optimizer ascends along the gradient of a batch before it takes that of its step: ρ of SAM, else 0. */
export const ascentOf = (optimizer: CompleteOptimizer): number => (optimizer.kind === "sam" ? optimizer.rho : 0);

/** What an optimizer does with the gradient of its step; SAM, with that of the perturbed point, is a heavy ball or plain SGD. */
export function baseOf(optimizer: CompleteOptimizer): Exclude<CompleteOptimizer, { kind: "sam" }> {
  if (optimizer.kind !== "sam") return optimizer;
  const { momentum, weightDecay } = optimizer;
  if (momentum === 0) return { kind: "sgd", weightDecay };
  return { kind: "heavy-ball", momentum, dampening: 0, weightDecay };
}

/**
 * θ + ρg/(‖g‖ + 1e-12), with g a sum of gradients over a divisor, into `out`.
 *
 * Source: Foret et al. (2021), arXiv:2010.01412, equation 2 for p = 2; the 1e-12 is that of public implementations. Both as recalled.
 */
export function ascended(
  parameters: Float64Array,
  { sum, divisor }: { sum: Float64Array; divisor: number },
  rho: number,
  out: Float64Array,
): void {
  let square = 0;
  for (const g of sum) square += g * g;
  const scale = rho / (Math.sqrt(square) + divisor * samEpsilon);
  for (let k = 0; k < out.length; k++) out[k] = parameters[k]! + scale * sum[k]!;
}
