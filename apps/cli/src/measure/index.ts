import type { Command } from "commander";
import { addMeasureOptions, type MeasureOptions } from "./options.js";

/** `sgdscope measure`: curvature, noise and stability of a checkpoint or of anybody's LayersModel. */
export function addMeasure(program: Command): void {
  addMeasureOptions(program.command("measure")).action(async (options: MeasureOptions) =>
    (await import("./run.js")).measure(options),
  );
}
