import type { ImageDataset } from "@sgdscope/cifar-loader";
import {
  leastMeanLoss,
  lossNamed,
  type LeastMeanLoss,
  type LossOptions,
  type OutputLoss,
} from "@sgdscope/noise-structure/losses";
import { lossGradient, type OutputLoss as TraineeLoss } from "@sgdscope/sgd/tensor";
import { datasetOf } from "./data.js";
import type { MinimumTask, TrainingSettings } from "./task.js";

type LossSettings = Pick<TrainingSettings, "loss" | "labelSmoothing" | "delta">;

/** ε and δ of a task, where its loss has them. */
const lossOptionsOf = ({ labelSmoothing, delta }: LossSettings): LossOptions => ({
  ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  ...(delta === undefined ? {} : { delta }),
});

/** The loss of a task; undefined for the square one. */
export const outputLossOf = (task: LossSettings): OutputLoss | undefined =>
  task.loss === undefined || task.loss === "square" ? undefined : lossNamed(task.loss, lossOptionsOf(task));

/** The loss of a task as `tensorTrainee` takes it: nothing for the square one. */
export function traineeLossOf(task: LossSettings): { loss?: TraineeLoss } {
  const loss = outputLossOf(task);
  return loss === undefined
    ? {}
    : { loss: { gradient: lossGradient(loss.id, lossOptionsOf(task)), value: loss.value } };
}

/**
 * The examples of a task, with targets as its loss takes them: 0 and 1 of the logistic loss where those of the square one are ±1.
 *
 * @throws as `datasetOf`.
 */
export async function examplesOfTask({ data, loss }: Pick<MinimumTask, "data" | "loss">): Promise<ImageDataset> {
  const dataset = await datasetOf(data);
  return loss === "logistic" && data.targets === "plus-minus-one"
    ? { ...dataset, targets: dataset.targets.map((y) => (y + 1) / 2) }
    : dataset;
}

/**
 * The least loss that the targets of a task allow, and whether outputs reach it: the entropy of smoothed labels, else 0, to which
 * cross-entropy and the logistic loss of labels as they are only tend.
 *
 * @param data - As `examplesOfTask` gives them.
 */
export function leastLossOf(
  task: LossSettings,
  { targets, size, outputs }: { targets: ArrayLike<number>; size: number; outputs: number },
): LeastMeanLoss {
  const loss = outputLossOf(task);
  const known = loss === undefined ? undefined : leastMeanLoss(loss, targets, { examples: size, outputs });
  return known ?? { loss: 0, attained: true };
}
