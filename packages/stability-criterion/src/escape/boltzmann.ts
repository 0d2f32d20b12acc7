import { expectPositive, StabilityError } from "../errors.js";

/**
 * The logarithm of `∫ exp(−L(θ)/n) dθ` over an interval: the weight of a basin on a line in the density `exp(−L/n)`.
 * The odds of two basins are the exponential of the difference, exact for any landscape and any noise.
 *
 * Gauss–Legendre panels between the breakpoints, halved until the sum stands still to 1e-13, scaled by the deepest point
 * found so that nothing overflows. Exact up to quadrature; the method is elementary.
 *
 * @param options.loss - L, smooth between the breakpoints.
 * @param options.noise - n.
 * @param options.breakpoints - At least two, ascending: the ends of the interval (far enough out), and inside it the kinks
 *   of L and, where the noise is small, its minima.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function logBasinWeight(options: {
  loss: (theta: number) => number;
  noise: number;
  breakpoints: readonly number[];
}): number {
  const { loss, noise, breakpoints } = options;
  expectPositive("logBasinWeight", "options.noise", noise);
  if (breakpoints.length < 2 || breakpoints.some((point, k) => k > 0 && !(point > breakpoints[k - 1]!)))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `logBasinWeight: expected options.breakpoints to be two or more ascending numbers, got [${breakpoints.join(", ")}].`,
    );
  let deepest = Infinity;
  for (let k = 1; k < breakpoints.length; k++)
    for (let j = 0; j <= 64; j++)
      deepest = Math.min(deepest, loss(breakpoints[k - 1]! + ((breakpoints[k]! - breakpoints[k - 1]!) * j) / 64));
  let before = NaN;
  for (let panels = 4; ; panels *= 2) {
    let sum = 0;
    for (let k = 1; k < breakpoints.length; k++) {
      const [left, right] = [breakpoints[k - 1]!, breakpoints[k]!];
      const half = (right - left) / panels / 2;
      for (let j = 0; j < panels; j++) {
        const middle = left + (2 * j + 1) * half;
        for (let i = 0; i < NODES.length; i++)
          for (const side of [-1, 1])
            sum += WEIGHTS[i]! * half * Math.exp((deepest - loss(middle + side * NODES[i]! * half)) / noise);
      }
    }
    if (Math.abs(sum - before) <= 1e-13 * sum || panels >= 2 ** 14) return Math.log(sum) - deepest / noise;
    before = sum;
  }
}

/** Positive nodes and weights of the Gauss–Legendre rule with eight points. */
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.31370664587788727, 0.22238103445337448, 0.10122853629037626];
