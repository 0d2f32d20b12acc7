import { studentQuantile } from "../confidence.js";
import { momentsOf, standardError } from "../internal/moments.js";
import type { Estimate } from "../operator.js";
import { integrate } from "./rule.js";
import type { LanczosQuadrature } from "./ghorbani2019slq.js";

/** One moment of a density beside the value of another estimate. */
export interface MomentComparison {
  /** From the density, with its standard error over the probes. */
  density: number;
  standardError: number;
  /** From the other estimate. */
  expected: number;
  /** The difference in standard errors of both together; 0 where both are exact and agree to rounding. */
  deviation: number;
}

/** Whether a density agrees with a trace and a norm. */
export interface MomentCheck {
  /** m₁ = Tr A/P. */
  first: MomentComparison;
  /** m₂ = ‖A‖_F²/P. */
  second: MomentComparison;
  /** Both deviations are within 99.9 % of Student's distribution for this number of probes. */
  consistent: boolean;
}

/**
 * The moments ∫λᵏ of the density, k = 0 … `count` − 1, with standard errors over the probes.
 *
 * Gauss' rule of m steps has the moments of its probe exactly up to k = 2m − 1.
 */
export function spectralMoments(
  quadrature: LanczosQuadrature,
  count: number,
): { values: Float64Array; standardErrors: Float64Array } {
  const moments = Array.from({ length: count }, (_, k) =>
    momentsOf(quadrature.runs.map((run) => integrate(run, (node) => node ** k))),
  );
  return {
    values: Float64Array.from(moments, ({ mean }) => mean),
    standardErrors: Float64Array.from(moments, standardError),
  };
}

/**
 * Compares the first two moments of a density with Tr A/P and ‖A‖_F²/P from another estimate: a density with wrong weights, of another
 * operator or of another normalisation fails.
 *
 * @param trace - Tr A.
 * @param norm - ‖A‖_F.
 */
export function checkMoments(
  quadrature: LanczosQuadrature,
  { trace, norm }: { trace: Omit<Estimate, "matvecs">; norm: Omit<Estimate, "matvecs"> },
): MomentCheck {
  const { size } = quadrature;
  const { values, standardErrors } = spectralMoments(quadrature, 3);
  const scale = quadrature.runs.reduce((most, { nodes }) => Math.max(most, ...nodes.map(Math.abs)), 0);
  const compare = (k: number, expected: number, error: number): MomentComparison => {
    const [density, own] = [values[k]!, standardErrors[k]!];
    const apart = Math.abs(density - expected);
    const both = Math.hypot(own, error);
    const rounding = 1e-9 * scale ** k;
    return { density, standardError: own, expected, deviation: apart <= rounding ? 0 : apart / both };
  };
  const first = compare(1, trace.value / size, trace.standardError / size);
  const second = compare(2, norm.value ** 2 / size, (2 * norm.value * norm.standardError) / size);
  const most = studentQuantile(Math.max(1, quadrature.runs.length - 1), 0.999);
  return { first, second, consistent: first.deviation <= most && second.deviation <= most };
}
