import type { Command } from "commander";
import { addTrainOptions, type TrainOptions } from "./options.js";

/** `sgdscope train`: one network to a minimum, as a folder that can be measured and resumed. */
export function addTrain(program: Command): void {
  addTrainOptions(program.command("train")).action(async (options: TrainOptions) =>
    (await import("./run.js")).trainRun(options),
  );
}
