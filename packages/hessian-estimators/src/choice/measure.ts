import { symmetricEigenvalues } from "@sgdscope/linear-algebra";
import { curvature } from "../curvature/index.js";
import type { CurvatureOptions } from "../curvature/types.js";
import type { LanczosQuadrature } from "../density/ghorbani2019slq.js";
import { HessianEstimatorsError } from "../errors.js";
import { checkInteger, checkLength, checkOneOf } from "../internal/arguments.js";
import type { LinearOperator, SampledEstimate } from "../operator.js";
import { scaled } from "../operator/arithmetic.js";
import { denseOperator } from "../operator/matrix.js";
import { choose } from "../spectrum/wanted.js";

/** The source of a measurement: the Gram matrix of a minimum, an operator, or both. */
export interface CurvatureSource {
  /**
   * K = JJᵀ, row-major (nC)×(nC), of n examples with C outputs each. K/n has the nonzero spectrum of the Gauss–Newton matrix
   * G = JᵀJ/n, which equals the Hessian at a global minimum only.
   */
  gram?: { examples: number; outputs: number; gram: Float64Array } | undefined;
  operator?: LinearOperator | undefined;
}

/** What `measureCurvature` accepts. */
export interface MeasureOptions extends Omit<CurvatureOptions, "diagonal"> {
  /** `"auto"` by default: exact where it is cheap. */
  method?: "auto" | "exact" | "estimated" | undefined;
  /** Largest n·C for which K is decomposed; 3000 by default, which takes about a minute. */
  largestGram?: number | undefined;
  /** Largest size of an operator whose matrix is computed in full, one product per column; 1000 by default. */
  largestDense?: number | undefined;
}

/** Spectral quantities, and how they were obtained. */
export interface MeasuredCurvature {
  method: "exact" | "estimated";
  /** The matrix that was measured. */
  of: "gram" | "operator";
  /** The reason for this method, in one sentence. */
  why: string;
  matvecs: number;
  trace: SampledEstimate;
  norm: SampledEstimate;
  participationRatio: SampledEstimate;
  stableRank: SampledEstimate;
  /** Most wanted first, with ‖Av − λv‖ of each. */
  eigenvalues: Float64Array;
  residuals: Float64Array;
  /** Over n·C eigenvalues for a Gram matrix, over all for an operator. */
  quadrature: LanczosQuadrature;
}

/**
 * Trace, norm, effective ranks, top eigenvalues and density of a Gram matrix or an operator: exact where that is cheap, else estimated,
 * and the result says which and why.
 *
 * With `"auto"`: a Gram matrix up to `largestGram` is decomposed; else an operator up to `largestDense` is computed in full; else
 * `curvature` estimates, of the operator if there is one. `method` overrides the choice.
 *
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if neither gram nor operator is given, and as `curvature`.
 *
 * Source: the spectrum of G through K, Papyan (2019) and others; the estimates, see `curvature`.
 */
export async function measureCurvature(source: CurvatureSource, options: MeasureOptions): Promise<MeasuredCurvature> {
  const caller = "measureCurvature";
  const { gram, operator } = source;
  const { method = "auto", largestGram = 3000, largestDense = 1000, ...rest } = options;
  checkOneOf(caller, "method", method, ["auto", "exact", "estimated"]);
  const order = gram ? gram.examples * gram.outputs : 0;
  if (gram) {
    checkInteger(caller, "gram.examples", gram.examples, 1);
    checkInteger(caller, "gram.outputs", gram.outputs, 1);
    checkLength(caller, "gram.gram", gram.gram, order * order);
  } else if (!operator)
    throw new HessianEstimatorsError("INVALID_ARGUMENT", `${caller}: expected gram or operator, got neither`);

  const asked = `method "${method}" was requested`;
  if (gram && method !== "estimated" && (order <= largestGram || (method === "exact" && !operator))) {
    const why = method === "exact" ? asked : `n·C = ${order} is at most ${largestGram}`;
    return ofGram({ ...gram, order }, rest, why);
  }
  const subject = operator ?? scaled(denseOperator(gram!.gram, order), 1 / gram!.examples);
  const { size } = subject;
  const whole = method === "exact" || (method === "auto" && size <= largestDense);
  const why =
    method !== "auto"
      ? asked
      : `${gram ? `n·C = ${order} is above ${largestGram}; ` : ""}the size ${size} is ${whole ? "at most" : "above"} ${largestDense}`;
  const budget = whole ? size : Math.min(rest.maxMatvecs ?? 96, Math.max(1, size - 1));
  const {
    eigenpairs,
    method: done,
    ...found
  } = await curvature(subject, {
    ...rest,
    maxMatvecs: budget,
    diagonal: false,
  });
  const { trace, norm, participationRatio, stableRank, quadrature, matvecs } = found;
  const quantities = { trace, norm, participationRatio, stableRank, quadrature, matvecs };
  const { values: eigenvalues, residuals } = eigenpairs;
  return { method: done, of: operator ? "operator" : "gram", why, ...quantities, eigenvalues, residuals };
}

function ofGram(
  { gram, examples, order }: { gram: Float64Array; examples: number; order: number },
  { count = Math.min(5, order), which = "largest-magnitude" }: MeasureOptions,
  why: string,
): MeasuredCurvature {
  const values = symmetricEigenvalues(gram, order).map((x) => x / examples);
  const trace = values.reduce((sum, x) => sum + x, 0);
  const square = values.reduce((sum, x) => sum + x * x, 0);
  const exactly = (value: number): SampledEstimate => ({
    value,
    standardError: 0,
    matvecs: 0,
    samples: 0,
    converged: true,
  });
  const rule = { nodes: values, weights: new Float64Array(order).fill(1 / order) };
  const { wanted } = choose(values, which, Math.min(count, order));
  return {
    method: "exact",
    of: "gram",
    why,
    matvecs: 0,
    trace: exactly(trace),
    norm: exactly(Math.sqrt(square)),
    participationRatio: exactly(trace ** 2 / square),
    stableRank: exactly(square / Math.max(values[0]! ** 2, values.at(-1)! ** 2)),
    eigenvalues: Float64Array.from(wanted, (k) => values[k]!),
    residuals: new Float64Array(wanted.length),
    quadrature: { size: order, runs: [rule, rule], matvecs: 0 },
  };
}
