import type { Mark, MinimumAnalysis, MinimumInUnits } from "@sgdscope/analysis";
import { timesPowerOfTwo } from "@sgdscope/linear-algebra";
import {
  meanEdge,
  optimizerGrowth,
  optimizerThreshold,
  type Optimizer,
} from "@sgdscope/stability-criterion/optimizers";
import { usageError } from "../terminal/errors.js";
import { formatNumber } from "../terminal/number.js";
import { outside } from "./answer.js";
import type { AnalyzeOptions } from "./options.js";

/** What the exact criterion says of an optimizer with momentum or weight decay at one batch size. */
export interface OptimizerJudgement {
  batchSize: number;
  optimizer: Optimizer;
  /** As those of the plain condition, which say where the point stands outside the hypotheses. */
  marks: readonly Mark[];
  /** η*(B, β), exact. */
  criticalLearningRate: number;
  converged: boolean;
  /** The edge of full-batch training with this optimizer. */
  meanEdge: number;
  /** η* of plain SGD at this batch size. */
  plainCriticalLearningRate: number;
  /** η/η*(B, β); undefined without a learning rate, as what follows. */
  edgeRatio: number | undefined;
  verdict: "stable" | "unstable" | "marginal" | undefined;
  /** The growth of second moments per step. */
  spectralRadius: number | undefined;
}

/** The optimizer that the options ask for; undefined for plain SGD. */
export function optimizerOf({ optimizer, momentum, nesterov, weightDecay }: AnalyzeOptions): Optimizer | undefined {
  const kind = optimizer ?? (nesterov === true ? "nesterov" : momentum === undefined ? "sgd" : "heavy-ball");
  if (nesterov === true && kind !== "nesterov")
    throw usageError(`--nesterov: expected --optimizer nesterov or none beside it, got ${kind}`);
  const decay = weightDecay === undefined ? {} : { weightDecay };
  if (kind === "sgd") {
    if (momentum !== undefined && momentum !== 0)
      throw usageError(`--momentum: expected no momentum with --optimizer sgd, got ${momentum}`);
    return weightDecay === undefined ? undefined : { kind, ...decay };
  }
  if (momentum === undefined) throw usageError(`--optimizer ${kind} needs --momentum <β>`);
  return { kind, momentum, ...decay };
}

/** Judges the optimizer at each batch size of the analysis. */
export function judgeOptimizer(
  { prepared, unit }: MinimumInUnits,
  { conditions, noise }: MinimumAnalysis,
  optimizer: Optimizer,
  learningRate: number | undefined,
): OptimizerJudgement[] {
  const { weightDecay } = optimizer;
  const inUnits =
    weightDecay === undefined ? optimizer : { ...optimizer, weightDecay: timesPowerOfTwo(weightDecay, -unit) };
  return conditions.map(({ batchSize, sampling, marks, threshold: plain }) => {
    const options = { optimizer: inUnits, batchSize, sampling };
    const { criticalLearningRate: scaled, converged } = optimizerThreshold(prepared, options);
    const criticalLearningRate = timesPowerOfTwo(scaled, -unit);
    const edgeRatio = learningRate === undefined ? undefined : learningRate / criticalLearningRate;
    return {
      batchSize,
      optimizer,
      marks,
      criticalLearningRate,
      converged,
      meanEdge: meanEdge(optimizer, noise.largestEigenvalue),
      plainCriticalLearningRate: plain.criticalLearningRate,
      edgeRatio,
      verdict: edgeRatio === undefined ? undefined : verdictOf(edgeRatio),
      spectralRadius:
        learningRate === undefined
          ? undefined
          : optimizerGrowth(prepared, timesPowerOfTwo(learningRate, unit), options).spectralRadius,
    };
  });
}

const verdictOf = (ratio: number): "stable" | "unstable" | "marginal" =>
  Math.abs(ratio - 1) <= 1e-9 ? "marginal" : ratio < 1 ? "stable" : "unstable";

const names = {
  sgd: "SGD",
  "heavy-ball": "SGD with momentum",
  nesterov: "SGD with Nesterov's momentum",
  ema: "SGD with averaged momentum",
} as const;

const nameOf = (optimizer: Optimizer): string =>
  [
    names[optimizer.kind],
    ...(optimizer.kind === "sgd" ? [] : [` β = ${optimizer.momentum}`]),
    ...(optimizer.weightDecay === undefined ? [] : [`, weight decay ${optimizer.weightDecay}`]),
  ].join("");

/** The answer for a person, a line per batch size. */
export function optimizerText(
  judgements: readonly OptimizerJudgement[],
  learningRate: number | undefined,
  place: string,
): string {
  return judgements.map((one) => `${sentence(one, learningRate, place)}\n`).join("");
}

function sentence(one: OptimizerJudgement, learningRate: number | undefined, place: string): string {
  const { batchSize, optimizer, verdict, marks } = one;
  const but = outside(marks);
  const edge = `η* = ${number(one.criticalLearningRate)}`;
  const beside = `plain SGD has η* = ${number(one.plainCriticalLearningRate)}, full-batch training with this optimizer ${number(one.meanEdge)}`;
  const name = nameOf(optimizer);
  if (verdict === undefined)
    return `${name}, B = ${batchSize}, stays at ${place} in mean square for learning rates up to ${edge}; ${beside}${but}.`;
  const who = `${name}, η = ${learningRate}, B = ${batchSize},`;
  if (verdict === "marginal") return `Marginal${but}: ${who} stands on its edge, η = ${edge}.`;
  const growth = `in the long run a step multiplies second moments by ${number(one.spectralRadius!)}`;
  return verdict === "stable"
    ? `Stable${but}: ${who} stays at ${place} in mean square; η is ${number(one.edgeRatio!)} of its exact threshold ${edge}; ${growth}; ${beside}.`
    : `Unstable${but}: ${who} leaves ${place}; η is ${number(one.edgeRatio!)} times its exact threshold ${edge}; ${growth}; ${beside}.`;
}

const number = (value: number): string => formatNumber(value, 4);
