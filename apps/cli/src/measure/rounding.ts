import type { Measured } from "../terminal/number.js";
import { productError } from "./product-error.js";
import type { Curvature } from "./text.js";

const atLeast = <M extends Measured>(measured: M, floor: number): M => ({
  ...measured,
  standardError: Math.max(measured.standardError, floor),
});

/**
 * Trace and norm of a P × P matrix A from products, with errors not below what these leave open: each product is off by ε‖Av‖, so each
 * vᵀAv of a probe, and the sum over all columns, by up to ε√P‖A‖_F.
 */
export function roundedBlock<M extends Measured>(
  size: number,
  { trace, norm }: { trace: M; norm: M },
): { trace: M; norm: M } {
  const scale = productError * Math.abs(norm.value);
  return { trace: atLeast(trace, Math.sqrt(size) * scale), norm: atLeast(norm, scale) };
}

/** The same with eigenvalues, which are off by up to ε‖A‖₂. */
export function withRounding(size: number, curvature: Curvature): Curvature {
  const floor = productError * Math.max(0, ...curvature.eigenvalues.map(({ value }) => Math.abs(value)));
  return {
    ...roundedBlock(size, curvature),
    eigenvalues: curvature.eigenvalues.map((pair) => ({ ...pair, residual: Math.max(pair.residual, floor) })),
  };
}
