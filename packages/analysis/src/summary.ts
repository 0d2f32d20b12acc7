import type { MinimumAnalysis } from "./analysis.js";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { MarkId } from "./marks.js";

/** The numbers of one judged condition that tables, claims and run folders keep: flat, plain JSON. */
export interface MinimumSummary {
  /** Tr G. */
  traceG: number;
  /** ‖G‖_F. */
  frobeniusG: number;
  largestEigenvalue: number;
  /** μ; undefined where the loss is below 1e-20. Of a loss that is not square with m in the place of 2L. */
  alignmentFactor: number | undefined;
  /** m of a loss that is not square. */
  naturalScale?: number;
  /** μ of such a loss with 2L. */
  alignmentFactorOfLoss?: number | undefined;
  /** Least and largest μ of realizable residuals under this Gram matrix; of a linear model for all of its training. */
  alignmentRange: [number, number];
  /** μ₁. */
  uncentredAlignmentFactor: number | undefined;
  /** α. */
  directionAlignment: number | undefined;
  /** ‖Σ‖_F/(2L‖G‖_F). */
  noiseMagnitude: number | undefined;
  /** p of this batch size and sampling. */
  samplingFactor: number;
  /** `1/(η√(pμ))`, with μ₁ for Bernoulli batches; undefined where μ is, and without noise. */
  frobeniusLimit: number | undefined;
  /** `‖G‖_F·η·√(pμ)`. */
  frobeniusRatio: number | undefined;
  /** `‖G‖_F·η/√B`. */
  scaledNorm: number;
  /** η*, exact. */
  criticalLearningRate: number;
  /** η/η*. */
  edgeRatio: number;
  /** What was judged; missing in records made before momentum had a theory here. */
  optimizer?: Optimizer;
  /** η over η* of plain SGD at the same batch size: `edgeRatio` unless another optimizer was judged; missing as that is. */
  plainEdgeRatio?: number;
  /** ηλ_max/2. */
  descentRatio: number;
  /** p·Tr(G)·η/2. */
  traceRatio: number;
  /** η over the bound of the best single direction, equation (24) of Mulayoff and Michaeli; at most `edgeRatio`. */
  rankOneRatio: number;
  /** η over the bound along the top eigenvector, their equation (15); between `descentRatio` and `rankOneRatio`. */
  topEigenvectorRatio: number;
  verdict: "stable" | "unstable" | "marginal";
  /** Where the verdict stands outside the hypotheses of its theorem. */
  marks: MarkId[];
}

/**
 * The summary of an analysis that judged a learning rate.
 *
 * @param index - Which of its conditions, default the first.
 * @throws RangeError if that condition judged no learning rate, or the analysis is of extent "verdict".
 */
export function minimumSummary(
  { noise, outputLoss, alignmentRange, conditions }: MinimumAnalysis,
  index = 0,
): MinimumSummary {
  const condition = conditions[index];
  if (condition?.verdict === undefined || alignmentRange === undefined)
    throw new RangeError(`minimumSummary: expected a whole analysis with a learning rate at condition ${index}`);
  const { batchSize, samplingFactor: p, optimizer, threshold, bounds, verdict, marks } = condition;
  const { learningRate, frobeniusLimit } = verdict;
  const limit = p === 0 ? undefined : frobeniusLimit;
  const ratioOf = (id: string): number => verdict.bounds.find((bound) => bound.id === id)!.ratio;
  return {
    traceG: noise.traceG,
    frobeniusG: noise.frobeniusG,
    largestEigenvalue: noise.largestEigenvalue,
    alignmentFactor: noise.alignmentFactor,
    ...(outputLoss === undefined
      ? {}
      : { naturalScale: outputLoss.naturalScale, alignmentFactorOfLoss: outputLoss.alignmentFactorOfLoss }),
    alignmentRange: [alignmentRange.infimum, alignmentRange.supremum],
    uncentredAlignmentFactor: noise.uncentredAlignmentFactor,
    directionAlignment: noise.directionAlignment,
    noiseMagnitude: noise.noiseMagnitude,
    samplingFactor: p,
    frobeniusLimit: limit,
    frobeniusRatio: limit === undefined ? undefined : noise.frobeniusG / limit,
    scaledNorm: (noise.frobeniusG * learningRate) / Math.sqrt(batchSize),
    criticalLearningRate: threshold.criticalLearningRate,
    edgeRatio: verdict.edgeRatio,
    optimizer,
    plainEdgeRatio: ratioOf(bounds[0]!.id),
    descentRatio: ratioOf("gradient-descent"),
    traceRatio: (p * noise.traceG * learningRate) / 2,
    rankOneRatio: ratioOf("rank-one"),
    topEigenvectorRatio: ratioOf("top-eigenvector"),
    verdict: verdict.verdict,
    marks: marks.map(({ id }) => id),
  };
}
