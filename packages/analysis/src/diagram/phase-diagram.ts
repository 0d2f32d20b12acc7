import { timesPowerOfTwo } from "@sgdscope/linear-algebra";
import type { Sampling } from "@sgdscope/stability-criterion";
import { isPlainSgd, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { decideConditions } from "../conditions.js";
import type { Mark } from "../marks.js";
import { lossMarks } from "../loss-marks.js";
import { rankToleranceOf, type Minimum } from "../minimum.js";
import { LARGEST_EDGE_RATIO, optimizerInUnits, prepareInUnits } from "../units.js";
import { diagramAxes, type DiagramAxes, type LearningRateRange } from "./axes.js";
import { criticalCurves, type CriticalCurve } from "./critical-curves.js";
import { optimizerCurves } from "./optimizer-curves.js";
import { AnalysisError } from "../errors.js";
import { growthRates, type GrowthRecord } from "./growth-rates.js";

/** Where in the plane of learning rate and batch size a minimum is stable. */
export interface PhaseDiagram extends DiagramAxes {
  minimum: {
    name: string;
    examples: number;
    /** C of the model. */
    outputs: number;
    rank: number;
    rankTolerance: number;
    /** What people call its loss, where it is not square. */
    lossLabel?: string;
    backend?: string;
  };
  /** The sampling that was judged. */
  sampling: Sampling;
  /** What was judged; in a diagram over the momentum, with the first. */
  optimizer: Optimizer;
  /** β of each column, where the diagram is over the momentum at its one batch size. */
  momenta?: number[];
  growth: readonly GrowthRecord[];
  curves: readonly CriticalCurve[];
  marks: readonly Mark[];
}

/** What a diagram is asked for. */
export interface PhaseDiagramOptions {
  /** Default 40 from a quarter of η* at the smallest batch to half above the full-batch edge, 3/λ_max for plain SGD. */
  learningRates?: LearningRateRange;
  /** Default the powers of two below n, and n. */
  batchSizes?: readonly number[];
  /** Default that of the training, else `"without-replacement"`. */
  sampling?: Sampling;
  /** Default that of the training, else plain SGD. */
  optimizer?: Optimizer;
  /**
   * Momenta β in the place of batch sizes: the diagram is then over η and β at the one batch size that is asked for, with the kind of
   * `optimizer`, heavy balls unless it says otherwise.
   */
  momenta?: readonly number[];
  /** What is being computed, and how much of the cells is behind, in [0, 1]. */
  onProgress?: (fraction: number, stage: string) => void;
  /** Called once the axes are known. */
  onAxes?: (diagram: Omit<PhaseDiagram, "growth" | "curves">) => void;
  /** Ends the computation between two cells with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * The phase diagram of a minimum: the growth rate of the expected loss in every cell of a grid of learning rates and batch sizes,
 * exact, and the critical learning rate of each criterion as a curve. With momentum the curves are the exact threshold of the optimizer and
 * the rules of thumb beside it.
 *
 * @returns Cost one `spectralRadius` per cell, one exact threshold and one set of bounds per batch size.
 * @throws AnalysisError as `decideConditions`, and INVALID_ARGUMENT for learning rates beyond the range of Float64; RangeError for a range of learning rates that is none.
 */
export async function phaseDiagram(minimum: Minimum, options: PhaseDiagramOptions = {}): Promise<PhaseDiagram> {
  const { name, backend, lossAtPoint } = minimum;
  const { learningRates, batchSizes, onProgress, signal } = options;
  const asked = {
    batchSizes: batchSizes ?? [1],
    ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
    ...(options.optimizer === undefined ? {} : { optimizer: options.optimizer }),
  };
  const [{ sampling, optimizer, marks }] = decideConditions(minimum, asked) as [
    ReturnType<typeof decideConditions>[number],
  ];
  onProgress?.(0, "eigenvalues");
  await turn(signal);
  const rankTolerance = rankToleranceOf(minimum);
  const { prepared, unit } = prepareInUnits(minimum);
  const inside = (rate: number): number => timesPowerOfTwo(rate, unit);
  const outside = (rate: number): number => timesPowerOfTwo(rate, -unit);
  const momenta = options.momenta && sortedMomenta(options.momenta);
  if (momenta !== undefined && batchSizes?.length !== 1)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "batchSizes",
      `expected one batch size in a diagram over the momentum, got ${batchSizes?.length ?? "none"}`,
    );
  const withMomentum = (momentum: number): Optimizer =>
    optimizerInUnits(
      optimizer.kind === "sgd" ? { ...optimizer, kind: "heavy-ball", momentum } : { ...optimizer, momentum },
      unit,
    );
  const optimizers = momenta?.map(withMomentum) ?? [optimizerInUnits(optimizer, unit)];
  const scaled = diagramAxes(prepared, {
    sampling,
    optimizers,
    ...(learningRates === undefined
      ? {}
      : {
          learningRates: {
            ...learningRates,
            minimum: inside(learningRates.minimum),
            maximum: inside(learningRates.maximum),
          },
        }),
    ...(batchSizes === undefined ? {} : { batchSizes }),
  });
  const axes = { ...scaled, learningRates: scaled.learningRates.map(outside) };
  const { examples, outputs, rank } = prepared;
  const head = {
    minimum: {
      name,
      examples,
      outputs: lossAtPoint?.modelOutputs ?? outputs,
      rank,
      rankTolerance,
      ...(lossAtPoint === undefined ? {} : { lossLabel: lossAtPoint.label }),
      ...(backend === undefined ? {} : { backend }),
    },
    sampling,
    optimizer,
    ...(momenta === undefined ? {} : { momenta }),
    marks: [...marks, ...lossMarks(minimum, prepared)],
    ...axes,
  };
  expectWithinFloat64(axes.learningRates, scaled.learningRates, prepared.eigenvalues[0]!);
  options.onAxes?.(head);
  await turn(signal);
  const columns = optimizers.flatMap((each) => axes.batchSizes.map((batchSize) => ({ batchSize, optimizer: each })));
  const plain = momenta === undefined && isPlainSgd(optimizer);
  const found = plain
    ? criticalCurves(prepared, { batchSizes: axes.batchSizes, sampling })
    : optimizerCurves(prepared, columns, sampling);
  const curves = found.map((curve) => ({
    ...curve,
    criticalLearningRates: curve.criticalLearningRates.map((rate) => (rate === undefined ? rate : outside(rate))),
  }));
  const cells = axes.learningRates.length * columns.length;
  const growth: GrowthRecord[] = [];
  for (const [k, each] of optimizers.entries())
    for (const cell of growthRates(prepared, { ...scaled, sampling, optimizer: each })) {
      const momentum = momenta?.[k];
      const record = {
        ...cell,
        learningRate: outside(cell.learningRate),
        ...(momentum === undefined ? {} : { momentum }),
      };
      growth.push(record);
      const column = momentum === undefined ? `B = ${record.batchSize}` : `β = ${momentum}`;
      onProgress?.(growth.length / cells, `η = ${record.learningRate.toPrecision(4)}, ${column}`);
      if (growth.length % 8 === 0) await turn(signal);
    }
  return { ...head, growth, curves };
}

/** Refuses a learning rate so far from the edge 2/λ_max of gradient descent that second moments of a step leave Float64. */
function expectWithinFloat64(learningRates: readonly number[], scaled: readonly number[], largest: number): void {
  const index = scaled.findIndex((rate) => {
    const ratio = (rate * largest) / 2;
    return !(ratio < LARGEST_EDGE_RATIO && ratio > 1 / LARGEST_EDGE_RATIO);
  });
  if (index >= 0)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "learningRates",
      `expected within a factor of ${LARGEST_EDGE_RATIO} of 2/λ_max, ${(2 * learningRates[index]!) / (scaled[index]! * largest)}, got ${learningRates[index]}`,
    );
}

function sortedMomenta(momenta: readonly number[]): number[] {
  const wrong = momenta.find((momentum) => !(momentum >= 0 && momentum < 1));
  if (wrong !== undefined || momenta.length === 0)
    throw new AnalysisError("INVALID_ARGUMENT", "momenta", `expected numbers in [0, 1), got ${wrong ?? "none"}`);
  return [...new Set(momenta)].sort((a, b) => a - b);
}

/** Lets signals and messages through. */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
