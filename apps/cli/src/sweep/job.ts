// The module that worker processes of a sweep load; `pool.ts` starts them.
import type { JobModule } from "@sgdscope/compute/workers";
import { readPlan } from "@sgdscope/sweeps";
import type { MinimumTask } from "@sgdscope/training";
import { stopSignal } from "../terminal/signals.js";
import { workOnSweep, type SweepWork } from "./work.js";

/** What every worker of a sweep shares. */
export type SweepSetup = Pick<SweepWork, "sweep" | "options">;

/** Takes runs until there are none; gives how many it left with a checkpoint because it was asked to stop. */
const sweepJob: JobModule<SweepSetup, null, { stopped: number }> =
  ({ sweep, options }, backend) =>
  async (_, { progress, signal }) => {
    // A scheduler may ask all processes of a job at once.
    const own = stopSignal();
    try {
      const { stopped } = await workOnSweep({
        sweep,
        plan: await readPlan<MinimumTask>(sweep),
        options,
        backend: backend!.name,
        signal: AbortSignal.any([signal, own.signal]),
        tell: progress,
      });
      return { stopped };
    } finally {
      own.off();
    }
  };
export default sweepJob;
