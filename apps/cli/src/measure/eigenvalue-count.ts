import type { LanczosQuadrature, QuadratureRun } from "@sgdscope/hessian-estimators/density";

/** A number of eigenvalues, and between what it lies. */
export interface EigenvalueCount {
  /** What the rules say. */
  value: number;
  /** Of `value` over the probes; 0 where all columns are known. */
  standardError: number;
  /** What the steps leave open, as sharp inequalities say it, and 95 % of the scatter of the probes. */
  atLeast: number;
  atMost: number;
}

/** Student's 97.5 % quantile for ten probes. */
const STUDENT = 2.262;

/**
 * How many eigenvalues lie in (`above`, `upTo`].
 *
 * A rule of Gauss puts mass on few nodes, and says nothing about where between them it lies. By the inequalities of Chebyshev, Markov
 * and Stieltjes the measure of a probe has at most the weights of the nodes up to and including θₖ below θₖ, and at least those before
 * it: so the mass of an interval is known up to the weights of the nodes around its ends, and not at all better.
 *
 * @param rounding - Eigenvalues this near to an end may lie on either side.
 * @see Golub and Meurant, Matrices, Moments and Quadrature with Applications (2010); Szegő, Orthogonal Polynomials, 3.41.
 */
export function countEigenvalues(
  { size, runs }: LanczosQuadrature,
  [above, upTo]: readonly [above: number, upTo: number],
  rounding: number,
): EigenvalueCount {
  const samples = runs.map((run) => {
    const [low, high] = [massUpTo(run, above - rounding), massUpTo(run, upTo + rounding)];
    const [lowIn, highIn] = [massUpTo(run, above + rounding), massUpTo(run, upTo - rounding)];
    return {
      value: size * (massUpTo(run, upTo).value - massUpTo(run, above).value),
      least: size * Math.max(0, highIn.least - lowIn.most),
      most: size * (high.most - low.least),
    };
  });
  const value = meanOf(samples.map((sample) => sample.value));
  const least = meanOf(samples.map((sample) => sample.least));
  const most = meanOf(samples.map((sample) => sample.most));
  return {
    value: value.mean,
    standardError: value.error,
    atLeast: Math.max(0, least.mean - STUDENT * least.error),
    atMost: Math.min(size, most.mean + STUDENT * most.error),
  };
}

/** The mass of the probe's measure in (−∞, x]: what the rule says, and the bounds that hold for every measure with its moments. */
function massUpTo(
  { nodes, weights, residual = Infinity }: QuadratureRun,
  x: number,
): Record<"value" | "least" | "most", number> {
  let [value, last, next] = [0, 0, 0];
  if (x === Infinity) return { value: 1, least: 1, most: 1 };
  if (x === -Infinity) return { value: 0, least: 0, most: 0 };
  // Nodes are largest first.
  for (let k = nodes.length - 1; k >= 0; k--) {
    if (nodes[k]! > x) {
      next = weights[k]!;
      break;
    }
    value += weights[k]!;
    last = weights[k]!;
  }
  // A rule without residual is the measure itself.
  return residual === 0 ? { value, least: value, most: value } : { value, least: value - last, most: value + next };
}

function meanOf(samples: readonly number[]): { mean: number; error: number } {
  const { length } = samples;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / length;
  const square = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0);
  return { mean, error: Math.sqrt(square / (length - 1) / length) };
}
