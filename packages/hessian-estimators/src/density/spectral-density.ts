import { studentQuantile } from "../confidence.js";
import { checkPositive, checkShare } from "../internal/arguments.js";
import { momentsOf, standardError } from "../internal/moments.js";
import { integrate } from "../functions/trace-of-function.js";
import type { LanczosQuadrature } from "./ghorbani2019slq.js";

/** A density on a grid, with its standard error over the probes and a band. */
export interface SpectralDensity {
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
 * The band is density ± t·standardError with Student's t over the probes, point by point (not for all points at once). It accounts
 * for the scatter of the probes, not for what `sigma` smooths away or for too few steps: nodes closer than `sigma` need enough steps
 * to be resolved. One isolated eigenvalue has a weight of only 1/size: view it on a logarithmic scale, or use `topEigenpairs`.
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
  const { runs } = quadrature;
  const at = Array.from(points, (x) =>
    momentsOf(runs.map((run) => integrate(run, (node) => height * Math.exp(-(((x - node) / sigma) ** 2) / 2)))),
  );
  const density = Float64Array.from(at, ({ mean }) => mean);
  const errors = Float64Array.from(at, standardError);
  const t = studentQuantile(runs.length - 1, level);
  return {
    grid: points,
    density,
    standardError: errors,
    lower: density.map((value, i) => Math.max(0, value - t * errors[i]!)),
    upper: density.map((value, i) => value + t * errors[i]!),
  };
}
