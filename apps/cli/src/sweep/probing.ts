import type { ProbeId, ProbeSummary } from "@sgdscope/training";
import { plural } from "../terminal/words.js";

/** Gathers what probes of the runs of a sweep could not measure. */
export function probingOfRuns(): { add(summary: Pick<ProbeSummary, "left" | "failed">): void; lines(): string[] } {
  const left = new Map<ProbeId, number>();
  const failed = new Map<ProbeId, { runs: number; reason: string }>();
  return {
    add(summary) {
      for (const id of Object.keys(summary.left) as ProbeId[]) left.set(id, (left.get(id) ?? 0) + 1);
      for (const [id, { reason }] of Object.entries(summary.failed) as [ProbeId, { reason: string }][])
        failed.set(id, { runs: (failed.get(id)?.runs ?? 0) + 1, reason });
    },
    lines: () => [
      ...[...left].map(
        ([id, runs]) =>
          `There was no room for ${id} in ${plural(runs, "run")}: a larger probeOverhead of the grid has more, probeEvery measures whatever it takes.`,
      ),
      ...[...failed].map(
        ([id, { runs, reason }]) =>
          `! ${id} could not be measured at points of ${plural(runs, "run")}, at the last: ${reason}`,
      ),
    ],
  };
}
