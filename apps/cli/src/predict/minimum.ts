import type { Minimum, Reached } from "@sgdscope/analysis";
import type { TensorTrainee } from "@sgdscope/sgd/tensor";
import { usageError } from "../terminal/errors.js";

/** The minimum of a run, with a trainee that stands there. */
export interface RunMinimum {
  name: string;
  examples: number;
  outputs: number;
  reached: Reached;
  minimum: Minimum;
  /** What people call a loss that is not square. */
  lossLabel: string | undefined;
  /** The least loss that the targets allow. */
  leastLoss: number;
  trainee: TensorTrainee;
  dispose(): void;
}

/**
 * Opens the minimum where a run stopped, on its own data.
 *
 * @throws CliError where the run has not reached a minimum, or its loss has none that outputs reach; TrainingError and RunsError as `openStoredRun`.
 */
export async function openRunMinimum(run: string): Promise<RunMinimum> {
  const [{ examplesOfTask, leastLossOf, traineeLossOf }, { minimumOfRun, openStoredRun }, { tensorTrainee }, tf] =
    await Promise.all([
      import("@sgdscope/training"),
      import("@sgdscope/training/node"),
      import("@sgdscope/sgd/tensor"),
      import("@tensorflow/tfjs-core"),
    ]);
  const stored = await openStoredRun(run);
  try {
    if (!stored.reached.converged)
      throw usageError(
        "--run: expected a run that reached its goal, got one that ended short of it: its point is no minimum",
        "train --resume with more --max-steps goes on",
      );
    const data = await examplesOfTask(stored.task);
    const least = leastLossOf(stored.task, data);
    if (!least.attained)
      throw usageError(
        `--run: expected a run at a minimum that keeps its curvature, got one trained with the ${stored.task.loss} loss of labels as they are`,
        "as its examples are fitted its curvature vanishes, and no setting leaves; with train --label-smoothing there is such a minimum",
      );
    const minimum = await minimumOfRun(stored, data);
    const trainee = tensorTrainee(stored.model, data, stored.params, traineeLossOf(stored.task));
    const { examples } = minimum.system;
    return {
      name: stored.name,
      examples,
      outputs: data.outputs,
      reached: stored.reached,
      minimum,
      lossLabel: stored.loss?.label,
      leastLoss: least.loss,
      trainee,
      dispose: () => trainee.dispose(),
    };
  } finally {
    tf.dispose(stored.params);
  }
}
