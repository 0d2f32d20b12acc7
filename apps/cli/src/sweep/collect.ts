import { doneRuns, readPlan, sweepTime } from "@sgdscope/sweeps";
import { upgradedRecord, type MinimumRecord, type MinimumTask } from "@sgdscope/training";
import { minimaColumns } from "../report/minima.js";
import { printJson } from "../terminal/json.js";
import { formatNumber } from "../terminal/number.js";
import { formatTable } from "../terminal/table.js";
import { print } from "../terminal/print.js";
import { plural } from "../terminal/words.js";
import type { SweepCollectOptions } from "./options.js";

/** Reads, prints and writes. */
export async function sweepCollect(sweep: string, options: SweepCollectOptions): Promise<void> {
  const plan = await readPlan<MinimumTask>(sweep);
  const runs = (await doneRuns<MinimumTask, MinimumRecord>(sweep, plan)).map((run) => ({
    ...run,
    record: upgradedRecord(run.record),
  }));
  const time = await sweepTime(sweep);
  if (options.out !== undefined) {
    const { writeRecords } = await import("./records.js");
    await writeRecords(options.out, runs);
  }
  if (options.json === true) {
    printJson({
      schema: "sgdscope/sweep@2",
      sweep,
      runs: plan.length,
      time,
      results: runs.map(({ id, task, environment, record }) => ({ id, task, environment, record })),
    });
    return;
  }
  const { besideData } = await import("../report/tables.js");
  const say = options.out === undefined ? print : besideData(options.out);
  if (runs.length > 0)
    say(
      formatTable(
        [
          { heading: "network", cell: (record: MinimumRecord) => record.model, align: "left" },
          { heading: "seed", cell: (record: MinimumRecord) => String(record.seed) },
          ...minimaColumns,
        ],
        runs.map(({ record }) => record),
      ),
    );
  say(`${runs.length} of ${plural(plan.length, "run")} done`);
  if (time.total > 0)
    say(
      ` · ${plural(time.workers, "worker")} so far, ${formatNumber((100 * time.inRuns) / time.total, 3)} % of their time inside runs`,
    );
  say("\n");
}
