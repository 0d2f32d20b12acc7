import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { parseGrid, planRuns, writePlan } from "@sgdscope/sweeps";
import { taskOfSettings } from "@sgdscope/training/node";
import { inGrid } from "../sources/settings.js";
import { printJson } from "../terminal/json.js";
import { plural } from "../terminal/words.js";
import type { SweepPlanOptions } from "./options.js";
import { print } from "../terminal/print.js";

/** Plans, prints and writes. */
export async function sweepPlan(file: string, options: SweepPlanOptions): Promise<void> {
  const grid = parseGrid(await readFile(file, "utf8"));
  const plan = planRuns(grid, (settings) => inGrid(() => taskOfSettings(settings)));
  const folder = options.out ?? join("sweeps", grid.name ?? basename(file, extname(file)));
  const steps = plan.reduce((sum, { task }) => sum + task.maxSteps, 0);
  const added = options.dryRun === true ? 0 : await writePlan(folder, plan);
  if (options.json === true) {
    printJson({ schema: "sgdscope/sweep-plan@1", folder, runs: plan, added, stepsAtMost: steps });
    return;
  }
  const path = join(folder, "plan.jsonl");
  if (options.dryRun === true)
    for (const { index, id, task } of plan)
      print(
        `${index}  ${id}  η = ${task.learningRate}, B = ${task.batchSize}, seed ${task.seed}, ${task.model.kind}\n`,
      );
  const written =
    options.dryRun === true
      ? `nothing written (${path})`
      : added === plan.length
        ? `written to ${path}`
        : `${added} new in ${path}`;
  print(`Planned ${plural(plan.length, "run")}, at most ${steps.toLocaleString("en")} steps: ${written}\n`);
}
