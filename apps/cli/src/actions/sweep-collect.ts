import type { MinimumRecord, MinimumTask } from "@sgdscope/experiments";
import { doneRuns, readPlan, sweepTime } from "@sgdscope/sweeps";
import type { SweepCollectOptions } from "../commands/sweep.js";
import { boundColumns } from "../report/bound-report.js";
import { formatNumber } from "../terminal/number.js";
import { formatTable } from "../terminal/table.js";
import { forUser } from "./sweep-errors.js";

/** Reads, prints and writes. */
export async function sweepCollect(sweep: string, options: SweepCollectOptions): Promise<void> {
  await forUser(async () => {
    const plan = await readPlan<MinimumTask>(sweep);
    const runs = await doneRuns<MinimumTask, MinimumRecord>(sweep, plan);
    const time = await sweepTime(sweep);
    if (options.out !== undefined) {
      const { writeRecords } = await import("./export.js");
      await writeRecords(options.out, runs);
    }
    if (options.json === true) {
      const document = {
        schema: "sgdscope/sweep@1",
        sweep,
        runs: plan.length,
        time,
        results: runs.map(({ id, task, environment, record }) => ({ id, task, environment, record })),
      };
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    if (runs.length > 0)
      process.stdout.write(
        formatTable(
          [
            { heading: "network", cell: (record: MinimumRecord) => record.model, align: "left" },
            { heading: "seed", cell: (record: MinimumRecord) => String(record.seed) },
            ...boundColumns,
          ],
          runs.map(({ record }) => record),
        ),
      );
    process.stdout.write(`${runs.length} of ${plan.length} runs done`);
    if (time.total > 0)
      process.stdout.write(
        ` · ${time.workers} worker${time.workers === 1 ? "" : "s"} so far, ${formatNumber((100 * time.inRuns) / time.total, 3)} % of their time inside runs`,
      );
    process.stdout.write("\n");
  });
}
