import type { Command } from "commander";
import { addAnalyzeOptions, type AnalyzeOptions } from "./options.js";

/** `sgdscope analyze`: the whole theory of one minimum from files that any tool wrote. */
export function addAnalyze(program: Command): void {
  addAnalyzeOptions(program.command("analyze")).action(async (options: AnalyzeOptions) =>
    (await import("./run.js")).analyze(options),
  );
}
