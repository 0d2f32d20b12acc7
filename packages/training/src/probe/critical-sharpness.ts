import { criticalSharpness as sharpnessAlong } from "@sgdscope/stability-criterion";
import { updateOf } from "@sgdscope/sgd";
import { optimizerOfTask } from "../optimizer.js";
import { drawBatches } from "./batches.js";
import type { Probe } from "./probe.js";

/** 2/η_c of the loss of one batch along the update that the optimizer would make of it. */
export const criticalSharpness: Probe = {
  id: "critical-sharpness",
  needsExamples: true,
  passes: ({ examples }, { batchSize }) => (11 * batchSize) / examples,
  async measure(point) {
    const { task, examples } = point;
    const [{ batch, divisor }] = drawBatches(point, "critical sharpness", 1) as [ReturnType<typeof drawBatches>[0]];
    if (batch.length === 0) return {};
    const optimizer = optimizerOfTask(task);
    const gradient = await examples.gradient(batch, divisor, optimizer);
    const update = updateOf(optimizer, await point.snapshot(), gradient, task);
    const found = await examples.along(batch, divisor, update, (lossAt) =>
      sharpnessAlong(lossAt, { learningRate: task.learningRate }),
    );
    return { criticalSharpness: found.sharpness };
  },
};
