import { formatSafetensors, parseSafetensors } from "@sgdscope/array-files";
import type { RunFolder } from "@sgdscope/runs";
import type { Checkpoint, LossRecord } from "@sgdscope/sgd";
import { TrainingError } from "./errors.js";
import type { MinimumRecord } from "./record.js";
import { runMinimumTask } from "./run-task.js";
import type { MinimumTask } from "./task.js";

/** The extension of checkpoints of trainings. */
export const checkpointExtension = "safetensors";
/** The file of a run folder that holds the final parameters. */
export const parametersFile = "parameters.safetensors";

export interface FolderHooks {
  /** Steps between checkpoints. */
  checkpointEvery: number;
  /** Ends the training between two steps, with a checkpoint. */
  signal?: AbortSignal;
  /** Called with every check of the full loss. */
  progress?: (metric: LossRecord) => void;
}

/**
 * Trains a task in an open run folder, from its checkpoint where there is one: losses go to the metrics, the state to checkpoints,
 * the final parameters to a file. Whoever opened the folder finishes it.
 *
 * @returns The record, or `"stopped"` with the step after a signal.
 * @throws TrainingError `INVALID_CHECKPOINT`; as `runMinimumTask`; RunsError of the folder.
 */
export async function trainInFolder(
  task: MinimumTask,
  folder: RunFolder<MinimumRecord>,
  { checkpointEvery, signal, progress }: FolderHooks,
): Promise<{ record: MinimumRecord; stopped: boolean }> {
  const resume = folder.resume === undefined ? undefined : checkpointOf(folder.resume.bytes, folder.directory);
  // A checkpoint of earlier versions says only inside which losses belong to it.
  if (resume !== undefined && folder.resume?.step === undefined) await folder.restart(resume.state.history);
  const { record, arrays } = await runMinimumTask(task, {
    ...(signal === undefined ? {} : { signal }),
    checkpoint: {
      every: checkpointEvery,
      save: ({ arrays: state, state: json }) =>
        folder.checkpoint(json.step, formatSafetensors(state, { state: JSON.stringify(json) })),
    },
    ...(resume === undefined ? {} : { resume }),
    progress(metric) {
      folder.metric(metric);
      progress?.(metric);
    },
  });
  await folder.place(parametersFile, formatSafetensors(arrays));
  return { record, stopped: record.reason === "aborted" };
}

function checkpointOf(bytes: Uint8Array, directory: string): Checkpoint {
  try {
    const { arrays, metadata } = parseSafetensors(bytes);
    return { arrays, state: JSON.parse(metadata["state"]!) as Checkpoint["state"] } as Checkpoint;
  } catch (error) {
    throw new TrainingError(
      "INVALID_CHECKPOINT",
      [{ path: "", problem: `the checkpoint in ${directory} cannot be read: ${(error as Error).message}` }],
      {
        cause: error,
      },
    );
  }
}
