import type { Command } from "commander";
import { addQuickstartOptions, type QuickstartOptions } from "./options.js";

/** `sgdscope quickstart`: the main job without arguments. */
export function addQuickstart(program: Command): void {
  addQuickstartOptions(program.command("quickstart")).action(
    async ({ workers, ...options }: QuickstartOptions & { workers?: number }) =>
      // `--workers` is the earlier name of `--jobs`.
      (await import("./run.js")).quickstart(workers === undefined ? options : { jobs: workers, ...options }),
  );
}
