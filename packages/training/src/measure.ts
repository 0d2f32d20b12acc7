import {
  minimumSummary,
  analyseSync,
  lossOfMinimum,
  type Minimum,
  type MinimumSummary,
  type Reached,
} from "@sgdscope/analysis";
import { hessianOperator } from "@sgdscope/autodiff";
import { deflatedNorm } from "@sgdscope/hessian-estimators";
import { noiseStrength, noiseStructure, type GramSystem } from "@sgdscope/noise-structure";
import type { GeneralisedGramSystem, OutputLoss } from "@sgdscope/noise-structure/losses";
import type * as tf from "@tensorflow/tfjs-core";
import type { AlignmentRecord, Estimate, FrozenMeasurement } from "./record.js";
import { outputLossOf } from "./loss.js";
import { judgedOptimizer } from "./optimizer.js";
import type { TrainingTask } from "./task.js";

/** What of a subject makes its system a minimum. */
type Named = Pick<Minimum, "name" | "precision">;

/** K and r, or K̃ and r̃ with the value of a loss that is not square. */
export type MeasuredSystem = GramSystem | GeneralisedGramSystem;

/**
 * The point where a training stands, as an analysis takes it.
 *
 * Whether the clip may be active there is known from K and r: no batch has a gradient longer than the longest of one example.
 */
export function minimumReached(
  { name, precision }: Named,
  system: MeasuredSystem,
  task: TrainingTask,
  { steps, converged }: Pick<Reached, "steps" | "converged">,
): Minimum {
  const { learningRate, batchSize, sampling, clipNorm } = task;
  const loss = outputLossOf(task);
  if ((loss !== undefined) !== "naturalScale" in system)
    throw new RangeError(
      `minimumReached: expected the system of the ${loss?.id ?? "square"} loss, got that of another`,
    );
  return {
    name,
    system,
    ...(loss === undefined || !("naturalScale" in system) ? { loss: "square" } : lossOfMinimum(loss, system)),
    precision,
    reached: {
      steps,
      converged,
      ...judgedOptimizer(task),
      learningRate,
      batchSize,
      sampling,
      clipped: longestExampleGradient(system) > clipNorm,
    },
  };
}

/** `maxᵢ ‖Jᵢᵀrᵢ‖`. */
export function longestExampleGradient({ examples, outputs, gram, residuals }: GramSystem): number {
  const size = examples * outputs;
  let longest = 0;
  for (let i = 0; i < examples; i++) {
    let square = 0;
    for (let c = i * outputs; c < (i + 1) * outputs; c++)
      for (let d = i * outputs; d < (i + 1) * outputs; d++)
        square += residuals[c]! * gram[c * size + d]! * residuals[d]!;
    longest = Math.max(longest, square);
  }
  return Math.sqrt(longest);
}

/** What the theory says of the point where a training stands; exact. */
export const summaryAt = (minimum: Minimum): MinimumSummary => minimumSummary(analyseSync(minimum));

/** The verdict on a minimum of a preconditioned optimizer; exact. Cost one exact threshold. */
export function frozenAt(minimum: Minimum): FrozenMeasurement {
  const { optimizer, threshold, verdict, marks } = analyseSync(minimum, { extent: "verdict" }).conditions[0]!;
  const { edgeRatio, verdict: word } = verdict!;
  return {
    optimizer,
    criticalLearningRate: threshold.criticalLearningRate,
    edgeRatio,
    verdict: word,
    marks: marks.map(({ id }) => id),
  };
}

/** The structure of the noise that a Gram system has, as the record of a step; of another loss with m in the place of 2L. Cost O((nC)²). */
export function alignmentOf(system: MeasuredSystem, step: number): AlignmentRecord {
  const noise = noiseStructure(system);
  return {
    step,
    loss: "naturalScale" in system ? system.loss : noise.loss,
    alignmentFactor: noise.alignmentFactor,
    frobeniusG: noise.frobeniusG,
    uncentredAlignmentFactor: noise.uncentredAlignmentFactor,
    directionAlignment: noise.directionAlignment,
    noiseMagnitude: noise.noiseMagnitude,
    decouplingError: noise.decouplingError,
    traceG: noise.traceG,
    noiseStrength: noiseStrength(system).strength,
  };
}

/** The part of a model that is measured. */
interface Applicable {
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
}

/** ‖H‖_F by Hessian-vector products; undefined for none. */
export async function frobeniusHOf(
  model: Applicable,
  params: tf.NamedTensorMap,
  data: Parameters<typeof hessianOperator>[2],
  products: number,
  random: () => number,
  loss?: OutputLoss,
): Promise<Estimate | undefined> {
  if (products === 0) return undefined;
  const operator = hessianOperator(model, params, data, loss === undefined ? {} : { loss });
  try {
    const { value, standardError, matvecs } = await deflatedNorm(operator, { maxMatvecs: products, random });
    return { value, standardError, matvecs };
  } finally {
    operator.dispose();
  }
}
