import { exactThreshold, type PreparedMinimum, type Sampling } from "@sgdscope/stability-criterion";
import { meanEdge, optimizerThreshold, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { CriticalCurve } from "./critical-curves.js";

/** One column of a diagram: a batch size and an optimizer. */
export interface OptimizerColumn {
  batchSize: number;
  optimizer: Optimizer;
}

type Known = Omit<CriticalCurve, "criticalLearningRates">;

const curves: Known[] = [
  {
    id: "exact",
    label: "exact: this optimizer",
    kind: "exact",
    source: "mean-square stability with momentum, derived here",
    evidence: "derived here",
  },
  {
    id: "mean-edge",
    label: "its full-batch edge",
    kind: "necessary",
    source: "edge of the mean, 2(1 + β)/λ_max for heavy balls, derived here; Cohen et al. (2021), as recalled",
    evidence: "derived here",
  },
  {
    id: "plain-sgd",
    label: "η* of plain SGD",
    kind: "idealised",
    source: "Mulayoff & Michaeli (2024), Theorem 3, as if there were no momentum",
    evidence: "sourced",
  },
  {
    id: "effective-rate",
    label: "(1 − β)η* of plain SGD",
    kind: "idealised",
    source: "rule of thumb: momentum as a learning rate of η/(1 − β)",
    evidence: "derived here",
  },
];

/**
 * @internal The exact threshold of an optimizer in each column, beside the rules of thumb that momentum is judged by.
 *
 * @returns Cost two exact thresholds per column.
 * @throws StabilityError as `optimizerThreshold`.
 */
export function optimizerCurves(
  minimum: PreparedMinimum,
  columns: readonly OptimizerColumn[],
  sampling: Sampling,
): CriticalCurve[] {
  const found = columns.map(({ batchSize, optimizer }) => {
    const plain = exactThreshold(minimum, { batchSize, sampling }).criticalLearningRate;
    const momentum = optimizer.kind === "sgd" ? 0 : optimizer.momentum;
    return [
      optimizerThreshold(minimum, { batchSize, sampling, optimizer }).criticalLearningRate,
      meanEdge(optimizer, minimum.eigenvalues[0]!),
      plain,
      (1 - momentum) * plain,
    ];
  });
  return curves.map((curve, k) => ({ ...curve, criticalLearningRates: found.map((rates) => rates[k]) }));
}
