import { dot } from "@sgdscope/linear-algebra";
import { sampledBatchSharpness, sampledUpdateSharpness } from "@sgdscope/noise-structure/noise-scale";
import { updateOf } from "@sgdscope/sgd";
import { optimizerOfTask } from "../optimizer.js";
import { drawBatches, isWhole } from "./batches.js";
import type { Probe } from "./probe.js";

/** Batches drawn per measurement. */
const drawn = 16;

/** E_B[ĝᵀĤĝ/‖ĝ‖²] over some batches of the training, and the same along the updates of an optimizer that is not plain SGD. */
export const batchSharpness: Probe = {
  id: "batch-sharpness",
  needsExamples: true,
  passes: ({ examples }, { batchSize }) => (drawn * 24 * batchSize) / examples,
  async measure(point) {
    const { task, examples } = point;
    const optimizer = optimizerOfTask(task);
    const plain = optimizer.kind === "sgd" && optimizer.weightDecay === undefined;
    const complete = isWhole(point);
    const gradients = { curvatures: [] as number[], slopes: [] as number[] };
    const updates = { curvatures: [] as number[], slopes: [] as number[] };
    const snapshot = await point.snapshot();
    for (const { batch, divisor } of drawBatches(point, "batch sharpness", complete ? 1 : drawn)) {
      const gradient = await examples.gradient(batch, divisor);
      const directions: [typeof gradients, Float64Array][] = [[gradients, gradient]];
      if (!plain) {
        const ofStep = optimizer.kind === "sam" ? await examples.gradient(batch, divisor, optimizer) : gradient;
        directions.push([updates, updateOf(optimizer, snapshot, ofStep, task)]);
      }
      const hessian = batch.length === 0 ? undefined : examples.hessian(batch);
      try {
        for (const [sums, direction] of directions) {
          const image = await hessian?.apply(Float64Array.from(direction));
          // The Hessian is that of the mean, the gradient has a divisor of its own where batches vary in size.
          sums.curvatures.push(image === undefined ? 0 : (dot(direction, image) * batch.length) / divisor);
          sums.slopes.push(dot(direction, gradient));
        }
      } finally {
        hessian?.dispose();
      }
    }
    const sharpness = sampledBatchSharpness(gradients, { complete });
    const along = plain ? undefined : sampledUpdateSharpness(updates, { complete });
    return {
      batchSharpness: sharpness.value,
      batchSharpnessStandardError: sharpness.standardError,
      ...(along === undefined
        ? {}
        : { updateSharpness: along.value, updateSharpnessStandardError: along.standardError }),
    };
  },
};
