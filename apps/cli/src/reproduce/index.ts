import type { Command } from "commander";
import { addReproduceOptions, type ReproduceOptions } from "./options.js";

/** `sgdscope reproduce <claims…>`. */
export function addReproduce(program: Command): void {
  addReproduceOptions(program.command("reproduce")).action(async (claims: string[], options: ReproduceOptions) =>
    (await import("./run.js")).reproduce(claims, options),
  );
}
