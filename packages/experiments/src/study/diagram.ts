import { type CriticalCurve, criticalCurves, diagramAxes, growthRates, type GrowthRecord } from "@sgdscope/analysis";
import type { TrainingTask } from "@sgdscope/training";
import { sharpMinimum, type SharpMinimumRecord } from "./sharp-minimum.js";
import type { JobHooks } from "./job-hooks.js";

/** The phase diagram of a minimum that gradient descent found. Plain JSON. */
export interface DiagramTask {
  start: TrainingTask;
  /** How many learning rates, in equal ratios from a quarter of η* at the smallest batch to 3/λ_max. */
  learningRates: number;
  batchSizes: number[];
}

/** What the formulas say of one criterion over the batch sizes of the task; null where it does not apply. */
export type CurveRecord = { part: "curve"; batchSizes: number[]; criticalLearningRates: (number | null)[] } & Omit<
  CriticalCurve,
  "criticalLearningRates"
>;

export type DiagramRecord = SharpMinimumRecord | ({ part: "cell" } & GrowthRecord) | CurveRecord;

export async function* diagramStudy(task: DiagramTask, hooks: JobHooks): AsyncGenerator<DiagramRecord> {
  const { batchSizes } = task;
  const { subject, minimum, record } = await sharpMinimum(task.start, { batchSize: batchSizes[0]! }, hooks);
  try {
    yield record;
    for (const { criticalLearningRates, ...curve } of criticalCurves(minimum, { batchSizes }))
      yield {
        part: "curve",
        batchSizes,
        ...curve,
        criticalLearningRates: criticalLearningRates.map((rate) => rate ?? null),
      };
    const axes = diagramAxes(minimum, {
      batchSizes,
      learningRates: {
        minimum: record.criticalLearningRate / 4,
        maximum: 3 / record.largestEigenvalue,
        count: task.learningRates,
      },
    });
    const cells = axes.learningRates.length * batchSizes.length;
    let done = 0;
    for (const cell of growthRates(minimum, axes)) {
      yield { part: "cell", ...cell };
      hooks.progress?.(
        0.5 + (0.5 * ++done) / cells,
        `${subject.model}: η = ${cell.learningRate.toPrecision(3)}, B = ${cell.batchSize}`,
      );
      // The growth rates are computed in one go: let signals and messages through.
      if (done % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      hooks.signal?.throwIfAborted();
    }
  } finally {
    subject.dispose();
  }
}
