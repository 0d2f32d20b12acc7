import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { parseGrid, planRuns, writePlan } from "@sgdscope/sweeps";
import type { SweepPlanOptions } from "../commands/sweep.js";
import { forUser } from "./sweep-errors.js";
import { taskOfSettings } from "./sweep-task.js";

/** Plans, prints and writes. */
export async function sweepPlan(file: string, options: SweepPlanOptions): Promise<void> {
  const text = await readFile(file, "utf8");
  await forUser(async () => {
    const grid = parseGrid(text);
    const plan = planRuns(grid, taskOfSettings);
    const folder = options.out ?? join("sweeps", grid.name ?? basename(file, extname(file)));
    const steps = plan.reduce((sum, { task }) => sum + task.maxSteps, 0);
    const added = options.dryRun === true ? 0 : await writePlan(folder, plan);
    if (options.json === true) {
      const document = { schema: "sgdscope/sweep-plan@1", folder, runs: plan, added, stepsAtMost: steps };
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    if (options.dryRun === true)
      for (const { index, id, task } of plan)
        process.stdout.write(
          `${index}  ${id}  η = ${task.learningRate}, B = ${task.batchSize}, seed ${task.seed}, ${task.model.kind}\n`,
        );
    const written = options.dryRun === true ? "not written" : added === plan.length ? "written" : `${added} new`;
    process.stdout.write(
      `${plan.length} runs of at most ${steps} steps in all (${written}): ${join(folder, "plan.jsonl")}\n`,
    );
  });
}
