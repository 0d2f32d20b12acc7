import { axpy, multiplyVector, norm, orthonormalizeRows, scale, transpose } from "@sgdscope/linear-algebra";
import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";

/** What maps directions to their images, the residuals they cause: `nC × rank`. */
type Images = Pick<PreparedMinimum, "examples" | "outputs" | "rank" | "features" | "transposedFeatures">;

/** A direction and its image. */
interface Direction {
  vector: Float64Array;
  image: Float64Array;
}

/** @internal `vᵀHᵢv` for all i, their mean and mean square, and the value of the rank-one bound, from the image `Xv` of a unit vector. */
export function valueOfImage(
  { examples: n, outputs }: Pick<Images, "examples" | "outputs">,
  weights: SamplingWeights,
  image: Float64Array,
) {
  const q = new Float64Array(n);
  let curvature = 0;
  let second = 0;
  for (let i = 0; i < n; i++) {
    for (let a = i * outputs; a < (i + 1) * outputs; a++) q[i]! += image[a]! ** 2;
    curvature += q[i]! / n;
    second += q[i]! ** 2 / n;
  }
  const value = curvature > 0 ? weights.fullBatch * curvature + (weights.noise * second) / curvature : 0;
  return { q, curvature, second, value };
}

/**
 * @internal Climbs from a unit vector to a local maximum of the rank-one bound on the sphere: locally optimal conjugate gradients.
 * Each step finds the best combination of the vector, its gradient and the step before, from the images of the three alone.
 *
 * @returns Cost two products of `2·rank·nC` operations per step, at most `mostSteps`.
 * @see Knyazev (2001), SIAM J. Sci. Comput. 23(2), for eigenvectors.
 */
export function ascend(
  minimum: Images,
  weights: SamplingWeights,
  start: Float64Array,
  mostSteps: number,
): { vector: Float64Array; value: number } {
  const { examples, outputs, rank, features } = minimum;
  const imageOf = (v: Float64Array): Float64Array => multiplyVector(features, v, examples * outputs, rank);
  let here: Direction = { vector: start, image: imageOf(start) };
  let before: Direction | undefined;
  let { value } = valueOfImage(minimum, weights, here.image);
  for (let step = 0, quiet = 0; step < mostSteps && quiet < 3; step++) {
    const slope = gradientAt(minimum, weights, here.image);
    const span = spanOf(here, slope, before, imageOf);
    if (span.length === 1) break;
    const best = climb(inSpan(minimum, span), weights);
    const next = combined(span, best);
    const found = valueOfImage(minimum, weights, next.image).value;
    if (!(found > value)) break;
    quiet = found - value < 1e-11 * found ? quiet + 1 : 0;
    value = found;
    before = combined(span, best.fill(0, 0, 1));
    here = next;
  }
  const vector = normalized(here.vector);
  return { vector, value: valueOfImage(minimum, weights, imageOf(vector)).value };
}

/** An orthonormal basis of up to three directions, the first of them `here`. */
function spanOf(
  here: Direction,
  slope: Float64Array,
  before: Direction | undefined,
  imageOf: (v: Float64Array) => Float64Array,
): Direction[] {
  const size = slope.length;
  const rows = new Float64Array((before === undefined ? 2 : 3) * size);
  [here.vector, slope, ...(before === undefined ? [] : [before.vector])].forEach((row, k) => rows.set(row, k * size));
  const { rank, basis, coefficients } = orthonormalizeRows(rows, rows.length / size, size, { tolerance: 1e-6 });
  const image = here.image.map((value) => value / coefficients[0]!);
  const span: Direction[] = [{ vector: basis.subarray(0, size), image }];
  if (rank > 1) {
    const vector = basis.subarray(size, 2 * size);
    span.push({ vector, image: imageOf(vector) });
  }
  if (rank > 2) {
    const [first, second, left] = coefficients.slice(6) as unknown as [number, number, number];
    const own = axpy(-second, span[1]!.image, axpy(-first, image, before!.image.slice()));
    span.push({ vector: basis.subarray(2 * size), image: scale(1 / left, own) });
  }
  return span;
}

/** The images of combinations of a few directions. */
function inSpan({ examples, outputs }: Images, span: readonly Direction[]): Images {
  const size = examples * outputs;
  const transposedFeatures = new Float64Array(span.length * size);
  span.forEach(({ image }, k) => transposedFeatures.set(image, k * size));
  const features = transpose(transposedFeatures, span.length, size);
  return { examples, outputs, rank: span.length, features, transposedFeatures };
}

function combined(span: readonly Direction[], weights: Float64Array): Direction {
  const vector = new Float64Array(span[0]!.vector.length);
  const image = new Float64Array(span[0]!.image.length);
  span.forEach((direction, k) => {
    axpy(weights[k]!, direction.vector, vector);
    axpy(weights[k]!, direction.image, image);
  });
  return { vector, image };
}

/** The Euclidean gradient of the value at a unit vector. */
function gradientAt(minimum: Images, weights: SamplingWeights, image: Float64Array): Float64Array {
  const { examples: n, outputs, rank, transposedFeatures } = minimum;
  const { q, curvature, second } = valueOfImage(minimum, weights, image);
  const constant = weights.fullBatch - (weights.noise * second) / curvature ** 2;
  const weighted = image.map(
    (value, a) => value * (2 / n) * (constant + (2 * weights.noise * q[Math.floor(a / outputs)]!) / curvature),
  );
  return multiplyVector(transposedFeatures, weighted, rank, n * outputs);
}

/** From the first direction along the gradient, with steps that grow and shrink: for the few dimensions of a span. */
function climb(minimum: Images, weights: SamplingWeights): Float64Array {
  const { examples, outputs, rank, features } = minimum;
  const at = (v: Float64Array) => {
    const image = multiplyVector(features, v, examples * outputs, rank);
    return { v, image, value: valueOfImage(minimum, weights, image).value };
  };
  let best = at(Float64Array.from({ length: rank }, (_, k) => (k === 0 ? 1 : 0)));
  let step = 1 / best.value;
  for (let iteration = 0, quiet = 0; iteration < 100 && quiet < 5; iteration++) {
    const slope = gradientAt(minimum, weights, best.image);
    const from = best;
    for (; best === from && step > 1e-12 / from.value; step = best === from ? step / 4 : 2 * step) {
      const trial = at(normalized(axpy(step, slope, from.v.slice())));
      if (trial.value > from.value) best = trial;
    }
    if (best === from) break;
    quiet = best.value - from.value < 1e-12 * from.value ? quiet + 1 : 0;
  }
  return best.v;
}

/** @internal The unit vector along x. */
export function normalized(x: Float64Array): Float64Array {
  const length = norm(x);
  return x.map((value) => value / length);
}
