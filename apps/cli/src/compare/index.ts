import type { Command } from "commander";
import { addCompareOptions, type CompareOptions } from "./options.js";

/** `sgdscope compare`: the exact threshold beside the formulas that see the spectrum alone. */
export function addCompare(program: Command): void {
  addCompareOptions(program.command("compare")).action(async (options: CompareOptions) =>
    (await import("./run.js")).compare(options),
  );
}
