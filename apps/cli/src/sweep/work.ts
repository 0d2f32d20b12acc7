import { cpus } from "node:os";
import { folderEngine, work, type PlannedRun, type WorkEvent, type WorkSummary } from "@sgdscope/sweeps";
import type { MinimumRecord, MinimumTask, ProbeSummary } from "@sgdscope/training";
import { checkpointExtension, trainInFolder } from "@sgdscope/training/node";
import { isUnavailable } from "../terminal/errors.js";
import { version } from "../version.js";
import type { SweepRunOptions } from "./options.js";

/** What a worker tells while it works. */
export type SweepMessage =
  | { kind: "event"; event: WorkEvent<MinimumRecord> }
  | { kind: "progress"; index: number; step: number; loss: number }
  | { kind: "probing"; summary: Pick<ProbeSummary, "left" | "failed"> };

/** What a worker of a sweep needs to know; its backend is prepared. */
export interface SweepWork {
  sweep: string;
  plan: PlannedRun<MinimumTask>[];
  options: Pick<SweepRunOptions, "checkpointEvery" | "staleAfter" | "redis">;
  /** Name of the prepared backend. */
  backend: string;
  /** This line only. */
  only?: number;
  signal: AbortSignal;
  tell: (message: SweepMessage) => void;
}

/** Trains and measures runs of a sweep in this process until there are none left. */
export async function workOnSweep({
  sweep,
  plan,
  options,
  backend,
  only,
  signal,
  tell,
}: SweepWork): Promise<WorkSummary> {
  const waiting = { staleAfter: options.staleAfter * 1000, signal };
  const engine =
    options.redis === undefined
      ? await folderEngine(sweep, plan, { ...waiting, ...(only === undefined ? {} : { only }) })
      : await (await import("@sgdscope/sweeps/redis")).redisEngine(plan, { ...waiting, url: options.redis });
  try {
    return await work<MinimumTask, MinimumRecord>({
      sweep,
      plan,
      engine,
      signal,
      environment: {
        sgdscope: version,
        node: process.version,
        backend,
        platform: `${process.platform} ${process.arch}`,
        cores: cpus().length,
      },
      extension: checkpointExtension,
      isHopeless: isUnavailable,
      onEvent: (event) => tell({ kind: "event", event }),
      async run({ task, index, folder, signal: stop }) {
        const { record, stopped, probing } = await trainInFolder(task, folder, {
          checkpointEvery: options.checkpointEvery,
          signal: stop,
          progress: ({ step, loss }) => tell({ kind: "progress", index, step, loss }),
        });
        if (probing !== undefined && !stopped)
          tell({ kind: "probing", summary: { left: probing.left, failed: probing.failed } });
        return stopped ? "stopped" : { record };
      },
    });
  } finally {
    await engine.close();
  }
}
