import type { GramSystem } from "@sgdscope/noise-structure";
import { prepareMinimum, type PreparedMinimum, type Sampling } from "@sgdscope/stability-criterion";
import { meanEdge, optimizerThreshold, type Optimizer } from "@sgdscope/stability-criterion/optimizers";

/** Where a diagram looks: both in ascending order. */
export interface DiagramAxes {
  learningRates: number[];
  batchSizes: number[];
}

/** Learning rates from one end to the other, both included, in equal ratios. */
export interface LearningRateRange {
  minimum: number;
  maximum: number;
  count: number;
}

/**
 * The grid of a diagram: 40 learning rates in equal ratios, from a quarter of the exact critical one at the smallest batch to
 * half above the edge of full-batch training, 2/λ_max for plain SGD, and the powers of two below n, and n, as batch sizes.
 *
 * @param options.learningRates - Another range; one learning rate alone is its minimum.
 * @param options.batchSizes - Other batch sizes; sorted, without repetition.
 * @param options.optimizers - Every one that is drawn: the range is wide enough for each. Default plain SGD.
 * @param options.sampling - Default `"without-replacement"`.
 * @returns Cost one exact threshold per optimizer where no range is given.
 * @throws StabilityError as `exactThreshold`; RangeError for a range that is empty or not positive.
 */
export function diagramAxes(
  system: GramSystem | PreparedMinimum,
  options: {
    learningRates?: LearningRateRange;
    batchSizes?: readonly number[];
    sampling?: Sampling;
    optimizers?: readonly Optimizer[];
  } = {},
): DiagramAxes {
  const minimum = prepareMinimum(system);
  const { optimizers = [{ kind: "sgd" }] } = options;
  const batchSizes = [...new Set(options.batchSizes ?? powersOfTwo(minimum.examples))].sort((a, b) => a - b);
  const batches = {
    batchSize: batchSizes[0]!,
    ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
  };
  const range = options.learningRates ?? {
    minimum: Math.min(
      ...optimizers.map((optimizer) => optimizerThreshold(minimum, { ...batches, optimizer }).criticalLearningRate / 4),
    ),
    maximum: Math.max(...optimizers.map((optimizer) => 1.5 * meanEdge(optimizer, minimum.eigenvalues[0]!))),
    count: 40,
  };
  return { learningRates: equalRatios(range), batchSizes };
}

/** 1, 2, 4, … below n, then n. */
function powersOfTwo(examples: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < examples; size *= 2) sizes.push(size);
  return [...sizes, examples];
}

function equalRatios({ minimum, maximum, count }: LearningRateRange): number[] {
  if (!(minimum > 0 && maximum >= minimum && Number.isFinite(maximum)) || !Number.isSafeInteger(count) || count < 1)
    throw new RangeError(
      `diagramAxes: expected learningRates with 0 < minimum ≤ maximum and a count of at least 1, got ${minimum}, ${maximum}, ${count}`,
    );
  if (count === 1) return [minimum];
  return Array.from({ length: count }, (_, k) =>
    k === count - 1 ? maximum : minimum * (maximum / minimum) ** (k / (count - 1)),
  );
}
