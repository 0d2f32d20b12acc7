import type { Command } from "commander";
import { addPredictOptions, type PredictOptions } from "./options.js";

/** `sgdscope predict`: which settings stay at the minimum of a run and which leave it, and whether they do. */
export function addPredict(program: Command): void {
  addPredictOptions(program.command("predict")).action(async (options: PredictOptions) =>
    (await import("./run.js")).predict(options),
  );
}
