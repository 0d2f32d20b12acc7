import { sampler } from "@sgdscope/sgd";
import type { ProbePoint } from "./point.js";

/** A batch as the training draws them, with the divisor of its sum. */
export interface DrawnBatch {
  batch: Int32Array;
  divisor: number;
}

/** Batches as the training draws them, by a generator of the probe. */
export function drawBatches(point: ProbePoint, name: string, count: number): DrawnBatch[] {
  const { task, subject } = point;
  const batches = sampler(task.sampling, subject.examples, task.batchSize, point.random(name));
  return Array.from({ length: count }, () => {
    const batch = batches.next();
    return { batch, divisor: batches.divisor(batch) };
  });
}

/** Whether every batch is the same: gradient descent. */
export const isWhole = ({ task, subject }: Pick<ProbePoint, "task" | "subject">): boolean =>
  task.batchSize === subject.examples && task.sampling === "without-replacement";
