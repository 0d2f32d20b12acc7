import { traceOfFunction } from "@sgdscope/hessian-estimators/functions";
import type { Measured } from "../terminal/number.js";
import { productError } from "./product-error.js";
import type { Spectrum } from "./spectrum.js";

/** log det(A + εI), or why it is not defined. */
export type LogDeterminant = (Measured & { matvecs: number }) | { undefined: string };

/** Those of both matrices at one shift. */
export interface LogDeterminants {
  shift: number;
  gaussNewton: LogDeterminant;
  hessian: LogDeterminant;
}

/**
 * log det(A + εI) from the spectrum of A. The standard error is that over the probes, and not below what the rounding of the products
 * leaves open: each eigenvalue λ is off by up to τ = 10⁻⁶ of the largest, its logarithm by τ/(λ + ε).
 */
export function logDeterminantOf({ exact, quadrature }: Spectrum, shift: number): LogDeterminant {
  const nodes = quadrature.runs.flatMap(({ nodes, weights }) => [...nodes].filter((_, k) => weights[k]! > 0));
  const least = Math.min(...nodes);
  const rounding = productError * Math.max(...nodes.map(Math.abs));
  if (!(least + shift > 0))
    return {
      undefined:
        least < -rounding
          ? `an eigenvalue is at most ${least.toPrecision(3)}, so that with ε = ${shift} the matrix is not positive definite`
          : `ε = ${shift} is below the rounding of the eigenvalues, ${rounding.toPrecision(3)}`,
    };
  const rounded = Math.sqrt(traceOfFunction(quadrature, (node) => (rounding / (node + shift)) ** 2).value);
  const { value, standardError, reason } = traceOfFunction(quadrature, (node) => Math.log(node + shift));
  return {
    value,
    standardError: exact ? rounded : Math.max(standardError, rounded),
    matvecs: quadrature.matvecs,
    ...(reason === undefined || exact ? {} : { reason }),
  };
}

/**
 * log det(G + εI) from the nC eigenvalues that G shares with K/n; the other P − nC are 0. Eigenvalues below the rank tolerance count as
 * 0, and what they may add is in the error.
 */
export function logDeterminantOfGram(
  eigenvalues: Float64Array,
  parameters: number,
  shift: number,
  rankTolerance: number,
): LogDeterminant {
  const floor = rankTolerance * Math.max(0, ...eigenvalues);
  const nonzero = eigenvalues.filter((value) => value > floor).slice(0, parameters);
  const open = Math.min(eigenvalues.length, parameters) - nonzero.length;
  const rounded = nonzero.reduce((sum, value) => sum + (floor / (value + shift)) ** 2, 0);
  return {
    value: nonzero.reduce(
      (sum, value) => sum + Math.log(value + shift),
      (parameters - nonzero.length) * Math.log(shift),
    ),
    standardError: Math.hypot(Math.sqrt(rounded), open * Math.log1p(floor / shift)),
    matvecs: 0,
  };
}
