import { expectPositive, StabilityError } from "../errors.js";

/**
 * The threshold of stability in k-th moment in one dimension: the largest η with `E|1 − ηaᵢ|ᵏ ≤ 1`. For k = 2 the
 * mean-square threshold; it falls as k rises, and the almost-sure one ({@link almostSureStability}) lies above all.
 *
 * @param curvatures - `aᵢ ≥ 0`, equally likely: of single examples for B = 1, otherwise of all minibatches.
 * @param order - k ≥ 1, where the moment is convex in η.
 * @returns To 1e-15 relative, by bisection.
 * @throws StabilityError INVALID_ARGUMENT, NO_CURVATURE.
 * @see Ma & Ying (2021), arXiv:2105.13462, for stability in k-th moment; the one-dimensional form is elementary.
 */
export function momentThreshold(curvatures: ArrayLike<number>, order: number): number {
  const values = readCurvatures("momentThreshold", curvatures);
  if (!(order >= 1 && Number.isFinite(order)))
    throw new StabilityError("INVALID_ARGUMENT", `momentThreshold: expected order of at least 1, got ${order}.`);
  const moment = (eta: number): number => {
    let sum = 0;
    for (const a of values) sum += Math.abs(1 - eta * a) ** order;
    return sum / values.length;
  };
  // Convex, 1 at 0 and falling there. One term alone reaches the size n at η = (1 + n^{1/k})/max a.
  const most = (1 + values.length ** (1 / order)) / Math.max(...values);
  return bisect((eta) => moment(eta) > 1, minimumOfConvex(moment, most), most);
}

/**
 * The exponent `E log|1 − ηaᵢ|` of almost every path of SGD in one dimension; −Infinity where a step can hit 0.
 *
 * @param curvatures - `aᵢ ≥ 0`, equally likely.
 * @param learningRate - η.
 * @throws StabilityError INVALID_ARGUMENT, NO_CURVATURE.
 * @see Ziyin et al. and Chemnitz & Engel for stability in probability, as recalled; elementary by the law of large numbers.
 */
export function pathExponent(curvatures: ArrayLike<number>, learningRate: number): number {
  expectPositive("pathExponent", "learningRate", learningRate);
  return meanLog(readCurvatures("pathExponent", curvatures), learningRate);
}

/** Where almost every path of SGD decays in one dimension. */
export interface AlmostSureStability {
  /** The first η at which paths grow. */
  criticalLearningRate: number;
  /** All intervals of stable η; beyond a first window of growth there may be others, around some `1/aᵢ`. */
  stableIntervals: [number, number][];
}

/**
 * The learning rates at which almost every path of one-dimensional SGD decays, `E log|1 − ηaᵢ| < 0`.
 *
 * The exponent is concave between its poles `1/aᵢ`, so every interval between neighbouring poles holds at most one window of
 * growth, and all of them are found. Paths can decay far above the mean-square threshold: for a = {1, 5} up to 1.2 against
 * 6/13. The search is derived here.
 *
 * @param curvatures - `aᵢ ≥ 0`, equally likely.
 * @throws StabilityError INVALID_ARGUMENT, NO_CURVATURE.
 */
export function almostSureStability(curvatures: ArrayLike<number>): AlmostSureStability {
  const values = readCurvatures("almostSureStability", curvatures);
  const poles = [...new Set(values.filter((a) => a > 0).map((a) => 1 / a))].sort((p, q) => p - q);
  const exponent = (eta: number): number => meanLog(values, eta);
  const rises = (eta: number): boolean => values.reduce((sum, a) => sum - a / (1 - eta * a), 0) > 0;
  const stableIntervals: [number, number][] = [];
  let from = 0;
  for (let k = 0; k + 1 < poles.length; k++) {
    const [left, right] = [poles[k]!, poles[k + 1]!];
    const top = bisect((eta) => !rises(eta), left, right);
    if (exponent(top) <= 0) continue;
    stableIntervals.push([from, bisect((eta) => exponent(eta) > 0, left, top)]);
    from = bisect((eta) => exponent(eta) <= 0, top, right);
  }
  const last = poles.at(-1)!;
  let far = 2 * last;
  while (exponent(far) <= 0) far *= 2;
  stableIntervals.push([from, bisect((eta) => exponent(eta) > 0, last, far)]);
  return { criticalLearningRate: stableIntervals[0]![1], stableIntervals };
}

function meanLog(values: Float64Array, eta: number): number {
  let sum = 0;
  for (const a of values) sum += Math.log(Math.abs(1 - eta * a));
  return sum / values.length;
}

/** Where the predicate turns true, between a point where it is false and one where it is true. */
function bisect(isPast: (x: number) => boolean, low: number, high: number): number {
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    if (isPast(middle)) high = middle;
    else low = middle;
  }
}

/** A point near the minimum of a convex function on [0, most], by golden sections. */
function minimumOfConvex(f: (x: number) => number, most: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0, most];
  for (let k = 0; k < 60; k++) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (f(left) < f(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}

function readCurvatures(caller: string, curvatures: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(curvatures);
  for (const a of values)
    if (!(a >= 0 && Number.isFinite(a)))
      throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected curvatures of at least 0, got ${a}.`);
  if (!values.some((a) => a > 0))
    throw new StabilityError("NO_CURVATURE", `${caller}: expected a positive curvature, got none.`);
  return values;
}
