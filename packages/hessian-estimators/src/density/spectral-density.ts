import { confidenceInterval } from "../confidence.js";
import { unreliable } from "../internal/coverage.js";
import { checkPositive, checkShare } from "../internal/arguments.js";
import { rulesOf, sampledBy } from "../functions/sampled.js";
import type { SampledEstimate } from "../operator.js";
import type { LanczosQuadrature } from "./ghorbani2019slq.js";

/** A density on a grid, with its standard error over the probes and a band. */
export interface SpectralDensity extends Pick<SampledEstimate, "coverage" | "reason"> {
  grid: Float64Array;
  density: Float64Array;
  standardError: Float64Array;
  /** The band that holds the smoothed density of each point with probability `level`; not below 0. */
  lower: Float64Array;
  upper: Float64Array;
}

/**
 * The eigenvalue density at the points of `grid`, each node a Gaussian of standard deviation `sigma`; it integrates to 1.
 *
 * The band is the `confidenceInterval` of each point (not for all points at once). It accounts for the scatter of the probes and for
 * too few steps, not for what `sigma` smooths away: nodes closer than `sigma` need enough steps to be resolved, and where more than one
 * point in twenty lacks them (or the probes), `coverage` says so; points below a thousandth of the peak do not count. One isolated eigenvalue has a weight of only 1/size: view it on a logarithmic scale, or use `topEigenpairs`.
 *
 * @param sigma - In the unit of the eigenvalues; structure finer than this is smoothed away.
 * @param level - Of the band; 0.95 by default.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if `sigma` is not positive or `level` not between 0 and 1.
 */
export function spectralDensity(
  quadrature: LanczosQuadrature,
  grid: ArrayLike<number>,
  sigma: number,
  level = 0.95,
): SpectralDensity {
  checkPositive("spectralDensity", "sigma", sigma);
  checkShare("spectralDensity", "level", level);
  const height = 1 / (sigma * Math.sqrt(2 * Math.PI));
  const points = Float64Array.from(grid);
  const rules = rulesOf(quadrature);
  const share = height / quadrature.size;
  const at = Array.from(points, (x) =>
    sampledBy(rules, (node) => {
      const away = (x - node) / sigma;
      // Beyond 9σ a Gaussian is below the rounding of its height; most nodes are.
      return away > 9 || away < -9 ? 0 : share * Math.exp(-(away ** 2) / 2);
    }),
  );
  const bands = at.map((point) => confidenceInterval({ ...point, matvecs: 0, converged: true }, level));
  const highest = at.reduce((most, { value }) => Math.max(most, value), 0);
  const doubtful = at.filter(({ coverage, value, bias = 0 }) => coverage && Math.max(value, bias) > 1e-3 * highest);
  return {
    grid: points,
    density: Float64Array.from(at, ({ value }) => value),
    standardError: Float64Array.from(at, ({ standardError }) => standardError),
    lower: Float64Array.from(bands, ({ lower }) => Math.max(0, lower)),
    upper: Float64Array.from(bands, ({ upper }) => upper),
    ...(20 * doubtful.length > at.length && unreliable(doubtful[0]!.reason!)),
  };
}
