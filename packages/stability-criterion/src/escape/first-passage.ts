import { expectPositive, StabilityError } from "../errors.js";

/** A mean first-passage time, with what is known about its accuracy. */
export interface FirstPassageTime {
  /** Mean time in units of `t = ηk`; Infinity where it overflows. */
  time: number;
  /** Its logarithm, finite at any temperature. */
  logTime: number;
  /** Relative change at the last refinement, an upper estimate of the error. */
  relativeError: number;
  /** Intervals of the finest grid. */
  intervals: number;
}

/**
 * The mean time for SGD with noise in proportion to the loss to first reach a point, in the continuous limit
 * `dθ = −L′dt + √(2TL)dW` (Itô):
 *
 * `∫_from^to y^{1−n}L(y)^{1/T} ∫_wall^y z^{n−1}L(z)^{−1/T−1}/T dz dy`.
 *
 * Exact for that equation, derived here from its backward equation; checked against known values and the power law of
 * Mori et al. (2022), arXiv:2105.09557. Cumulative trapezoidal rule with all sums of exponentials taken in logarithms, so that
 * `L^{±1/T}` neither overflows nor vanishes, extrapolated over halved steps until it stands still.
 *
 * @param problem.loss - `L(θ) > 0`, smooth; for `dimension` n > 1 a function of the radius.
 * @param problem.temperature - `T = ηh/B`, see `logLossTemperature`.
 * @param problem.from - Start.
 * @param problem.to - Where the walk ends, above `from`.
 * @param problem.wall - Reflecting wall at or below `from`, far enough to be out of reach. For n > 1 at least 0, the centre.
 * @param problem.dimension - n, default 1.
 * @param problem.tolerance - Relative; default 1e-10.
 * @returns At most 2²⁰ evaluations of the loss on each side of the start.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function meanFirstPassageTime(problem: {
  loss: (theta: number) => number;
  temperature: number;
  from: number;
  to: number;
  wall: number;
  dimension?: number;
  tolerance?: number;
}): FirstPassageTime {
  const { loss, temperature, from, to, wall, dimension = 1, tolerance = 1e-10 } = problem;
  expectPositive("meanFirstPassageTime", "problem.temperature", temperature);
  expectPositive("meanFirstPassageTime", "problem.dimension", dimension);
  expectPositive("meanFirstPassageTime", "problem.tolerance", tolerance);
  if (!(wall <= from && from < to) || !Number.isFinite(to - wall) || (dimension !== 1 && wall < 0))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `meanFirstPassageTime: expected finite wall ≤ from < to, got ${wall}, ${from}, ${to}.`,
    );
  const logLoss = (theta: number): number => {
    const value = loss(theta);
    if (!(value > 0 && Number.isFinite(value)))
      throw new StabilityError(
        "INVALID_ARGUMENT",
        `meanFirstPassageTime: expected problem.loss to be positive and finite, got ${value} at ${theta}.`,
      );
    return Math.log(value);
  };
  const powerOfRadius = (theta: number): number => (dimension === 1 ? 0 : (dimension - 1) * Math.log(theta));
  const inward = (theta: number): number =>
    powerOfRadius(theta) - (1 / temperature + 1) * logLoss(theta) - Math.log(temperature);
  const outward = (theta: number): number => logLoss(theta) / temperature - powerOfRadius(theta);

  /** The logarithm by the trapezoidal rule with `intervals` on each side of the start. */
  const trapezoid = (intervals: number): number => {
    let inner = -Infinity;
    if (wall < from) {
      const half = Math.log((from - wall) / intervals / 2);
      for (let k = 0; k <= intervals; k++) {
        const end = k === 0 || k === intervals;
        inner = logAdd(inner, inward(wall + ((from - wall) * k) / intervals) + half + (end ? 0 : Math.LN2));
      }
    }
    const half = Math.log((to - from) / intervals / 2);
    let total = -Infinity;
    let before = inward(from);
    for (let k = 0; k <= intervals; k++) {
      const theta = from + ((to - from) * k) / intervals;
      if (k > 0) {
        const now = inward(theta);
        inner = logAdd(inner, half + logAdd(before, now));
        before = now;
      }
      const value = inner === -Infinity ? -Infinity : outward(theta) + inner;
      total = logAdd(total, value + half + (k === 0 || k === intervals ? 0 : Math.LN2));
    }
    return total;
  };

  // Romberg's table: every column removes one more even power of the step.
  let table = [trapezoid(256)];
  let intervals = 256;
  let logTime = table[0]!;
  let relativeError = Infinity;
  while (relativeError > tolerance && intervals < 2 ** 20) {
    intervals *= 2;
    const next = [trapezoid(intervals)];
    for (let j = 1; j <= Math.min(3, table.length); j++) {
      const finer = next[j - 1]!;
      // (4ʲF − C)/(4ʲ − 1) in units of F.
      const correction = -Math.expm1(table[j - 1]! - finer) / (4 ** j - 1);
      next.push(correction > -0.5 ? finer + Math.log1p(correction) : finer);
    }
    const best = next.at(-1)!;
    relativeError = Math.abs(Math.expm1(best - logTime));
    logTime = best;
    table = next;
  }
  return { time: Math.exp(logTime), logTime, relativeError, intervals };
}

/** `log(eˣ + eʸ)`. */
function logAdd(x: number, y: number): number {
  const [large, small] = x >= y ? [x, y] : [y, x];
  return small === -Infinity ? large : large + Math.log1p(Math.exp(small - large));
}
