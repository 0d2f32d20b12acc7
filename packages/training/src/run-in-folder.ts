import { formatSafetensors } from "@sgdscope/array-files";
import type { RunFolder } from "@sgdscope/runs";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint-file.js";
import { timeOfDay, type ProbeOptions, type ProbeSummary } from "./probe/along-training.js";
import type { MetricRecord } from "./probe/numbers.js";
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
  /** Called with every line of the metrics. */
  progress?: (metric: MetricRecord) => void;
  /** What is measured along the training, into its metrics; what the task asks for by default. It keeps its overhead by processor time and by the time of day, unless it has other clocks. */
  probe?: ProbeOptions;
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
  { checkpointEvery, signal, progress, probe }: FolderHooks,
): Promise<{ record: MinimumRecord; stopped: boolean; probing: ProbeSummary | undefined }> {
  const asked = probe ?? task.probe;
  const resume = folder.resume === undefined ? undefined : parseCheckpoint(folder.resume.bytes, folder.directory);
  // A checkpoint of earlier versions says only inside which losses belong to it.
  if (resume !== undefined && folder.resume?.step === undefined) await folder.restart(resume.state.history);
  const { record, arrays, probing } = await runMinimumTask(task, {
    ...(signal === undefined ? {} : { signal }),
    ...(asked === undefined ? {} : { probe: { clocks: [processorSeconds, timeOfDay], ...asked } }),
    checkpoint: {
      every: checkpointEvery,
      save: (checkpoint) => folder.checkpoint(checkpoint.state.step, formatCheckpoint(checkpoint)),
    },
    ...(resume === undefined ? {} : { resume }),
    progress(metric) {
      folder.metric(metric);
      progress?.(metric);
    },
  });
  await folder.place(parametersFile, formatSafetensors(arrays));
  return { record, stopped: record.reason === "aborted", probing };
}

/** Processor time of this process, with all its threads: other programs on the machine do not count. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
