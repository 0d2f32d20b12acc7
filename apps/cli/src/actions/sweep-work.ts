import { cpus } from "node:os";
import { formatSafetensors, parseSafetensors } from "@sgdscope/array-files";
import { prepareBackend } from "@sgdscope/compute";
import { runMinimumTask, type MinimumRecord, type MinimumTask } from "@sgdscope/experiments";
import type { Checkpoint } from "@sgdscope/sgd";
import {
  folderEngine,
  work,
  type PlannedRun,
  type RunFunction,
  type WorkEvent,
  type WorkSummary,
} from "@sgdscope/sweeps";
import type { SweepRunOptions } from "../commands/sweep.js";
import { version } from "../version.js";
import { isUnavailable } from "./sweep-errors.js";

/** What a worker of a sweep needs to know. */
export interface SweepWork {
  sweep: string;
  plan: PlannedRun<MinimumTask>[];
  options: Pick<SweepRunOptions, "backend" | "checkpointEvery" | "staleAfter" | "redis">;
  /** This line only. */
  only?: number;
  signal: AbortSignal;
  onEvent?: (event: WorkEvent<MinimumRecord>) => void;
  onProgress?: (index: number, step: number, loss: number) => void;
}

/** Trains and measures runs of a sweep in this process until there are none left. */
export async function workOnSweep({
  sweep,
  plan,
  options,
  only,
  signal,
  ...listeners
}: SweepWork): Promise<WorkSummary> {
  const waiting = { staleAfter: options.staleAfter * 1000, signal };
  const engine =
    options.redis === undefined
      ? folderEngine(sweep, plan, { ...waiting, ...(only === undefined ? {} : { only }) })
      : await (await import("@sgdscope/sweeps/redis")).redisEngine(plan, { ...waiting, url: options.redis });
  try {
    const backend = await prepareBackend(options.backend);
    return await work<MinimumTask, MinimumRecord>({
      sweep,
      plan,
      engine,
      signal,
      environment: {
        sgdscope: version,
        node: process.version,
        backend: backend.name,
        platform: `${process.platform} ${process.arch}`,
        cores: cpus().length,
      },
      extension: "safetensors",
      isHopeless: isUnavailable,
      run: trainRun(options.checkpointEvery, listeners.onProgress),
      ...(listeners.onEvent === undefined ? {} : { onEvent: listeners.onEvent }),
    });
  } finally {
    await engine.close();
  }
}

/** One run: the task of sgdscope train, its losses as metrics, its state as a safetensors file. */
const trainRun =
  (every: number, onProgress?: SweepWork["onProgress"]): RunFunction<MinimumTask, MinimumRecord> =>
  async ({ task, index, folder, signal }) => {
    const { record, arrays } = await runMinimumTask(task, {
      signal,
      checkpoint: {
        every,
        save: ({ arrays, state }) =>
          folder.checkpoint(state.step, formatSafetensors(arrays, { state: JSON.stringify(state) })),
      },
      ...(folder.resume === undefined ? {} : { resume: checkpointOf(folder.resume.bytes) }),
      progress(metric) {
        folder.metric(metric);
        onProgress?.(index, metric.step, metric.loss);
      },
    });
    if (record.reason === "aborted") return "stopped";
    await folder.place("parameters.safetensors", formatSafetensors(arrays));
    return { record };
  };

function checkpointOf(bytes: Uint8Array): Checkpoint {
  const { arrays, metadata } = parseSafetensors(bytes);
  return { arrays, state: JSON.parse(metadata["state"]!) as Checkpoint["state"] } as Checkpoint;
}
